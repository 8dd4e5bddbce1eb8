// keras.ops
export * from './creation.js';
export * from './elementwise.js';
export * from './reduction.js';
export { variance as var } from './reduction.js';
export * from './shape.js';
export * from './indexing.js';
export * from './linalg.js';
export * from './nn.js';
export * from './control.js';
export { absolute as abs } from './elementwise.js';
export {
  celu,
  elu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSilu as hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  silu as swish,
  softmax,
  softplus,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  threshold,
} from '../activations.js';
