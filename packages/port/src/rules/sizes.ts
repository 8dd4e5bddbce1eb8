// Numbers and lists for each axis, as both sides write them.
import type { PortContext } from '../rule.js';

export type Pairs = readonly (readonly [number, number])[];
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** One number for each of `n` axes. */
export const spread = (x: number | readonly number[], n: number): number[] =>
  typeof x === 'number' ? range(n).map(() => x) : x.length === 1 ? range(n).map(() => x[0]!) : [...x];
/** A list of equal numbers as one number. */
export const short = (xs: readonly number[]): number | readonly number[] =>
  xs.every((x) => x === xs[0]) ? xs[0]! : xs;
/** How far a window reaches. */
export const extent = (kernel: readonly number[], dilation: readonly number[]): number[] =>
  kernel.map((k, i) => (k - 1) * dilation[i]! + 1);
/** `(1, 1)` pairs as torch writes padding: the last axis first. */
export const torchPadding = (pads: Pairs): number[] => pads.toReversed().flat();
/** Torch's padding as one pair for each axis, the first axis first. */
export const pairsOfPadding = (padding: readonly number[]): [number, number][] =>
  range(padding.length / 2)
    .map((i): [number, number] => [padding[2 * i]!, padding[2 * i + 1]!])
    .toReversed();
/** The sizes of the spatial axes of a Keras layer's input. */
export const spatialOf = (layer: { readonly dataFormat?: string }, { inputShape }: PortContext): readonly number[] =>
  layer.dataFormat === 'channels_first' ? inputShape.slice(1) : inputShape.slice(0, -1);
/** The number of channels of a Keras layer's input. */
export const channelsOf = (layer: { readonly dataFormat?: string }, { inputShape }: PortContext): number =>
  layer.dataFormat === 'channels_first' ? inputShape[0]! : inputShape.at(-1)!;
export const symmetric = (pads: Pairs): boolean => pads.every(([a, b]) => a === b);
export const isNone = (pads: Pairs): boolean => pads.every(([a, b]) => a === 0 && b === 0);
