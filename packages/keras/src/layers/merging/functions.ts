// The merge layers as functions: `layers.add([x, y])`.
import type { Tensor } from '../../tensor/tensor.js';
import type { LayerOptions } from '../layer.js';
import { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract } from './merging.js';

export const add = (inputs: readonly Tensor[], o: LayerOptions = {}): Tensor => new Add(o)(inputs);
export const subtract = (inputs: readonly Tensor[], o: LayerOptions = {}): Tensor => new Subtract(o)(inputs);
export const multiply = (inputs: readonly Tensor[], o: LayerOptions = {}): Tensor => new Multiply(o)(inputs);
export const average = (inputs: readonly Tensor[], o: LayerOptions = {}): Tensor => new Average(o)(inputs);
export const maximum = (inputs: readonly Tensor[], o: LayerOptions = {}): Tensor => new Maximum(o)(inputs);
export const minimum = (inputs: readonly Tensor[], o: LayerOptions = {}): Tensor => new Minimum(o)(inputs);
export const concatenate = (inputs: readonly Tensor[], o: LayerOptions & { axis?: number } = {}): Tensor =>
  new Concatenate(o)(inputs);
export const dot = (
  inputs: readonly Tensor[],
  axes: number | readonly number[],
  o: LayerOptions & { normalize?: boolean } = {},
): Tensor => new Dot(axes, o)(inputs);
