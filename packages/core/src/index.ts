// @nn/core: tensors, operations, gradients, tracing, devices. This file is the public API.
export {
  broadcastShapes,
  Callable,
  describe,
  DeviceError,
  DisposedError,
  dtypes,
  DTypeError,
  GradError,
  IndexError,
  isFloat,
  nearest,
  NNError,
  normalizeAxes,
  normalizeAxis,
  promote,
  sameShape,
  ShapeError,
  sizeOf,
  TraceError,
  ValueError,
  type DType,
  type Shape,
  type Spec,
  type TypedArray,
} from './base/index.js';
export { isDevice, type Backend, type DeviceName } from './backend/index.js';
export { apply, literal } from './graph/apply.js';
export type { Capture } from './graph/capture.js';
export { evalSpec, type CompileOptions, type Compiled } from './graph/compile.js';
export {
  data,
  dataSync,
  detach,
  item,
  itemSync,
  requireGrad,
  tensor,
  to,
  toArray,
  toArraySync,
  type NestedArray,
} from './graph/create.js';
export { memory, openScope, scope, Scope } from './graph/memory.js';
export { show } from './graph/show.js';
export {
  beside,
  device,
  enableGrad,
  guard,
  isGradEnabled,
  isTracing,
  noGrad,
  placeholder,
  setDevice,
  setGradEnabled,
  symbolic,
  untraced,
} from './graph/state.js';
export { Edge, Tensor, type Cell, type Device, type GradHook, type Primitive } from './graph/tensor.js';
export { flatten, handle, isHandle, type Flat, type Handle } from './graph/tree.js';
export { Variable, type VariableOptions } from './graph/variable.js';
export * from './ops/index.js';
export { elementwise, movement, reduction, type Elementwise, type ReduceAttrs, type Reduction } from './ops/define.js';
export {
  binaryFunction,
  like,
  numeric,
  op,
  realFunction,
  sameTypeFunction,
  type BinaryOp,
  type Meeting,
  type UnaryOp,
} from './ops/makers.js';
export { expr, lit, type Access, type Expr, type ScalarOp } from './kernel/index.js';
export type { Call, Keep, Lowering } from './graph/tensor.js';
export { primitives } from './ops/primitives.js';
export * from './autograd/index.js';
export * from './functional/index.js';
