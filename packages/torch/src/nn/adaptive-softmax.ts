// Softmax over very many classes in clusters by frequency (Grave et al. 2017).
import * as core from '@nn/core';
import { Tensor } from '../tensor/tensor.js';
import { ModuleList, Sequential } from './container.js';
import { Linear } from './linear.js';
import { Module } from './module.js';

export interface AdaptiveOptions {
  /** How much smaller each cluster's projection is; default 4. */
  divValue?: number;
  /** Learn a bias in the head; default false. */
  headBias?: boolean;
}
/**
 * Log-probabilities of targets when frequent classes are in a small head and rare ones in clusters behind it.
 *
 * @param cutoffs  where clusters begin, increasing
 * @returns  the log-probability of each target, and the mean loss
 */
export class AdaptiveLogSoftmaxWithLoss extends Module {
  readonly inFeatures: number;
  readonly nClasses: number;
  readonly cutoffs: readonly number[];
  readonly divValue: number;
  readonly shortlistSize: number;
  readonly nClusters: number;
  head: Linear;
  tail: ModuleList<Sequential>;
  constructor(inFeatures: number, nClasses: number, cutoffs: readonly number[], o: AdaptiveOptions = {}) {
    super();
    const bad =
      cutoffs.length === 0 ||
      cutoffs.some((c, i) => !Number.isInteger(c) || c <= 0 || c > nClasses - 1 || (i > 0 && c <= cutoffs[i - 1]!));
    if (bad)
      throw new core.ValueError(
        'cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between 1 and n_classes-1',
      );
    this.inFeatures = inFeatures;
    this.nClasses = nClasses;
    this.cutoffs = [...cutoffs, nClasses];
    this.divValue = o.divValue ?? 4;
    this.shortlistSize = cutoffs[0]!;
    this.nClusters = this.cutoffs.length - 1;
    this.head = new Linear(inFeatures, this.shortlistSize + this.nClusters, { bias: o.headBias ?? false });
    this.tail = new ModuleList(
      Array.from({ length: this.nClusters }, (_, i) => {
        const width = Math.floor(inFeatures / this.divValue ** (i + 1));
        return new Sequential(
          new Linear(inFeatures, width, { bias: false }),
          new Linear(width, this.cutoffs[i + 1]! - this.cutoffs[i]!, { bias: false }),
        );
      }),
    );
  }
  forward(input: Tensor, target: Tensor): { output: Tensor; loss: Tensor } & [output: Tensor, loss: Tensor] {
    const all = this.logProb(input.shape.length === 1 ? input.unsqueeze(0) : input).value;
    const t = core.unsqueeze(core.reshape(target.value, [-1]), 1);
    const picked = core.squeeze(core.gather(all, t, 1), [1]);
    const output = new Tensor(input.shape.length === 1 ? core.squeeze(picked, [0]) : picked, 'Squeeze');
    const loss = new Tensor(core.neg(core.mean(picked)), 'Neg');
    return Object.assign([output, loss] as [Tensor, Tensor], { output, loss });
  }
  /** Log-probabilities of all classes, [n, nClasses]. */
  logProb(input: Tensor): Tensor {
    const head = core.logSoftmax(this.head(input).value, 1);
    const n = head.shape[0]!;
    const parts = [core.slice(head, [0, 0], [n, this.shortlistSize])];
    [...this.tail].forEach((cluster, i) => {
      const at = this.shortlistSize + i;
      const own = core.logSoftmax(cluster(input).value, 1);
      parts.push(core.add(own, core.slice(head, [0, at], [n, at + 1])));
    });
    return new Tensor(core.concat(parts, 1), 'Cat');
  }
  /** The most probable class of each row. */
  predict(input: Tensor): Tensor {
    return new Tensor(core.argmax(this.logProb(input).value, { axis: 1 }));
  }
}
