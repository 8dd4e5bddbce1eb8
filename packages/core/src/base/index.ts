// Floor 0: dtypes, shapes, errors, callables. Imports nothing.
export * from './callable.js';
export * from './dtype.js';
export * from './errors.js';
export * from './shape.js';
