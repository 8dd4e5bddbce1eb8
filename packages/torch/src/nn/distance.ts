// Distances and similarities as modules.
import { cosineSimilarity, pairwiseDistance } from '../functional/distance.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** The cosine of the angle between x1 and x2 along an axis (1). */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;
  constructor(o: { dim?: number; eps?: number } = {}) {
    super();
    this.dim = o.dim ?? 1;
    this.eps = o.eps ?? 1e-8;
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, { dim: this.dim, eps: this.eps });
  }
}
/** The p-norm of `x1 - x2 + eps` along the last axis. */
export class PairwiseDistance extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;
  constructor(o: { p?: number; eps?: number; keepdim?: boolean } = {}) {
    super();
    this.p = o.p ?? 2;
    this.eps = o.eps ?? 1e-6;
    this.keepdim = o.keepdim ?? false;
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, { p: this.p, eps: this.eps, keepdim: this.keepdim });
  }
}
