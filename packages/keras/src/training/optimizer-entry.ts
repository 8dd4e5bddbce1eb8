// Interim: until the optimizers are there, a model can be built, called and summarized, but not compiled with an optimizer.
import { ValueError } from '@nn/core';
import type { Tensor, TensorLike } from '../tensor/tensor.js';
import type { Variable } from '../tensor/variable.js';

export interface Optimizer {
  built: boolean;
  readonly variables: readonly Variable[];
  get learningRate(): Variable;
  set learningRate(value: TensorLike);
  build(variables: readonly Variable[]): void;
  scaleLoss(loss: Tensor): Tensor;
  applyGradients(pairs: readonly (readonly [Tensor | null, Variable])[]): void;
  finalizeVariableValues(variables: readonly Variable[]): void;
}
export type OptimizerLike = string | Optimizer;
export function get(identifier: OptimizerLike): Optimizer {
  if (typeof identifier !== 'string') return identifier;
  throw new ValueError(`Could not interpret optimizer identifier: ${identifier}`);
}
