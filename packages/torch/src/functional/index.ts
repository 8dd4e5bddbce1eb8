// torch.nn.functional: everything that modules compute, as functions.
export * from './activation.js';
export * from './attention.js';
export * from './conv.js';
export * from './ctc.js';
export * from './distance.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './image.js';
export * from './linear.js';
export * from './loss.js';
export * from './margin-loss.js';
export * from './norm.js';
export * from './padding.js';
export * from './pool.js';
export * from './unpool.js';
export { sigmoid, tanh } from '../ops/pointwise.js';
