// Floor 3: values, the one door, state, memory, tracing.
export * from './apply.js';
export * from './capture.js';
export * from './compile.js';
export * from './create.js';
export * from './memory.js';
export * from './state.js';
export * from './tensor.js';
export * from './tree.js';
export * from './variable.js';
