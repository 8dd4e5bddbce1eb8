// Padding modules: [left, right] of the last axis, then of the one before it, and so on.
import { pad, type PadMode } from '../functional/padding.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { py } from './repr.js';

/** One number for all sides, or two for each axis. */
export type Padding = number | readonly number[];

abstract class PadNd extends Module {
  readonly padding: readonly number[];
  constructor(rank: number, padding: Padding) {
    super();
    this.padding = typeof padding === 'number' ? new Array<number>(2 * rank).fill(padding) : [...padding];
  }
  protected padded(x: Tensor, mode: PadMode, value?: number): Tensor {
    return pad(x, this.padding, { mode, ...(value !== undefined && { value }) });
  }
  abstract override forward(x: Tensor): Tensor;
  override extraRepr(): string {
    return py(this.padding);
  }
}
abstract class ConstantPadNd extends PadNd {
  readonly value: number;
  constructor(rank: number, padding: Padding, value: number | { value?: number } = 0) {
    super(rank, padding);
    this.value = typeof value === 'number' ? value : (value.value ?? 0);
  }
  forward(x: Tensor): Tensor {
    return this.padded(x, 'constant', this.value);
  }
  override extraRepr(): string {
    return `padding=${py(this.padding)}, value=${py(this.value)}`;
  }
}
/** One value around the last axis. */
export class ConstantPad1d extends ConstantPadNd {
  constructor(padding: Padding, value: number | { value?: number }) {
    super(1, padding, value);
  }
}
/** One value around the last two axes. */
export class ConstantPad2d extends ConstantPadNd {
  constructor(padding: Padding, value: number | { value?: number }) {
    super(2, padding, value);
  }
}
/** One value around the last three axes. */
export class ConstantPad3d extends ConstantPadNd {
  constructor(padding: Padding, value: number | { value?: number }) {
    super(3, padding, value);
  }
}
abstract class ZeroPadNd extends ConstantPadNd {
  override extraRepr(): string {
    return py(this.padding);
  }
}
/** Zeros around the last axis. */
export class ZeroPad1d extends ZeroPadNd {
  constructor(padding: Padding) {
    super(1, padding);
  }
}
/** Zeros around the last two axes. */
export class ZeroPad2d extends ZeroPadNd {
  constructor(padding: Padding) {
    super(2, padding);
  }
}
/** Zeros around the last three axes. */
export class ZeroPad3d extends ZeroPadNd {
  constructor(padding: Padding) {
    super(3, padding);
  }
}
abstract class ReflectionPadNd extends PadNd {
  forward(x: Tensor): Tensor {
    return this.padded(x, 'reflect');
  }
}
/** The last axis mirrored at its ends, which are not repeated. */
export class ReflectionPad1d extends ReflectionPadNd {
  constructor(padding: Padding) {
    super(1, padding);
  }
}
/** The last two axes mirrored at their ends. */
export class ReflectionPad2d extends ReflectionPadNd {
  constructor(padding: Padding) {
    super(2, padding);
  }
}
/** The last three axes mirrored at their ends. */
export class ReflectionPad3d extends ReflectionPadNd {
  constructor(padding: Padding) {
    super(3, padding);
  }
}
abstract class ReplicationPadNd extends PadNd {
  forward(x: Tensor): Tensor {
    return this.padded(x, 'replicate');
  }
}
/** The ends of the last axis repeated. */
export class ReplicationPad1d extends ReplicationPadNd {
  constructor(padding: Padding) {
    super(1, padding);
  }
}
/** The ends of the last two axes repeated. */
export class ReplicationPad2d extends ReplicationPadNd {
  constructor(padding: Padding) {
    super(2, padding);
  }
}
/** The ends of the last three axes repeated. */
export class ReplicationPad3d extends ReplicationPadNd {
  constructor(padding: Padding) {
    super(3, padding);
  }
}
abstract class CircularPadNd extends PadNd {
  forward(x: Tensor): Tensor {
    return this.padded(x, 'circular');
  }
}
/** The last axis as a ring. */
export class CircularPad1d extends CircularPadNd {
  constructor(padding: Padding) {
    super(1, padding);
  }
}
/** The last two axes as rings. */
export class CircularPad2d extends CircularPadNd {
  constructor(padding: Padding) {
    super(2, padding);
  }
}
/** The last three axes as rings. */
export class CircularPad3d extends CircularPadNd {
  constructor(padding: Padding) {
    super(3, padding);
  }
}
