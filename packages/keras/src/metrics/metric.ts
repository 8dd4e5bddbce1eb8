// The base of metrics: state that is updated batch by batch, and a result that is computed from it.
import { zeros, untraced } from '@nn/core';
import * as initializers from '../initializers/index.js';
import { autoName, withName } from '../naming.js';
import { classNameOf, configOf, KerasObject, type Config } from '../object.js';
import { coreDType } from '../tensor/dtype.js';
import { Tensor, type TensorLike } from '../tensor/tensor.js';
import { Variable } from '../tensor/variable.js';

export interface MetricOptions {
  name?: string | null;
  dtype?: string | null;
}
export interface UpdateOptions {
  /** Weights of the samples; broadcasts against the values. */
  sampleWeight?: TensorLike | null;
}
export interface Metric {
  /** Updates the state and returns the result: `updateState(...)`, then `result()`. */
  (...args: Parameters<this['updateState']>): ReturnType<this['result']>;
}

/**
 * Something that is measured while training. Subclasses make state with `addWeight`, and write `updateState` and `result`.
 *
 * @example
 * const m = new tf.keras.metrics.Mean()
 * m.updateState([1, 3])
 * m.result().itemSync() // => 2
 */
export abstract class Metric extends KerasObject {
  static override readonly module: string = 'keras.metrics';
  name: string;
  readonly dtype: string;
  private readonly state: Variable[] = [];

  constructor(o: MetricOptions = {}) {
    super();
    this.name = o.name ?? autoName(classNameOf(this.constructor as typeof KerasObject));
    this.dtype = o.dtype ?? 'float32';
  }
  protected override invoke(...args: unknown[]): unknown {
    this.updateState(...(args as [TensorLike, ...never[]]));
    return this.result();
  }
  abstract updateState(yTrue: TensorLike, ...rest: never[]): void;
  abstract result(): Tensor | { [name: string]: Tensor };

  /** State of the metric, reset to zeros. */
  addWeight(
    o: { shape?: readonly number[]; initializer?: initializers.InitializerLike; dtype?: string; name?: string } = {},
  ): Variable {
    const variable = withName(
      this,
      this.name.replaceAll('/', '>'),
      () =>
        new Variable(initializers.get(o.initializer ?? 'zeros'), {
          shape: o.shape ?? [],
          dtype: o.dtype ?? this.dtype,
          trainable: false,
          ...(o.name !== undefined && { name: o.name }),
        }),
    );
    this.state.push(variable);
    return variable;
  }
  get variables(): Variable[] {
    return [...this.state];
  }
  /** Starts again: between epochs, and before an evaluation. */
  resetState(): void {
    for (const v of this.variables) v.assign(new Tensor(untraced(() => zeros(v.shape, coreDType(this.name, v.dtype)))));
  }
  override getConfig(): Config {
    return configOf(this, ['name', 'dtype']);
  }
  override toString(): string {
    return `<${this.className} name=${this.name}>`;
  }
}
