// A line search for the strong Wolfe conditions: bracket a step that is good enough, then narrow the bracket by cubic interpolation.
import type { Variable } from '@nn/core';

/** What is known of the loss at a step `t` along the direction; `slope` is its derivative there. */
export interface Point {
  readonly t: number;
  readonly loss: number;
  readonly slope: number;
  readonly grad: Variable;
}

/** The minimum of the cubic through two points with their slopes, within bounds (by default, the points). */
function cubicMinimum(a: Point, b: Point, bounds?: readonly [number, number]): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const [low, high] = bounds ?? [left.t, right.t];
  const bend = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = bend ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const root = Math.sqrt(square);
  const t = right.t - (right.t - left.t) * ((right.slope + root - bend) / (right.slope - left.slope + 2 * root));
  return Math.min(Math.max(t, low), high);
}

/**
 * A step where the loss is `c1 t slope` lower than at the start, and the slope at most c2 times as steep.
 *
 * @param at     evaluates a step
 * @param start  the point at t = 0
 * @param t      the first step to try
 * @param reach  the largest element of the direction; brackets shorter than `minimum` in it are not narrowed
 * @see Nocedal & Wright 2006, "Numerical Optimization", section 3.5
 */
export function strongWolfe(
  at: (t: number) => Point,
  start: Point,
  t: number,
  reach: number,
  o: { minimum: number; c1?: number; c2?: number; most?: number },
): Point {
  const { minimum, c1 = 1e-4, c2 = 0.9, most = 25 } = o;
  const isHigh = (x: Point): boolean => x.loss > start.loss + c1 * x.t * start.slope;
  const isFlat = (x: Point): boolean => Math.abs(x.slope) <= -c2 * start.slope;

  let count = 0;
  let before = start;
  let now = at(t);
  let bracket: [Point, Point] | null = null;
  while (count < most) {
    if (isHigh(now) || (count > 1 && now.loss >= before.loss)) bracket = [before, now];
    else if (isFlat(now)) return now;
    else if (now.slope >= 0) bracket = [before, now];
    if (bracket) break;
    const next = cubicMinimum(before, now, [now.t + 0.01 * (now.t - before.t), now.t * 10]);
    before = now;
    now = at(next);
    count++;
  }

  const ends = bracket ?? [start, now];
  let low: 0 | 1 = ends[0].loss <= ends[1].loss ? 0 : 1;
  let stuck = false;
  while (count < most && Math.abs(ends[1].t - ends[0].t) * reach >= minimum) {
    const [left, right] = [Math.min(ends[0].t, ends[1].t), Math.max(ends[0].t, ends[1].t)];
    const margin = 0.1 * (right - left);
    let next = cubicMinimum(ends[0], ends[1]);
    const close = Math.min(right - next, next - left) < margin;
    // Twice close to the edge of the bracket is no progress: go further inside.
    if (close && (stuck || next >= right || next <= left)) {
      next = Math.abs(next - right) < Math.abs(next - left) ? right - margin : left + margin;
      stuck = false;
    } else stuck = close;
    now = at(next);
    count++;
    const high = low === 0 ? 1 : 0;
    if (isHigh(now) || now.loss >= ends[low].loss) {
      ends[high] = now;
      low = ends[0].loss <= ends[1].loss ? 0 : 1;
      continue;
    }
    if (isFlat(now)) return now;
    if (now.slope * (ends[high].t - ends[low].t) >= 0) ends[high] = ends[low];
    ends[low] = now;
  }
  return ends[low];
}
