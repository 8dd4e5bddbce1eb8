// Public entry of @nn/torch.
export * from './ops/create.js';
export * from './ops/random.js';
export * from './ops/pointwise.js';
export * from './ops/arithmetic.js';
export * from './ops/choice.js';
export * from './ops/reduce.js';
export * from './ops/extremes.js';
export * from './ops/scan.js';
export * from './ops/search.js';
export * from './ops/shape.js';
export * from './ops/parts.js';
export * from './ops/rearrange.js';
export * from './ops/matrix.js';
export * from './ops/indexed.js';
export * from './ops/join.js';
export * from './ops/found.js';
export { Tensor } from './tensor/tensor.js';
export { slice } from './tensor/indexing.js';
