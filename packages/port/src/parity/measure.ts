// The measure of a comparison: a loss, gradients on one side, and how far two tensors are apart.
import * as core from '@nn/core';
import { PortError } from '../error.js';
import type { ParityRow, RowKind } from './report.js';
import type { Side } from './sides.js';

/** Two tensors to compare, both in Keras's arrangement of weights or torch's arrangement of values. */
export interface Comparison {
  readonly kind: RowKind;
  readonly torch: string;
  readonly keras: string;
  readonly torchShape: readonly number[];
  readonly kerasShape: readonly number[];
  readonly a: core.Tensor;
  readonly b: core.Tensor;
  readonly note?: string;
}

/** Numbers from -1 to 1 that depend on their place only. */
function targets(shape: readonly number[], seed: number): core.Tensor {
  const n = core.sizeOf(shape);
  return core.tensor(
    Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1))),
    { shape },
  );
}
/** `sum over the outputs of mean((y - target)^2)` */
function lossOf(outputs: readonly core.Tensor[]): core.Tensor {
  const parts = outputs
    .filter((y) => core.isFloat(y.dtype) && y.needsGrad)
    .map((y, i) => core.mean(core.square(core.sub(y, targets(y.shape, i)))));
  if (!parts.length) throw new PortError('checkParity: no output is a differentiable function of inputs or weights');
  return parts.reduce((a, b) => core.add(a, b));
}
export interface Gradients {
  readonly inputs: readonly (core.Tensor | null)[];
  readonly weights: ReadonlyMap<core.Variable, core.Tensor>;
}
export function gradientsOf(side: Side, inputs: readonly core.Tensor[]): Gradients {
  const leaves = inputs.map((x) => (core.isFloat(x.dtype) ? core.requireGrad(x) : x));
  const found = core.enableGrad(() => core.gradients([lossOf(side.run(leaves, true))]));
  const weights = new Map<core.Variable, core.Tensor>();
  const edges = new Map<unknown, core.Tensor>();
  for (const [leaf, g] of found) {
    edges.set(leaf.edge, g);
    if (leaf.owner) weights.set(leaf.owner as core.Variable, g);
  }
  return { inputs: leaves.map((x) => (x.edge && edges.get(x.edge)) ?? null), weights };
}

export async function measure(c: Comparison, tolerance: number): Promise<ParityRow> {
  const { a, b, ...row } = c;
  if (!core.sameShape(a.shape, b.shape)) return { ...row, maxAbs: Number.NaN, maxRel: Number.NaN, equal: false };
  const [x, y] = await Promise.all([core.data(a), core.data(b)]);
  let [maxAbs, size, equal] = [0, 0, true];
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i]!, y[i]!];
    if (Object.is(p, q) || p === q) continue;
    const apart = Math.abs(p - q);
    if (!(apart <= tolerance * (1 + Math.abs(q)))) equal = false;
    maxAbs = Number.isNaN(apart) ? Number.NaN : Math.max(maxAbs, apart);
    size = Math.max(size, Math.abs(q));
  }
  for (const q of y) size = Math.max(size, Math.abs(q));
  return { ...row, maxAbs, maxRel: maxAbs === 0 ? 0 : maxAbs / size, equal };
}
