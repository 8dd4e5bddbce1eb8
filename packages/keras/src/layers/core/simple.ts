// Layers without weights around one idea: Identity, Activation, Masking, Lambda.
import * as core from '@nn/core';
import * as activations from '../../activations.js';
import { formatShape } from '../../tensor/format.js';
import { apply, Numeric, type Tensor } from '../../tensor/tensor.js';
import type { Nested } from '../../tensor/tree.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

export interface Identity {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Gives back its input. */
export class Identity extends Layer {
  static override readonly className = 'Identity';
  constructor(o: LayerOptions = {}) {
    super(o);
    this.supportsMasking = true;
    this.built = true;
  }
  override call<T extends Nested<Tensor>>(inputs: T): T {
    return inputs;
  }
}

export interface Activation {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Applies an activation, by name or function. */
export class Activation extends Layer {
  static override readonly className = 'Activation';
  static override readonly positional: readonly string[] = ['activation'];
  static override get configKeys(): readonly ConfigKey[] {
    return [['activation', activations.serialize]];
  }
  readonly activation: activations.Activation;
  constructor(activation: activations.ActivationLike, o: LayerOptions = {}) {
    super(o);
    this.activation = activations.get(activation);
    this.supportsMasking = true;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    return this.activation(inputs);
  }
}

export interface Masking {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Masks the steps in which every feature equals `maskValue` (default 0), and sets them to zero. */
export class Masking extends Layer {
  static override readonly className = 'Masking';
  static override get configKeys(): readonly ConfigKey[] {
    return ['mask_value'];
  }
  readonly maskValue: number;
  constructor(o: LayerOptions & { maskValue?: number } = {}) {
    super(o);
    this.maskValue = o.maskValue ?? 0;
    this.supportsMasking = true;
    this.built = true;
  }
  private some(x: core.Tensor, keepdims: boolean): core.Tensor {
    return core.any(core.notEqual(x, this.maskValue), { axes: -1, keepdims });
  }
  override computeMask(inputs: unknown, _previous?: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    return inputs instanceof Numeric ? apply('Any', [inputs], (x) => this.some(x, false)) : null;
  }
  override call(inputs: Tensor): Tensor {
    return apply('Masking', [inputs], (x) => core.mul(x, core.cast(this.some(x, true), x.dtype)));
  }
}

export interface Lambda {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Wraps a function of tensors. It cannot be written to a file: code is not data.
 *
 * @example
 * new tf.keras.layers.Lambda((x) => x.mul(2))(tf.ones([1, 2])).toArraySync() // => [[2, 2]]
 */
export class Lambda extends Layer {
  static override readonly className = 'Lambda';
  readonly f: (x: Tensor, o?: { mask?: Nested<Tensor | null>; training?: boolean }) => Tensor;
  constructor(f: (x: Tensor) => Tensor, o: LayerOptions & { mask?: unknown } = {}) {
    super(o);
    this.f = f;
    this.supportsMasking = o.mask !== undefined;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    const y = this.f(inputs);
    if (!(y instanceof Numeric))
      throw new core.ValueError(
        `Lambda layer '${this.name}': the function must return a tensor for an input of shape ${formatShape(inputs.shape)}, received ${typeof y}`,
      );
    return y;
  }
  override getConfig(): never {
    throw new core.ValueError(
      `Lambda layer '${this.name}' cannot be serialized: its function is code. Write a Layer subclass with getConfig instead.`,
    );
  }
}
