// Few rows that are long: each stage is reduced in pieces by a dispatch of its own, and the pieces' results are brought together where they are read.
import { sizeOf, type Shape } from '../../base/index.js';
import {
  acc,
  expr,
  identity,
  lit,
  load,
  loop,
  loops,
  ravel,
  replace,
  unravel,
  type Expr,
  type RowsKernel,
  type Stage,
} from '../../kernel/index.js';
import type { Place } from './place.js';

/** A kernel and the arrays that its outputs go to. */
export interface Part {
  readonly kernel: RowsKernel;
  readonly targets: readonly number[];
}
/** A loop of the kernel becomes `at(its axis)`; those of the rows stay. */
const inner = (e: Expr, at: (axis: number) => Expr): Expr =>
  replace([e], (x) => (x.kind === 'loop' ? (x.over === 'r' ? at(x.axis) : loop('i', x.axis, x.extent)) : null))[0]!;

/**
 * A rows kernel as several: one for each stage whose rows are long, with `pieces` of every row, and one for the outputs.
 *
 */
export function splitRows(kernel: RowsKernel, pieces: number, place: Place): Part[] {
  const { shape } = kernel;
  const rows = sizeOf(shape);
  const parts: Part[] = [];
  let stages: readonly Stage[] = [];
  kernel.stages.forEach((stage) => {
    const { op, dtype, over } = stage;
    const size = sizeOf(over);
    if (size < 2 * pieces) {
      stages = [...stages, stage];
      return;
    }
    const length = Math.ceil(size / pieces);
    const piece = loop('i', shape.length, pieces);
    const at = expr('add', expr('mul', piece, lit(length)), loop('r', 0, length));
    // the last piece may be shorter: it reads its end again, and leaves it out
    const within = expr('min', at, lit(size - 1));
    const places = unravel(length * pieces === size ? at : within, over);
    const value = inner(stage.body, (axis) => places[axis]!);
    const body =
      length * pieces === size
        ? value
        : expr('where', expr('lt', at, lit(size)), value, lit(identity(op, dtype), dtype));
    const totals = place.take(rows * pieces, dtype);
    const made = partial(kernel, [...shape, pieces], [...stages, { op, dtype, over: [length], body }]);
    parts.push({ kernel: made, targets: [totals] });
    const own = expr('add', expr('mul', ravel(loops('i', shape), shape), lit(pieces)), loop('r', 0, pieces));
    stages = [...stages, { op, dtype, over: [pieces], body: load(totals, own, dtype) }];
  });
  const cut = cutOutputs(kernel, pieces);
  parts.push({
    kernel: { ...kernel, ...cut, stages },
    targets: kernel.outputs.map((_, k) => place.output(k)),
  });
  return parts;
}
/** A kernel whose output is the result of its last stage. */
function partial(kernel: RowsKernel, shape: Shape, stages: readonly Stage[]): RowsKernel {
  const { dtype } = stages.at(-1)!;
  const body: Expr = acc(stages.length - 1, dtype);
  return { ...kernel, shape, stages, outputs: [{ dtype, over: [], body, replaces: [] }] };
}
/** Outputs over one long loop, cut so that their pieces are rows; null where that does not come out even. */
function cutOutputs(kernel: RowsKernel, pieces: number): Pick<RowsKernel, 'shape' | 'outputs'> | null {
  const size = kernel.outputs[0]?.over[0] ?? 0;
  if (kernel.outputs.some((o) => o.over.length !== 1 || o.over[0] !== size)) return null;
  let count = Math.min(pieces, size);
  while (count > 1 && size % count) count--;
  if (count < 2) return null;
  const { shape } = kernel;
  const at = expr('add', expr('mul', loop('i', shape.length, count), lit(size / count)), loop('r', 0, size / count));
  return {
    shape: [...shape, count],
    outputs: kernel.outputs.map((o) => ({ ...o, over: [size / count], body: inner(o.body, () => at) })),
  };
}
