// Public entry of @nn/core/testing: how close two results are, gradients against differences, and the suites of primitives and backends.
export * from './backend-suite.js';
export * from './distance.js';
export * from './elsewhere.js';
export * from './gradcheck.js';
export * from './interpret.js';
export { seeded, type Draw, type Random } from './draw.js';
export { checkCase, primitiveSuite, type CaseOptions, type Check } from './primitive-suite.js';
