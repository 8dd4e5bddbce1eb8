// The `tf` namespace: TensorFlow's names for the operations, and tf.keras.
export * as keras from '../keras.js';
export * as nn from './nn.js';
export * as random from '../random.js';
export * as math from './math.js';
export * as linalg from './linalg.js';
export { Variable } from '../tensor/variable.js';
export { Tensor } from '../tensor/tensor.js';
export { tfFunction as function, type FunctionOptions, type Traced } from './function.js';
export { GradientTape, type GradientTapeOptions } from './tape.js';
export {
  add, arange as range, argmax, argmin, argsort, broadcastTo, cast, clip as clipByValue, concatenate as concat, cond, constant, convertToTensor, cos, cumsum, divide, einsum,
  equal, exp, expandDims, eye, floor, gather, greater, greaterEqual, identity, less, lessEqual, linspace, log, logicalAnd, logicalNot, logicalOr, map as mapFn, matmul, maximum,
  minimum, multiply, negative, norm, notEqual, oneHot, ones, onesLike, pad, power as pow, repeat, reshape, roll, round, scan, shape, sign, sin, slice, sort, split, sqrt, square,
  squeeze, stack, stopGradient, subtract, tanh, tensordot, tile, transpose, unstack, where, whileLoop, zeros, zerosLike, absolute as abs,
  all as reduceAll, any as reduceAny, logsumexp as reduceLogsumexp, max as reduceMax, mean as reduceMean, min as reduceMin, prod as reduceProd, sum as reduceSum,
  flip as reverse,
} from '../ops/index.js';
export { sigmoid } from '../activations.js';
export { fill, rank, size, tensorScatterNdUpdate } from './arrays.js';
export { float32, float64, int32, uint8, bool } from './dtypes.js';
