// The base of initializers: functions of a shape that make the first value of a weight.
import { coreDType } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import { KerasObject, type Config } from '../object.js';
import { untraced, type DType, type Tensor as CoreTensor } from '@nn/core';

/** Anything that `kernelInitializer` accepts: a name, an initializer, a function of the shape, or a serialized one. */
export type InitializerLike =
  | string
  | Initializer
  | ((shape: readonly number[], o: { dtype: string }) => Tensor)
  | Config;

export interface Initializer {
  /** The first value of a weight of this shape. */
  (shape: readonly number[], o?: { dtype?: string }): Tensor;
}
/** Makes the first value of a weight. Subclasses write `make`. */
export abstract class Initializer extends KerasObject {
  static override readonly module: string = 'keras.initializers';
  protected abstract make(shape: readonly number[], dtype: DType): CoreTensor;
  protected override invoke(...args: unknown[]): Tensor {
    const [shape, o] = args as [readonly number[], { dtype?: string }?];
    const dtype = coreDType(this.className, o?.dtype ?? 'float32');
    return new Tensor(untraced(() => this.make(shape, dtype)));
  }
  override getConfig(): Config {
    return {};
  }
}
