// Floor 6: mathematics that both faces share, as pure functions without state.
export * from './activation.js';
export * from './adaptive-pool.js';
export * from './attention.js';
export * from './cross-entropy.js';
export * from './distance.js';
export * from './dropout.js';
export * from './interpolate.js';
export * from './loss.js';
export * from './margin-loss.js';
export * from './norm.js';
export * from './optimizer-adaptive.js';
export * from './optimizer.js';
export * from './orthogonal.js';
export * from './pool.js';
export * from './recurrent.js';
export * from './smooth.js';
export * from './softmax.js';
