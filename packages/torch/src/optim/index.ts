// torch.optim
export { Adam, AdamW, type AdamSettings } from './adam.js';
export * from './adam-family.js';
export * from './averaged.js';
export { Optimizer, type OptimizerState, type ParamGroup, type Parameters } from './optimizer.js';
export { LBFGS, type LbfgsSettings } from './lbfgs.js';
export * from './matrix.js';
export * from './rmsprop.js';
export { SGD, type SgdSettings } from './sgd.js';
export * as lrScheduler from './lr-scheduler/index.js';
