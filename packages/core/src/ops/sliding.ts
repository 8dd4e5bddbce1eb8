// The geometry of windows that slide over axes, for convolution and pooling: sizes, indices, and the transposed window.
import { range, ShapeError, ValueError, type Shape } from '../base/index.js';
import { expr, lit, type Expr } from '../kernel/index.js';
import { within } from './movement.js';

export type Pads = readonly (readonly [number, number])[];
/** The geometry of a window that slides over axes: one number for each spatial axis. */
export interface WindowAttrs {
  readonly stride: readonly number[];
  readonly padding: Pads;
  readonly dilation: readonly number[];
  /** Zeros between the elements of the input, minus one: a step of 2 puts one zero between two. */
  readonly inputDilation: readonly number[];
}
/** Extent of an axis with zeros between its elements. */
export const dilated = (n: number, by: number): number => (n ? (n - 1) * by + 1 : 0);

/** Sizes of the output of a sliding window. */
export function windowShape(
  op: string,
  input: Shape,
  window: Shape,
  { stride, padding, dilation, inputDilation }: WindowAttrs,
): number[] {
  return input.map((n, d) => {
    const room = dilated(n, inputDilation[d]!) + padding[d]![0] + padding[d]![1] - dilated(window[d]!, dilation[d]!);
    if (room < 0)
      throw new ShapeError(
        `${op}: the window [${window}]${dilation.some((x) => x !== 1) ? ` with dilation [${dilation}]` : ''} is larger than the padded input [${input.map((m, k) => m + padding[k]![0] + padding[k]![1])}]`,
      );
    return Math.floor(room / stride[d]!) + 1;
  });
}
/** Where a window element reads: the index for each spatial axis, and the condition that it lies on an element of the input. */
export function windowIndex(
  s: readonly Expr[],
  k: readonly Expr[],
  input: Shape,
  { stride, padding, dilation, inputDilation }: WindowAttrs,
): { index: Expr[]; inside: Expr } {
  let inside: Expr = lit(1, 'bool');
  const require = (c: Expr): void => {
    inside =
      c.kind === 'const'
        ? c.value
          ? inside
          : c
        : inside.kind === 'const'
          ? inside.value
            ? c
            : inside
          : expr('and', inside, c);
  };
  const index = input.map((n, d) => {
    const at = expr(
      'add',
      expr('add', expr('mul', s[d]!, lit(stride[d]!)), expr('mul', k[d]!, lit(dilation[d]!))),
      lit(-padding[d]![0]),
    );
    const by = inputDilation[d]!;
    require(expr('le', lit(0), at));
    require(expr('lt', at, lit(dilated(n, by))));
    if (by > 1) require(expr('eq', expr('mod', at, lit(by)), lit(0)));
    return within(by > 1 ? expr('idiv', at, lit(by)) : at, Math.max(1, n));
  });
  return { index, inside };
}
/** The window that turns the cotangent of the output into that of the input: strides and zeros between elements change places. */
export function transposedWindow(
  input: Shape,
  window: Shape,
  output: Shape,
  { stride, padding, dilation, inputDilation }: WindowAttrs,
): WindowAttrs {
  return {
    stride: inputDilation,
    dilation,
    inputDilation: stride,
    padding: input.map((n, d) => {
      const ke = dilated(window[d]!, dilation[d]!);
      const lo = ke - 1 - padding[d]![0];
      return [lo, dilated(n, inputDilation[d]!) - 1 + ke - dilated(output[d]!, stride[d]!) - lo] as const;
    }),
  };
}
export type PerAxis = number | readonly number[];
/** One number for each axis. */
export function perAxis(op: string, name: string, value: PerAxis, rank: number, least = 1): number[] {
  const list = typeof value === 'number' ? range(rank).map(() => value) : [...value];
  if (list.length !== rank)
    throw new ValueError(`${op}: ${name} [${list}] has ${list.length} numbers, the input has ${rank} spatial axes`);
  if (list.some((n) => !Number.isInteger(n) || n < least))
    throw new ValueError(`${op}: ${name} must be integers of at least ${least}, received [${list}]`);
  return list;
}
/** Padding before and after each axis. */
export function padsOf(op: string, padding: PerAxis | Pads, rank: number): Pads {
  if (Array.isArray(padding) && padding.some((p) => Array.isArray(p))) {
    if (padding.length !== rank)
      throw new ValueError(`${op}: padding names ${padding.length} axes, the input has ${rank} spatial axes`);
    return padding as Pads;
  }
  return perAxis(op, 'padding', padding as PerAxis, rank, 0).map((p) => [p, p] as const);
}
