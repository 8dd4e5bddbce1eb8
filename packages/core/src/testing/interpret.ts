// The meaning of a primitive, read from its record: its loops run one index at a time over its expressions. Slow, plain, and the same everywhere.
import { allocate, isFloat, sizeOf, type DType, type Shape, type Spec, type TypedArray } from '../base/index.js';
import { lowerCall } from '../graph/lower.js';
import type { Lowering, Primitive } from '../graph/tensor.js';
import { coerce, identity, load, loops, ravel, scalarOps, type Expr, type ReduceOp } from '../kernel/index.js';

/** An array on the host: row-major data and what it is. */
export interface HostArray extends Spec {
  readonly data: ArrayLike<number>;
}

/** A number as the dtype stores it. */
export function store(value: number, dtype: DType): number {
  if (dtype === 'f32') return Math.fround(value);
  return isFloat(dtype) ? value : coerce(Math.trunc(value), dtype);
}

/** All indices of a shape, the last axis fastest. */
export function* indices(shape: Shape): Generator<number[]> {
  const index = shape.map(() => 0);
  for (let n = sizeOf(shape); n > 0; n--) {
    yield [...index];
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0;
  }
}

/** The value of an expression at one place of the loops. Shared parts are computed once, and only the branch of a `where` that is taken. */
function evaluate(root: Expr, i: readonly number[], r: readonly number[], inputs: readonly HostArray[]): number {
  const known = new Map<number, number>();
  const visit = (e: Expr): number => {
    if (e.kind === 'const') return e.value;
    if (e.kind === 'loop') return (e.over === 'i' ? i : r)[e.axis]!;
    let value = known.get(e.id);
    if (value === undefined) known.set(e.id, (value = compute(e)));
    return value;
  };
  const compute = (e: Exclude<Expr, { kind: 'const' | 'loop' }>): number => {
    if (e.kind === 'param' || e.kind === 'acc')
      throw new Error('interpret: the expressions of a primitive read nothing but its inputs');
    if (e.kind === 'load') return inputs[e.input]!.data[visit(e.at)]!;
    if (e.kind === 'cast') return converted(visit(e.args[0]), e.args[0].dtype, e.dtype);
    if (e.op === 'where') return visit(visit(e.args[0]!) ? e.args[1]! : e.args[2]!);
    const v = e.args.map(visit);
    const exact =
      e.op === 'mul' && (e.dtype === 'i32' || e.dtype === 'u32') ? Math.imul(v[0]!, v[1]!) : scalarOps[e.op].js(...v);
    return isFloat(e.dtype) ? exact : coerce(exact, e.dtype);
  };
  return visit(root);
}

function converted(x: number, from: DType, to: DType): number {
  if (to === 'bool') return +(x !== 0);
  if (isFloat(to)) return from === 'f32' ? Math.fround(x) : x;
  return store(x, to);
}

const combine: Readonly<Record<ReduceOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  max: Math.max,
  min: Math.min,
};

/**
 * What a primitive makes of arrays, by its record alone.
 *
 * @param attrs  the primitive's attributes
 * @returns      the result, rounded to its dtype once, when it is stored
 * @example
 * interpret(add.primitive, [{ shape: [1], dtype: 'f32', data: [1] }, { shape: [1], dtype: 'f32', data: [2] }], null).data[0] // => 3
 */
export function interpret<A>(
  primitive: Primitive<A>,
  inputs: readonly HostArray[],
  attrs: A,
): HostArray & { readonly data: TypedArray } {
  const specs = inputs.map(({ shape, dtype }) => ({ shape, dtype }));
  const out = primitive.infer(specs, attrs);
  const accesses = specs.map(
    ({ shape, dtype }, k) =>
      (i: readonly Expr[]): Expr =>
        load(k, ravel(i, shape), dtype),
  );
  const lowering = lowerCall(primitive as unknown as Primitive, accesses, attrs, { inputs: specs, out });
  return { ...out, data: run(lowering, out, inputs) };
}

function run(lowering: Lowering, out: Spec, inputs: readonly HostArray[]): TypedArray {
  const over = lowering.over ?? [];
  const [loopsI, loopsR] = [loops('i', out.shape), loops('r', over)];
  const body = lowering.body(loopsI, loopsR);
  const { op = 'add', axis = 0, reverse = false, exclusive = false, descending = false } = lowering.attrs ?? {};
  const at = (e: Expr, i: readonly number[], r: readonly number[]): number => evaluate(e, i, r, inputs);
  const result = allocate(out.dtype, sizeOf(out.shape));
  const put = (k: number, v: number): void => void (result[k] = store(v, out.dtype));
  const moved = (i: readonly number[], p: number): number[] => i.map((v, d) => (d === axis ? p : v));
  let k = 0;
  switch (lowering.form) {
    case 'map':
      for (const i of indices(out.shape)) put(k++, at(body, i, []));
      break;
    case 'reduce':
      for (const i of indices(out.shape)) {
        let s = identity(op, out.dtype);
        for (const r of indices(over)) s = combine[op](s, at(body, i, r));
        put(k++, s);
      }
      break;
    case 'scan':
      for (const i of indices(out.shape)) {
        const n = out.shape[axis]!;
        let s = identity(op, out.dtype);
        for (let p = 0; p < n; p++) {
          const counts = reverse ? p >= i[axis]! : p <= i[axis]!;
          if (counts && !(exclusive && p === i[axis])) s = combine[op](s, at(body, moved(i, p), []));
        }
        put(k++, s);
      }
      break;
    case 'scatter': {
      const init = lowering.init!(loopsI);
      const index = ravel(lowering.index!(loopsR), out.shape);
      for (const i of indices(out.shape)) put(k++, at(init, i, []));
      for (const r of indices(over)) {
        const to = at(index, [], r);
        if (to < 0 || to >= result.length) continue;
        const v = at(body, [], r);
        put(to, lowering.attrs?.op ? combine[lowering.attrs.op](result[to]!, v) : v);
      }
      break;
    }
    case 'sort':
      for (const i of indices(out.shape)) {
        const keys = Array.from({ length: out.shape[axis]! }, (_, p) => ({ p, v: at(body, moved(i, p), []) }));
        const largestNaN = (a: number, b: number): number =>
          Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : a - b;
        keys.sort((a, b) => (descending ? largestNaN(b.v, a.v) : largestNaN(a.v, b.v)) || a.p - b.p);
        put(k++, keys[i[axis]!]!.p);
      }
      break;
  }
  return result;
}
