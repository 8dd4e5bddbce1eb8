// How far two arrays are apart, in the measure of the golden data.
import type { CoreArray } from '@nn/formats';

/**
 * `max |a - b| / (1 + |b|)`, so that a tolerance acts as an absolute and a relative one at once.
 * NaN equals NaN, infinities are equal by sign, integers and booleans must be the same: else the distance is Infinity.
 *
 * @param actual    what was computed
 * @param expected  what the original library computed; the same number of values
 */
export function distance(actual: ArrayLike<number>, expected: CoreArray): number {
  const { data, dtype } = expected;
  const exact = dtype !== 'f32' && dtype !== 'f64';
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const a = actual[i]!;
    const b = data[i]!;
    if (a === b || (a !== a && b !== b)) continue;
    if (exact || !Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    largest = Math.max(largest, Math.abs(a - b) / (1 + Math.abs(b)));
  }
  return largest;
}
