// Tensors that belong to a module: parameters, which are trained, and buffers, which are only kept.
import * as core from '@nn/core';
import { isTraced, promote, requireGrad } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * A tensor that a module trains. Assigning it to a field of a module registers it.
 *
 * @param data            its first value
 * @param o.requiresGrad  default true
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, o: { requiresGrad?: boolean } = {}) {
    const on = o.requiresGrad ?? true;
    const value = core.detach(data.value);
    if (isTraced(value)) {
      throw new core.TraceError(
        'a Parameter cannot be made from a value of a compiled function. Make modules before the function is called, or use a lazy module',
      );
    }
    if (on && !core.isFloat(value.dtype))
      throw new core.DTypeError(
        `Only Tensors of floating point and complex dtype can require gradients, this one is ${data.dtype}`,
      );
    super(value);
    promote(this, on, false);
  }
  /** @internal */
  override _describe(text: string): string {
    return `Parameter containing:\n${text}`;
  }
}

/**
 * A tensor that a module keeps, saves and moves, but does not train. Assigning it to a field of a module registers it.
 *
 * @param o.persistent  part of the state dict; default true
 */
export class Buffer extends Tensor {
  readonly persistent: boolean;
  constructor(data: Tensor, o: { persistent?: boolean } = {}) {
    super(core.detach(data.value));
    this.persistent = o.persistent ?? true;
    promote(this);
  }
}

/** A parameter whose shape is found by the first call of its module. Using it before that is an error. */
export class UninitializedParameter extends Parameter {
  /** True until `materialize`. */
  pending = true;
  constructor(o: { requiresGrad?: boolean } = {}) {
    super(new Tensor(core.zeros([0])), o);
  }
  /** Gives it its shape; the values are for the module to fill in. */
  materialize(shape: readonly number[]): void {
    const on = this.requiresGrad;
    requireGrad(this, false);
    this._held = core.untraced(() => core.zeros(shape));
    this._cell = null;
    promote(this, on);
    this.pending = false;
  }
  /** @internal */
  override _describe(text: string): string {
    return this.pending ? '<UninitializedParameter>' : super._describe(text);
  }
}
