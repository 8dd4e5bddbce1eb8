// What follows a product: the outputs of a block whose sums are complete, while they are in a cache.
import { expr, lit, load, loop, replace, bitOf, type Expr, type RowsKernel } from '../../../kernel/index.js';
import { weightOf } from '../cost.js';
import { Scope } from '../evaluate.js';
import { i32, type I32, type Local, type Type } from '../instructions.js';
import type { Func, Module } from '../module.js';
import { head } from '../phase.js';
import type { Frame, Number, Source } from '../point.js';
import { unitsFor, usesOf } from '../rows.js';
import { typeOf } from '../scalar.js';
import { stepOf, sumOf } from '../sums.js';
import { laneOf } from '../vector.js';
import { columnBit, rowBit, type Product } from './form.js';

/** Writes the outputs of rows [i0, i1) and columns [j0, j1); `sums` is where the sum of row 0 and column 0 would be. */
export type Finish = (f: Func, outer: readonly I32[], range: readonly [I32, I32, I32, I32], sums: I32) => void;

/** Whether the only output is the sums themselves. */
export const isPlain = ({ bodies, dtype }: Product): boolean =>
  bodies.length === 1 && bodies[0]!.kind === 'acc' && bodies[0]!.dtype === dtype;

/** Whether four columns can be computed at once, whatever is beside them: all that is read lies side by side, or is one number. */
function sideBySide(roots: readonly Expr[], at: Expr, bit: number): boolean {
  if (stepOf(sumOf(at), bit) !== 1) return false;
  const seen = new Set<Expr>();
  const visit = (e: Expr): boolean => {
    if (seen.has(e)) return true;
    seen.add(e);
    if (e.kind === 'load') return !(e.reads & bit) || stepOf(sumOf(e.at), bit) === 1;
    return e.kind !== 'op' && e.kind !== 'cast' ? true : e.args.every(visit);
  };
  return roots.every(visit);
}

/**
 * The function that finishes blocks. Every function that calls it has the arguments of a phase. A column does not depend on where blocks begin: it is
 * always computed as part of a vector, or never.
 *
 * @param stride  elements from a row of sums to the next
 */
export function finishOf(module: Module, kernel: RowsKernel, product: Product, stride: number): Finish {
  const { outer, m, n, at, bodies, dtype } = product;
  const [inputs, outputs] = [kernel.inputs.length, kernel.outputs.length];
  const numbers = kernel.params.map(typeOf);
  const ints = (count: number): Type[] => Array.from({ length: count }, (): Type => 'i32');
  const params = [...ints(inputs + outputs), ...numbers, ...ints(outer.length + 5)];
  const [row, column] = [loop('i', outer.length, m), loop('i', outer.length + 1, n)];
  const sum = load(inputs, expr('add', expr('mul', row, lit(stride)), column), dtype);
  const values = replace(bodies, (e) => (e.kind === 'acc' ? sum : null));
  const [rows, columns] = [rowBit(product), columnBit(product)];
  const func = module.add({ params, result: 'void' }, (f) => {
    const rest = f.params.slice(inputs + outputs + numbers.length) as Local<'i32'>[];
    const [i0, i1, j0, j1, sums] = rest.slice(outer.length) as unknown as [I32, I32, I32, I32, I32];
    const frame: Frame = {
      f,
      inputs: [...(f.params.slice(0, inputs) as unknown as I32[]), sums],
      params: f.params.slice(inputs + outputs, inputs + outputs + numbers.length) as unknown as Number[],
      stored: new Map(),
      uses: usesOf(values),
    };
    const places = kernel.outputs.map((o, k): Source => {
      const base = f.param<'i32'>(inputs + k);
      return { key: `y${k}`, base, dtype: o.dtype, sum: sumOf(at), at: null };
    });
    let s = Scope.outermost(frame, 0);
    outer.forEach((_, d) => (s = s.inside(bitOf('i', d), rest[d]!)));
    s.hoist(values, rows | columns, 0);
    const [i, j] = [f.local('i32'), f.local('i32')];
    f.for(i, i0, i1, i32.const(1), () => {
      const r = s.inside(rows, i);
      if (!sideBySide(values, at, columns)) {
        r.hoist(values, columns, 0);
        return f.for(j, j0, j1, i32.const(1), () => {
          const t = r.inside(columns, j);
          const held = values.map((e) => f.let(t.number(e)));
          held.forEach((x, k) => t.storeNumber(places[k]!, x));
        });
      }
      r.hoist(values, columns, columns);
      const units = Math.max(1, unitsFor(weightOf(values, -1), n, 4));
      f.set(j, j0);
      for (const count of new Set([units, 1]))
        f.for(j, j, i32.sub(j1, i32.const(4 * count - 1)), i32.const(4 * count), () => {
          const t = r.along(columns, j);
          const all = Array.from({ length: count }, (_, u) => t.moved(columns, 4 * u));
          const held = all.map((p) => values.map((e) => p.vector(e)));
          all.forEach((p, u) => held[u]!.forEach((v, k) => p.storeVector(places[k]!, v)));
        });
      f.if(i32.lt(j, j1), () => {
        const t = r.along(columns, j);
        const held = values.map((e) => t.vector(e));
        for (let lane = 0; lane < 3; lane++)
          f.if(i32.lt(i32.add(j, i32.const(lane)), j1), () => {
            const p = lane ? t.moved(columns, lane) : t;
            held.forEach((v, k) => p.storeNumber(places[k]!, laneOf(v, lane, values[k]!.dtype)));
          });
      });
    });
  });
  return (f, outers, range, sums) =>
    f.do(
      module.call(func, ...f.params.slice(head, head + inputs + outputs + numbers.length), ...outers, ...range, sums),
    );
}
