// Floor 4: the operations.
export * from './arithmetic.js';
export * from './contract.js';
export * from './convolution.js';
export * from './creation.js';
export * from './indexing.js';
export * from './joining.js';
export * from './movement.js';
export * from './random.js';
export * from './reduce.js';
export * from './scan.js';
export * from './sorting.js';
export * from './transcendental.js';
export * from './window.js';
export {
  castTo,
  expandPrimitive,
  reshapePrimitive,
  sumPrimitive,
  commonType,
  toTensor,
  toType,
  type Operand,
} from './define.js';
export * from './control.js';
