// What a module or a model computes, as data: calls of its parts and single operations, from inputs to outputs.
import type * as core from '@nn/core';
import { Layer } from '@nn/keras';
import type { Sizes } from './layout.js';
import type { Module } from './rule.js';

/** A tensor between two calls. Its shape has the batch axis, which is null. */
export class Value {
  constructor(
    readonly shape: Sizes,
    readonly dtype: core.DType,
  ) {}
}
/** A weight that an operation reads, by its name in what is ported. */
export interface Weight {
  readonly name: string;
  readonly cell: core.Variable;
}
/** A computation without parts. */
export interface Operation {
  readonly name: string;
  /** Element by element, so that the order of the axes does not matter. */
  readonly pointwise: boolean;
  readonly weights: readonly Weight[];
  run(inputs: readonly core.Tensor[], weights: readonly core.Tensor[]): readonly core.Tensor[];
}
/** Stands for a tensor in the arguments of a call. */
export const tensor: unique symbol = Symbol('tensor');
export type Part = Module | Layer;
/** A call of a part (a child of what is ported) or of an operation. */
export interface Call {
  /** The name of the part, or of the operation. */
  readonly path: string;
  readonly part: Part | Operation;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** All arguments, with `tensor` in the place of tensors. */
  readonly args: readonly unknown[];
}
export interface Flow {
  readonly inputs: readonly Value[];
  readonly calls: readonly Call[];
  readonly outputs: readonly Value[];
}
export const isOperation = (part: Part | Operation): part is Operation => typeof part === 'object';
export const isLayer = (part: Part | Operation): part is Layer => part instanceof Layer;

/** Whether each call takes what the one before it has made, and nothing else. */
export const isChain = ({ inputs, calls, outputs }: Flow): boolean =>
  inputs.length === 1 &&
  outputs.length === 1 &&
  calls.every(
    (c, i) =>
      c.inputs.length === 1 &&
      c.outputs.length === 1 &&
      !isOperation(c.part) &&
      c.inputs[0] === (i ? calls[i - 1]!.outputs[0] : inputs[0]),
  ) &&
  (calls.at(-1)?.outputs[0] ?? inputs[0]) === outputs[0];

const isPlain = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype;
/** Arguments with values in the places of tensors, in order; Keras walks objects by their sorted keys. */
export function fillArguments(args: readonly unknown[], values: readonly unknown[], sorted: boolean): unknown[] {
  let next = 0;
  const fill = (x: unknown): unknown => {
    if (x === tensor) return values[next++];
    if (Array.isArray(x)) return x.map(fill);
    if (!isPlain(x)) return x;
    const keys = sorted ? Object.keys(x).sort() : Object.keys(x);
    return Object.fromEntries(keys.map((key) => [key, fill(x[key])]));
  };
  return args.map(fill);
}
/** The arguments of a call of tensors alone. */
export const onlyTensors = (count: number): unknown[] => Array.from({ length: count }, () => tensor);
