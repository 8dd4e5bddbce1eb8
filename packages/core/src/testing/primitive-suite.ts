// What every primitive must do: have its gradients to second order, compute the same in eager and compiled programs, and mean what its record says.
import { describe, isFloat, type DType } from '../base/index.js';
import { apply } from '../graph/apply.js';
import { compile } from '../graph/compile.js';
import { data } from '../graph/create.js';
import { scope, upload } from '../graph/memory.js';
import { currentBackend } from '../graph/state.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { primitives } from '../ops/primitives.js';
import { flip } from '../ops/index.js';
import type { Backend } from '../backend/index.js';
import { randomCase, type Case } from './cases.js';
import { distance } from './distance.js';
import { drawFrom, seeded, valuesFor, type Draw } from './draw.js';
import { gradcheck } from './gradcheck.js';
import { interpret, type HostArray } from './interpret.js';
import { strided } from './strided.js';

/** One thing to check; `run` throws an error that says what is wrong. */
export interface Check {
  readonly primitive: string;
  readonly name: string;
  run(): Promise<void>;
}

/** The samples of a primitive as cases in one float dtype. */
function samplesOf(primitive: Primitive, float: DType): Case[] {
  return primitive.samples.map(({ shapes, attrs, dtypes }) => {
    const axis = (attrs as { axis?: number } | null)?.axis;
    const kinds = shapes.map((_, k): DType => (dtypes?.[k] === undefined || dtypes[k] === 'f32' ? float : dtypes[k]!));
    const isIndex = (k: number): boolean => kinds[k] === 'i32' && axis !== undefined;
    return { shapes, attrs, dtypes: kinds, below: kinds.map((_, k) => (isIndex(k) ? shapes[0]![axis!] : undefined)) };
  });
}

/** A tensor with the values of a host array. */
export const place = (a: HostArray, device: Backend = currentBackend()): Tensor => {
  const t = upload(device, toTyped(a), a.dtype, a.shape);
  return t;
};
