// Padding of the last axes.
import * as core from '@nn/core';
import { bind } from '../ops/arguments.js';
import { Tensor } from '../tensor/handle.js';

export type PadMode = 'constant' | 'reflect' | 'replicate' | 'circular';
const modes: readonly string[] = ['constant', 'reflect', 'replicate', 'circular'];
export interface PadOptions {
  mode?: PadMode;
  /** What is padded with in mode 'constant'; default 0. */
  value?: number | null;
}

/** [before, after] of every axis from PyTorch's list, which begins with the last axis. */
export function padPairs(pads: readonly number[], rank: number): [number, number][] {
  return Array.from({ length: rank }, (_, d) => {
    const k = 2 * (rank - 1 - d);
    return [pads[k] ?? 0, pads[k + 1] ?? 0];
  });
}

/**
 * Adds elements around the last axes; negative numbers remove some.
 *
 * @param pads  two numbers (before, after) for the last axis, then for the one before it, and so on
 * @example
 * pad(tensor([1, 2]), [1, 0]) // => [0, 1, 2]
 * pad(tensor([[1, 2, 3]]), [1, 1], { mode: 'reflect' }) // => [[2, 1, 2, 3, 2]]
 */
export function pad(x: Tensor, pads: readonly number[], mode?: PadMode | PadOptions, value?: number | null): Tensor {
  const o = bind<PadOptions>(['mode', 'value'], mode, value);
  const kind = o.mode ?? 'constant';
  const v = x.value;
  if (!modes.includes(kind)) {
    throw new core.ValueError(`Unrecognised padding mode ${String(kind)}.${core.nearest(String(kind), modes)}`);
  }
  if (pads.length % 2)
    throw new core.ValueError(`Padding length must be divisible by 2, but got ${pads.length} numbers`);
  if (pads.length / 2 > v.ndim) {
    throw new core.ShapeError(
      `Padding length should be less than or equal to two times the input dimension but got padding length ${pads.length} and input of dimension ${v.ndim}`,
    );
  }
  const pairs = padPairs(pads, v.ndim);
  pairs.forEach(([lo, hi], d) => {
    const n = v.shape[d]!;
    if (kind === 'reflect' && (lo >= n || hi >= n) && (lo > 0 || hi > 0)) {
      throw new core.ShapeError(
        `Padding size should be less than the corresponding input dimension, but got: padding (${lo}, ${hi}) at dimension ${d} of input [${v.shape.join(', ')}]`,
      );
    }
  });
  return new Tensor(core.pad(v, pairs, { mode: kind, value: o.value ?? 0 }), 'Pad');
}
