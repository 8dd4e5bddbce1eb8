// Numbers as WGSL spells them. What it refuses in constants (infinities, NaN) comes out of a function.
import type { DType } from '../../../base/index.js';

/** A literal, or a call of a library function, of a float as f32 rounds it. */
export function spellF32(value: number): string {
  const v = Math.fround(value);
  if (Number.isNaN(v)) return 'nan_()';
  if (!Number.isFinite(v)) return v > 0 ? 'inf_()' : '(-inf_())';
  if (v === 0) return Object.is(v, -0) ? 'zero_(1u)' : '0f';
  return v < 0 ? `(${v}f)` : `${v}f`;
}
export function spell(value: number, dtype: DType): string {
  if (dtype === 'f32') return spellF32(value);
  if (dtype === 'bool') return value ? 'true' : 'false';
  if (dtype === 'i32') return value === -(2 ** 31) ? 'i32(-2147483648)' : value < 0 ? `(${value}i)` : `${value}i`;
  return `${value}u`;
}
/** c[0] + c[1]*x + … by Horner's rule. */
export const polynomial = (x: string, c: readonly number[]): string =>
  c.slice(0, -1).reduceRight((p, k) => `(${p} * ${x} + ${spellF32(k)})`, spellF32(c.at(-1)!));
