// Floor 1: scalar operations, expressions over loop variables, kernels. Imports base only.
export * from './expr.js';
export * from './kernel.js';
export * from './scalar.js';
export { erf } from './special.js';
export * from './walk.js';
