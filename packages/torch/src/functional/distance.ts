// Distances and similarities.
import * as core from '@nn/core';
import { type Dim, dimOf } from '../ops/arguments.js';
import { norm } from '../ops/reduce.js';
import { Tensor } from '../tensor/handle.js';

/** The cosine of the angle between x1 and x2 along an axis; each norm counts as at least eps (1e-8). */
export function cosineSimilarity(x1: Tensor, x2: Tensor, o: { dim?: number; eps?: number } = {}): Tensor {
  const shape = core.broadcastShapes('cosine_similarity', x1.shape, x2.shape);
  const axis = dimOf(o.dim ?? 1, shape.length);
  const wide = (x: Tensor): core.Tensor => core.expand(x.value, shape);
  return new Tensor(core.cosineSimilarity(wide(x1), wide(x2), { axis, eps: o.eps ?? 1e-8 }), 'Sum');
}
/** The p-norm of `x1 - x2 + eps` along the last axis. */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  o: { p?: number; eps?: number; keepdim?: boolean } = {},
): Tensor {
  const d = new Tensor(core.add(core.sub(x1.value, x2.value), o.eps ?? 1e-6));
  return norm(d, o.p ?? 2, { dim: -1 as Dim, keepdim: o.keepdim ?? false });
}
/** The p-norm distances of all pairs of rows: [..., n, m]. */
export function cdist(x1: Tensor, x2: Tensor, o: { p?: number } = {}): Tensor {
  const d = new Tensor(core.sub(core.unsqueeze(x1.value, -2), core.unsqueeze(x2.value, -3)));
  return norm(d, o.p ?? 2, -1);
}
/** The p-norm distances of all pairs of rows i < j of a matrix, as a vector. */
export function pdist(x: Tensor, p = 2): Tensor {
  const n = x.shape[0]!;
  const rows: number[] = [];
  const columns: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      rows.push(i);
      columns.push(j);
    }
  }
  const pick = (at: number[]): core.Tensor =>
    core.take(
      x.value,
      core.beside(x.value, () => core.tensor(Int32Array.from(at))),
      0,
    );
  return norm(new Tensor(core.sub(pick(rows), pick(columns))), p, -1);
}
