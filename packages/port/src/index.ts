// Public entry of @nn/port.
export { PortError } from './error.js';
export { ConstantPadding, OperationLayer } from './keras-steps.js';
export { asLayer, TorchModuleLayer } from './live/as-layer.js';
export { asModule } from './live/as-module.js';
export { LayerModule } from './live/handles.js';
export { definePort, records } from './registry.js';
export type { Example, KerasParts, PortContext, PortRecord, PortRule, Refusal, TorchParts } from './rule.js';
export type { Drop, Slot, Weights } from './slot.js';
export { toKeras, type ToKerasOptions } from './to-keras.js';
export { toTorch, type ToTorchOptions } from './to-torch.js';
export { checkParity, type ParityOptions, type TrainOptions } from './parity/check.js';
export { ParityReport, type ParityRow, type RowKind } from './parity/report.js';
export { portRules, type PortRuleRow } from './table.js';
