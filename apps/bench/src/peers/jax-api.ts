// What the tasks use of jax-js, which is loaded by whoever measures. Its arrays count references: `.ref` takes one, a call uses one up.
import type { Given } from '../work/numbers.js';

/** An array of jax-js. */
export interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: readonly number[];
  add(x: JaxArray | number): JaxArray;
  sub(x: JaxArray | number): JaxArray;
  mul(x: JaxArray | number): JaxArray;
  div(x: JaxArray | number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  astype(dtype: string): JaxArray;
  data(): Promise<ArrayLike<number>>;
  dataSync(): ArrayLike<number>;
  blockUntilReady(): Promise<unknown>;
  dispose(): void;
}
/** Arrays in arrays and objects. */
export type Tree = JaxArray | readonly Tree[] | { readonly [name: string]: Tree };
type Reduce = (x: JaxArray, axis: number, o?: { keepdims: boolean }) => JaxArray;

/** The part of its API that the tasks use. */
export interface Jax {
  readonly numpy: {
    array(data: Float32Array | number): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    ones(shape: readonly number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(x: JaxArray, axes?: readonly number[]): JaxArray;
    split(x: JaxArray, parts: number, axis: number): JaxArray[];
    readonly sum: Reduce;
    readonly mean: (x: JaxArray, axis?: number, o?: { keepdims: boolean }) => JaxArray;
    readonly max: Reduce;
    tanh(x: JaxArray): JaxArray;
    exp(x: JaxArray): JaxArray;
    log(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    square(x: JaxArray): JaxArray;
  };
  readonly nn: { relu(x: JaxArray): JaxArray; softmax(x: JaxArray, axis: number): JaxArray };
  readonly lax: {
    stopGradient(x: JaxArray): JaxArray;
    convGeneralDilated(
      x: JaxArray,
      w: JaxArray,
      strides: readonly number[],
      padding: 'SAME' | 'VALID',
      options?: { readonly featureGroupCount: number },
    ): JaxArray;
    reduceWindow(x: JaxArray, f: unknown, window: readonly number[], strides: readonly number[]): JaxArray;
  };
  readonly tree: {
    map(f: (...leaves: JaxArray[]) => JaxArray, ...trees: Tree[]): Tree;
    ref(t: Tree): Tree;
  };
  jit<F extends (...args: never[]) => unknown>(f: F): F;
  grad(f: (...args: JaxArray[]) => JaxArray, o?: { argnums: number }): (...args: JaxArray[]) => JaxArray;
  valueAndGrad(f: (t: Tree) => JaxArray): (t: Tree) => [JaxArray, Tree];
}

export const jaxArray = (jax: Jax, { shape, data }: Given): JaxArray => jax.numpy.array(data).reshape(shape);

/** Layer normalization; uses x up. */
export function jaxLayerNorm({ numpy: np }: Jax, x: JaxArray, weight: JaxArray, bias: JaxArray): JaxArray {
  const d = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(d.ref), -1, { keepdims: true });
  return d
    .div(np.sqrt(variance.add(1e-5)))
    .mul(weight)
    .add(bias);
}
