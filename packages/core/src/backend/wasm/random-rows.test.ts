// Random rows kernels against the CPU: several stages and outputs, any strides, all dtypes, special values, results in the memory of inputs.
import { expect, it } from 'vitest';
import { allocate, isFloat, sizeOf, type DType, type Shape, type TypedArray } from '../../base/index.js';
import {
  acc,
  cast,
  expr,
  lit,
  load,
  loops,
  printKernel,
  ravel,
  type Expr,
  type Output,
  type RowsKernel,
  type ScalarOp,
  type Stage,
} from '../../kernel/index.js';
import { distance } from '../../testing/distance.js';
import { seeded } from '../../testing/draw.js';
import type { Backend } from '../backend.js';
import { cpu } from '../cpu/cpu.js';
import { engine } from './engine.js';
import { createWasm } from './wasm.js';

const extents = [1, 2, 3, 4, 5, 7, 8, 12, 16, 17, 33, 64, 130];
const empty = 0.01;
interface Case {
  readonly kernel: RowsKernel;
  readonly arrays: readonly TypedArray[];
}
/** Draws of one case. */
class Draw {
  readonly random: () => number;
  constructor(seed: number) {
    this.random = seeded(seed);
  }
  whole(n: number): number {
    return Math.floor(this.random() * n);
  }
  of<T>(list: readonly T[]): T {
    return list[this.whole(list.length)]!;
  }
  maybe(chance: number): boolean {
    return this.random() < chance;
  }
  shape(most: number): Shape {
    for (;;) {
      const shape = Array.from({ length: this.whole(3) }, () => (this.maybe(empty) ? 0 : this.of(extents)));
      if (sizeOf(shape) <= most) return shape;
    }
  }
}
const floatOps: ScalarOp[] = ['add', 'sub', 'mul', 'add', 'mul', 'max', 'min'];
const intOps: ScalarOp[] = ['add', 'sub', 'mul', 'max', 'min', 'and', 'or', 'xor'];

function draw(seed: number): Case {
  const d = new Draw(seed);
  const dtype = d.of(['f32', 'f32', 'f32', 'f64', 'i32', 'u32', 'u8'] as const);
  // Wide arrays whose columns are reduced, or any.
  const wide = d.maybe(0.1);
  const shape = wide ? [...(d.maybe(0.3) ? [2] : []), d.of([64, 66, 131, 200])] : d.shape(2000);
  const over = [wide ? [d.of([16, 17, 35, 300])] : d.shape(300), d.maybe(0.2) ? d.shape(40) : []];
  const inputs: DType[] = [];
  const arrays: TypedArray[] = [];
  const special = isFloat(dtype) && d.maybe(0.2) ? [NaN, Infinity, -Infinity, -0] : null;
  const values = (kind: DType, size: number): TypedArray =>
    allocate(kind, size).map(() => {
      if (special && isFloat(kind) && d.maybe(0.02)) return d.of(special);
      return isFloat(kind) ? 4 * d.random() - 2 : kind === 'bool' ? d.whole(2) : d.whole(200);
    });
  /** An array that is read along some of the loops, in any order and direction, from anywhere. */
  const array = (kind: DType, r: Shape): Expr => {
    const all = [
      ...shape.map((n, k) => [n, loops('i', shape)[k]!] as const),
      ...r.map((n, k) => [n, loops('r', r)[k]!] as const),
    ];
    const whole = wide || d.maybe(0.6);
    const used = all.filter(() => whole || d.maybe(0.6));
    if (wide && d.maybe(0.9)) used.push(...used.splice(shape.length - 1, 1));
    else if (d.maybe(0.2)) used.reverse();
    const [stretch, offset] = [!wide && d.maybe(0.2) ? 2 : 1, d.maybe(0.2) ? 3 : 0];
    const sizes = used.map(([n]) => n * stretch);
    const index = used.map(([n, e]) => {
      if (!wide && d.maybe(0.1)) return expr('mul', expr('sub', lit(n - 1), e), lit(stretch));
      if (!wide && d.maybe(0.05))
        return expr('max', lit(0), expr('min', expr('add', e, lit(-2)), lit(n - 3 > 0 ? n - 3 : 0)));
      return expr('mul', e, lit(stretch));
    });
    const slot = inputs.push(kind) - 1;
    arrays.push(values(kind, sizeOf(sizes) + offset));
    return load(slot, expr('add', ravel(index, sizes), lit(offset)), kind);
  };
  const known: Expr[] = [];
  const made = new Map<Shape, Expr[]>();
  /** An expression; sometimes one that is there already. */
  const value = (r: Shape, depth: number): Expr => {
    const before = made.get(r) ?? made.set(r, []).get(r)!;
    if (before.length && d.maybe(0.15)) return d.of(before);
    const e = fresh(r, depth);
    before.push(e);
    return e;
  };
  const fresh = (r: Shape, depth: number): Expr => {
    if (depth === 0 || d.maybe(0.15)) {
      const choice = d.random();
      if (choice < 0.3 && known.length) return d.of(known);
      if (choice < 0.4) return lit(isFloat(dtype) ? 0.5 : 3, dtype);
      if (choice < 0.45) {
        const kind = d.of(['f32', 'f64', 'i32', 'u8', 'bool'] as const);
        return cast(array(kind, r), dtype);
      }
      if (choice < 0.5) {
        const all = [...loops('i', shape), ...loops('r', r)];
        if (all.length) return cast(d.of(all), dtype);
      }
      return array(dtype, r);
    }
    const [a, b] = [value(r, depth - 1), value(r, depth - 1)];
    if (isFloat(dtype) && d.maybe(0.3)) {
      const op = d.of(['exp', 'tanh', 'sqrt', 'div', 'neg', 'abs'] as const);
      if (op === 'sqrt') return expr('sqrt', expr('abs', a));
      if (op === 'exp') return expr('exp', expr('min', a, lit(2, dtype)));
      return op === 'div' ? expr('div', a, expr('add', expr('abs', b), lit(1, dtype))) : expr(op, a);
    }
    if (d.maybe(0.1)) return expr('where', expr('lt', array(dtype, r), array(dtype, r)), a, b);
    return expr(d.of(isFloat(dtype) ? floatOps : intOps), a, b);
  };
  const stages: Stage[] = [];
  for (let k = d.whole(4); k > 0; k--) {
    const r = d.of(over);
    const body = value(r, d.whole(4));
    const op = d.of(isFloat(dtype) ? (['add', 'add', 'max', 'min'] as const) : (['add', 'mul', 'max', 'min'] as const));
    stages.push({ op, dtype, over: r, body });
    const result = acc(stages.length - 1, dtype);
    // results are brought back to the size of the inputs
    known.push(isFloat(dtype) ? expr('tanh', result) : result);
  }
  const outputs: Output[] = [];
  for (let k = 1 + d.whole(3); k > 0; k--) {
    const r = d.maybe(0.5) ? [] : d.of(over);
    outputs.push({ dtype, over: r, body: value(r, d.whole(4)), replaces: [] });
  }
  // One result may take the memory of an input that is read at the written element alone.
  const own = [...shape, ...outputs[0]!.over];
  if (d.maybe(0.4)) {
    const at = ravel([...loops('i', shape), ...loops('r', outputs[0]!.over)], own);
    const slot = inputs.push(dtype) - 1;
    arrays.push(values(dtype, sizeOf(own)));
    const read = load(slot, at, dtype);
    outputs[0] = { ...outputs[0]!, body: expr('add', outputs[0]!.body, read), replaces: [slot] };
    if (d.maybe(0.5)) outputs.push({ ...outputs[0]!, body: expr('mul', read, read), replaces: [] });
    if (d.maybe(0.5) && own.length === shape.length + over[0]!.length && outputs[0].over === over[0])
      stages.push({ op: 'add', dtype, over: over[0]!, body: expr('mul', read, read) });
  }
  return { kernel: { name: `${seed}`, form: 'rows', inputs, params: [], shape, stages, outputs }, arrays };
}
/** The outputs of a kernel on a device; those that may take an input's memory do. */
function run(device: Backend, { kernel, arrays }: Case): TypedArray[] {
  const inputs = arrays.map((x, k) => {
    const buffer = device.alloc(x.length, kernel.inputs[k]!);
    device.write(buffer, x);
    return buffer;
  });
  const outputs = kernel.outputs.map(({ dtype, over, replaces: [slot] }) =>
    slot === undefined ? device.alloc(sizeOf([...kernel.shape, ...over]), dtype) : inputs[slot]!,
  );
  device.compile(kernel).run(inputs, outputs, []);
  const results = outputs.map((b) => device.readSync!(b));
  for (const b of new Set([...inputs, ...outputs])) device.free(b);
  return results;
}
const devices = [
  ['relaxed instructions', createWasm({ maximumPages: 8192 })],
  ['none', createWasm({ maximumPages: 8192, engine: { ...engine(), madd: false } })],
] as const;
it.each(devices)('random rows kernels give what the CPU gives, with %s', (_, wasm) => {
  for (let seed = 0; seed < 600; seed++) {
    const c = draw(seed);
    const [right, got] = [run(cpu, c), run(wasm, c)];
    const limit = c.kernel.outputs[0]!.dtype === 'f32' ? 2e-4 : isFloat(c.kernel.outputs[0]!.dtype) ? 1e-6 : 0;
    right.forEach((v, k) =>
      expect(distance(got[k]!, v), `output ${k} of ${printKernel(c.kernel)}`).toBeLessThanOrEqual(limit),
    );
  }
});
