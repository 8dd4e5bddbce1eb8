// Floor 2: the interface of a device, and the devices by name.
export * from './backend.js';
export * from './registry.js';
