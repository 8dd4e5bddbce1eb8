// tf.math
export {
  absolute as abs, add, arccos as acos, arccosh as acosh, arcsin as asin, arcsinh as asinh, arctan as atan, arctan2 as atan2, arctanh as atanh, argmax, argmin, ceil, cos, cosh,
  countNonzero, cumprod, cumsum, digamma, divide, divideNoNan, equal, erf, erfc, erfinv, exp, expm1, floor, floorDivide as floordiv, greater,
  greaterEqual, inTopK, isfinite as isFinite, isinf as isInf, isnan as isNan, less, lessEqual, lgamma, log, log1p, logicalAnd, logicalNot, logicalOr, logicalXor, maximum, minimum,
  mod as floormod, multiply, negative, notEqual, power as pow, reciprocal, round, rsqrt, segmentSum as unsortedSegmentSum, sign, sin, sinh, sqrt, square, squaredDifference,
  subtract, tan, tanh, topK, all as reduceAll, any as reduceAny, logsumexp as reduceLogsumexp, max as reduceMax, mean as reduceMean, min as reduceMin, prod as reduceProd,
  std as reduceStd, sum as reduceSum, variance as reduceVariance,
} from '../ops/index.js';
export { logSigmoid, sigmoid, softplus, softsign } from '../activations.js';
