// Maps whose inputs lie along another axis than the output does: squares of 4 by 4 are read along the one, turned, and written along the other.
import { dtypes } from '../../base/index.js';
import {
  bitOf,
  everyExpr,
  expr,
  linear,
  lit,
  loop,
  loops,
  loopsOf,
  ravel,
  substitute,
  type Expr,
} from '../../kernel/index.js';
import { vectorisable } from './evaluate.js';
import { transpose } from './gemm.js';
import { i32, v128 } from './instructions.js';
import type { Func } from './module.js';
import { axes, Loops } from './nest.js';
import { storeScalar } from './scalar.js';
import type { Kernel } from './plain-kernel.js';

/** The axis that the inputs lie along, when that is another one than the last and turning squares gains from it. */
export function readingAxis({ shape, dtype }: Kernel, body: Expr): number | null {
  const rank = shape.length;
  const every = everyExpr([body]);
  const wide = every.every((e) => e.kind !== 'load' || dtypes[e.dtype].bytes === 4);
  if (rank < 2 || shape[rank - 1]! < 4 || dtypes[dtype].bytes !== 4 || !wide) return null;
  const steps = (axis: number): (number | null)[] =>
    every.flatMap((e) => {
      const bit = bitOf('i', axis);
      return e.kind === 'load' && loopsOf(e) & bit ? [linear(e.at, bit)?.stride ?? null] : [];
    });
  const along = steps(rank - 1);
  if (!along.length || along.includes(1) || along.includes(null)) return null;
  for (let axis = rank - 2; axis >= 0; axis--) {
    const other = steps(axis);
    if (
      shape[axis]! >= 4 &&
      other.length &&
      other.every((s) => s === 1) &&
      vectorisable([body], every, bitOf('i', axis))
    )
      return axis;
  }
  return null;
}

/** The map of `body`, read along the axis `t`. */
export function emitTransposed(f: Func, kernel: Kernel, body: Expr, t: number): void {
  const { shape, dtype } = kernel;
  const rank = shape.length;
  const [last, across] = [shape[rank - 1]!, shape[t]!];
  const all = axes('i', shape);
  const nest = new Loops(
    f,
    kernel,
    [...all.filter((_, d) => d !== t && d !== rank - 1), all[rank - 1]!, all[t]!],
    bitOf('i', t),
  );
  const { evaluate } = nest;
  const squares = last % 16 === 0 ? 4 : 1;
  const [wholeLast, wholeAcross] = [last - (last % (4 * squares)), across - (across % 4)];
  const at = ravel(loops('i', shape), shape);
  const columns = Array.from({ length: 4 * squares }, (_, q) => {
    const [shifted] = substitute([body], (over, axis) => {
      const variable = loop(over, axis, shape[axis]!);
      return axis === rank - 1 ? expr('add', variable, lit(q)) : variable;
    });
    return { vector: evaluate.vector(shifted!, 0), single: evaluate.scalar(shifted!, 'rest') };
  });
  const [places, place, value] = [
    evaluate.outputs(at, dtype),
    evaluate.output(at, dtype, 'rest'),
    evaluate.scalar(body, 'rest'),
  ];
  const row = 4 * linear(at, bitOf('i', t))!.stride;
  evaluate.enter(0, 'rest');
  nest.around(0, rank - 2, 'rest', () => {
    nest.axis(rank - 2, 0, wholeLast, 4 * squares, 'rest', () => {
      nest.axis(rank - 1, 0, wholeAcross, 4, 'whole', () => {
        const address = f.let(places());
        for (let s = 0; s < squares; s++) {
          const four = columns.slice(4 * s, 4 * s + 4).map((c) => c.vector());
          transpose(f, four).forEach((v, d) => f.do(v128.store(i32.add(address, i32.const(d * row)), v, 16 * s)));
        }
      });
      if (wholeAcross < across)
        nest.axis(rank - 1, wholeAcross, across, 1, 'rest', () =>
          columns.forEach((c, q) => f.do(storeScalar(i32.add(place(), i32.const(4 * q)), c.single(), dtype))),
        );
    });
    if (wholeLast < last)
      nest.axis(rank - 2, wholeLast, last, 1, 'rest', () =>
        nest.axis(rank - 1, 0, across, 1, 'rest', () => f.do(storeScalar(place(), value(), dtype))),
      );
  });
}
