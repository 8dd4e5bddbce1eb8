// Floor 5: gradients, custom functions, checkpoints.
export * from './compile.js';
export * from './custom.js';
export * from './gradients.js';
