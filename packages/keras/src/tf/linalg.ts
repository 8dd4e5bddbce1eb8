// tf.linalg
export { diagonal as diagPart, einsum, eye, matmul, norm, normalize, tensordot } from '../ops/index.js';
