// keras.callbacks
export { BackupAndRestore, type BackupAndRestoreOptions } from './backup-and-restore.js';
export { Callback, type CallbackParams, type Logs } from './callback.js';
export { CSVLogger, type CSVLoggerOptions } from './csv-logger.js';
export { CallbackList } from './list.js';
export { EarlyStopping, type EarlyStoppingOptions } from './early-stopping.js';
export { History } from './history.js';
export { LambdaCallback, TerminateOnNaN } from './simple.js';
export { LearningRateScheduler, ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './learning-rate.js';
export { ModelCheckpoint, type ModelCheckpointOptions } from './model-checkpoint.js';
export { MonitorCallback } from './monitor.js';
export { ProgbarLogger } from './progbar-logger.js';
export { RemoteMonitor, type RemoteMonitorOptions } from './remote-monitor.js';
export { SwapEMAWeights } from './swap-ema-weights.js';
