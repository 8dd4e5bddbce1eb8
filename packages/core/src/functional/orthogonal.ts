// Orthogonal initialization: the Q of a QR decomposition of random normal numbers, computed on the host in float64.
import { normal, type Generator } from '../ops/index.js';
import { dataSync, tensor } from '../graph/create.js';
import { onReadable } from '../graph/state.js';
import type { Tensor } from '../graph/tensor.js';
import { allocate, ShapeError, sizeOf, type DType } from '../base/index.js';

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times the gain; reshaped.
 *
 * @param shape        at least 2 axes
 * @param o.gain       default 1
 * @param o.rows       how many of the first axes count as rows: default 1 (PyTorch); Keras takes all but the last
 * @param o.dtype      default f32
 * @param o.generator  default the default generator
 * @throws ShapeError  for fewer than 2 axes
 * @see Saxe, McClelland & Ganguli 2013, arXiv:1312.6120
 * @example
 * ((q) => matmul(q, transpose(q)))(orthogonal([2, 3])) // => [[1, 0], [0, 1]] within 1e-6
 */
export function orthogonal(
  shape: readonly number[],
  o: { gain?: number; rows?: number; dtype?: DType; generator?: Generator } = {},
): Tensor {
  const { gain = 1, rows: leading = 1, dtype = 'f32', generator } = o;
  if (shape.length < 2) throw new ShapeError(`orthogonal: expected at least 2 axes, got [${shape}]`);
  const rows = sizeOf(shape.slice(0, leading));
  const cols = sizeOf(shape.slice(leading));
  const [long, short] = [Math.max(rows, cols), Math.min(rows, cols)];
  const drawn = onReadable(() => dataSync(normal([long, short], { generator })));
  const q = orthonormalColumns(Float64Array.from(drawn), long, short);
  const flat = allocate(dtype, rows * cols);
  for (let i = 0; i < long; i++) {
    for (let j = 0; j < short; j++) flat[rows >= cols ? i * cols + j : j * cols + i] = gain * q[i * short + j]!;
  }
  return tensor(flat, { shape });
}

/** Gram-Schmidt, twice over each column, so that rounding leaves no component behind; a positive diagonal of R makes Q uniform. */
function orthonormalColumns(a: Float64Array, rows: number, cols: number): Float64Array {
  const dot = (j: number, k: number): number => {
    let s = 0;
    for (let i = 0; i < rows; i++) s += a[i * cols + j]! * a[i * cols + k]!;
    return s;
  };
  for (let j = 0; j < cols; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const along = dot(j, k);
        for (let i = 0; i < rows; i++) a[i * cols + j]! -= along * a[i * cols + k]!;
      }
    }
    const length = Math.sqrt(dot(j, j));
    for (let i = 0; i < rows; i++) a[i * cols + j]! /= length;
  }
  return a;
}
