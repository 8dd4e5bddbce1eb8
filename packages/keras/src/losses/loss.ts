// The base of losses: a formula, then weights, masks and the reduction.
import * as core from '@nn/core';
import { autoName } from '../naming.js';
import { classNameOf, configOf, KerasObject, type Config } from '../object.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, asTensor, type TensorLike } from '../tensor/tensor.js';
import { reduceWeighted, reductionOf, type Reduction } from './reduction.js';

export interface LossOptions {
  /** Default the class in snake case. */
  name?: string | null;
  /** 'sum_over_batch_size' (default), 'sum', 'mean', 'mean_with_sample_weight', 'none'. */
  reduction?: string | null;
  dtype?: string | null;
}
export interface Loss {
  /** The reduced loss; `sampleWeight` broadcasts against the samples. */
  (yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike | null): Tensor;
}

/**
 * A loss. Subclasses write `call(yTrue, yPred)`, which gives one value for each sample.
 *
 * @example
 * class Cubic extends tf.keras.losses.Loss {
 *   call(yTrue, yPred) { return tf.reduceMean(tf.pow(tf.abs(yPred.sub(yTrue)), 3), { axis: -1 }) }
 * }
 * new Cubic()(tf.constant([[0, 0]]), tf.constant([[1, 2]])).itemSync() // => 4.5
 */
export abstract class Loss extends KerasObject {
  static override readonly module: string = 'keras.losses';
  name: string;
  readonly reduction: Reduction;
  readonly dtype: string | null;
  constructor(o: LossOptions = {}) {
    super();
    this.name = o.name ?? autoName(classNameOf(this.constructor as typeof KerasObject));
    this.reduction = reductionOf(o.reduction);
    this.dtype = o.dtype ?? null;
  }
  abstract call(yTrue: Tensor, yPred: Tensor): Tensor;

  protected override invoke(...args: unknown[]): unknown {
    const [yTrue, yPred, sampleWeight] = args as [TensorLike, TensorLike, TensorLike | null | undefined];
    const prediction = asTensor(yPred);
    const values = this.call(asTensor(yTrue), prediction);
    const masks = [prediction.kerasMask, values.kerasMask].filter((m) => m !== null);
    const mask = masks.length === 2 ? masks[0]!.logicalAnd(masks[1]!) : (masks[0] ?? null);
    const inputs: TensorLike[] = [values];
    if (sampleWeight !== null && sampleWeight !== undefined) inputs.push(sampleWeight);
    if (mask) inputs.push(mask);
    return apply(this.name, inputs, (v, ...rest) => {
      const weight = inputs.length > 1 && sampleWeight !== null && sampleWeight !== undefined ? rest[0]! : null;
      return reduceWeighted(
        core.isFloat(v.dtype) ? v : core.cast(v, 'f32'),
        weight,
        mask ? rest.at(-1)! : null,
        this.reduction,
      );
    });
  }
  override getConfig(): Config {
    return configOf(this, ['name', 'reduction']);
  }
  override toString(): string {
    return `<${this.className} name=${this.name}, reduction=${this.reduction}>`;
  }
}

/** A loss that is a plain function of (yTrue, yPred). */
export class LossFunctionWrapper extends Loss {
  private readonly fn: (yTrue: Tensor, yPred: Tensor) => TensorLike;
  constructor(fn: (yTrue: Tensor, yPred: Tensor) => TensorLike, o: LossOptions = {}) {
    super({ ...o, name: o.name ?? (fn.name || 'loss') });
    this.fn = fn;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return asTensor(this.fn(yTrue, yPred));
  }
}
