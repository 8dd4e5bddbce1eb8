// The optimizer that a model is compiled with.
export { get, Optimizer, type OptimizerLike } from '../optimizers/index.js';
