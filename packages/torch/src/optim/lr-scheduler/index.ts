// torch.optim.lr_scheduler
export { ChainedScheduler, SequentialLR, type Part } from './combined.js';
export { CosineAnnealingLR, CosineAnnealingWarmRestarts, SWALR } from './cosine.js';
export { CyclicLR, OneCycleLR, type CyclicOptions, type OneCycleOptions } from './cyclic.js';
export {
  ConstantLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
  type RateFunction,
} from './decay.js';
export { ReduceLROnPlateau, type PlateauOptions } from './plateau.js';
export { LRScheduler, type EpochOptions, type Scheduled, type SchedulerState } from './scheduler.js';
