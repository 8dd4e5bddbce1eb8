// keras.callbacks
export { Callback, type CallbackParams, type Logs } from './callback.js';
export { CallbackList } from './list.js';
export { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.js';
export { History } from './history.js';
export { LambdaCallback, TerminateOnNaN } from './simple.js';
export { LearningRateScheduler, ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './learning-rate.js';
export { MonitorCallback } from './monitor.js';
export { ProgbarLogger } from './progbar-logger.js';
