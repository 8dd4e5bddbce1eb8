// Public entry of @nn/core/testing: how close two results are, gradients against differences, and the suites of primitives and backends.
export * from './distance.js';
export * from './gradcheck.js';
export * from './interpret.js';
export * from './primitive-suite.js';
