// Public entry of @nn/port.
export { PortError } from './error.js';
export { definePort } from './registry.js';
export type { Example, KerasParts, PortContext, PortRule, Refusal, TorchParts } from './rule.js';
export type { Drop, Slot, Weights } from './slot.js';
export { toKeras, type ToKerasOptions } from './to-keras.js';
export { toTorch, type ToTorchOptions } from './to-torch.js';
