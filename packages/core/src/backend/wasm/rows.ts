// Rows kernels whose vectors lie along the rows: the parts of a row follow one another while it is in the cache.
import { dtypes, sizeOf } from '../../base/index.js';
import { accBit, identity, type Expr, type RowsKernel, type Stage } from '../../kernel/index.js';
import { weightOf } from './cost.js';
import { Scope } from './evaluate.js';
import type { Frame, Number, Source } from './point.js';
import { i32, type I32 } from './instructions.js';
import type { Func } from './module.js';
import { around, aroundInPieces, bitsOf, sweep, type Every, type Work } from './nest.js';
import type { Part } from './parts.js';
import { positionOf, type Piece } from './pieces.js';
import { head } from './phase.js';
import { isCut, longest, RunningNumber, RunningVectors } from './running.js';
import { constant } from './scalar.js';
import { axesOf, positionIn, rowBits, type Axes, type Axis } from './sums.js';

/** The arrays and numbers that a phase is given. */
export interface Arguments {
  readonly frame: Frame;
  readonly outputs: readonly I32[];
  readonly from: I32;
  readonly to: I32;
  readonly scratch: I32;
  readonly shared: I32;
}
export function argumentsOf(f: Func, inputs: number, outputs: number, stages: readonly Stage[] = []): Arguments {
  const at = (k: number, n: number): I32[] => f.params.slice(k, k + n) as unknown as I32[];
  const [from, to, scratch, shared] = at(0, head) as [I32, I32, I32, I32];
  return {
    frame: {
      f,
      inputs: at(head, inputs),
      params: f.params.slice(head + inputs + outputs) as unknown as Number[],
      stored: new Map(),
      uses: new Map(),
      stages,
    },
    outputs: at(head + inputs, outputs),
    from,
    to,
    scratch,
    shared,
  };
}
/** How often each expression is read below the roots. */
export function usesOf(roots: readonly Expr[]): ReadonlyMap<Expr, number> {
  const uses = new Map<Expr, number>();
  const visit = (e: Expr): void => {
    const before = uses.get(e) ?? 0;
    uses.set(e, before + 1);
    if (before) return;
    if (e.kind === 'load') visit(e.at);
    else if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
  };
  roots.forEach(visit);
  return uses;
}
/** Vectors in an iteration: the more the less there is to do for each. */
export function unitsFor(weight: number, extent: number, most: number): number {
  let units = weight <= 4 ? 8 : weight <= 10 ? 4 : weight <= 28 ? 2 : 1;
  units = Math.min(units, most);
  while (4 * units > extent) units >>= 1;
  return units;
}

/** A row of memory for values that later parts read. */
interface Kept {
  readonly value: Expr;
  readonly source: Source;
}
/** The loops of one part of a row, with the one that vectors lie along last. */
export interface PartPlan extends Part {
  readonly vector: Axis | null;
  readonly loops: readonly Axis[];
  /** Outputs that are kept values, written by the part that computes them. */
  readonly direct: ReadonlyMap<Expr, number>;
}

/** Writes a phase over the rows from `from` to `to` of the first axis. */
export function emitByRows(
  f: Func,
  kernel: Piece,
  { axes, gone }: Axes,
  parts: readonly PartPlan[],
): { scratch: number } {
  const given = argumentsOf(f, kernel.inputs.length, kernel.outputs.length, kernel.stages);
  const { frame } = given;
  let scratch = 0;
  const row = new Row(kernel, given, axes, (bytes) => {
    const at = scratch;
    scratch += Math.ceil(bytes / 64) * 64;
    return f.let(i32.add(given.scratch, i32.const(at)));
  });
  for (const p of parts) row.place(p);
  const top = Scope.outermost(frame, gone);
  const roots = parts.flatMap((p) => p.roots);
  const body = (s: Scope): void => {
    for (const p of parts) row.part(s, p);
    frame.stored.clear();
  };
  const [first, ...rest] = axes;
  if (!first) body(top);
  else {
    const variable = f.local('i32');
    top.hoist(roots, -1, 0);
    f.for(variable, given.from, given.to, i32.const(1), () =>
      around(top.inside(first.bit, variable), rest, { roots, later: accBit | rowBits }, body),
    );
  }
  return { scratch };
}

class Row {
  private readonly kept = new Map<PartPlan, readonly Kept[]>();
  private readonly written = new Set<number>();
  constructor(
    private readonly kernel: Piece,
    private readonly given: Arguments,
    private readonly axes: readonly Axis[],
    private readonly memory: (bytes: number) => I32,
  ) {}
  private output(k: number, over: readonly Axis[]): Source {
    const { dtype } = this.kernel.outputs[k]!;
    const sum = over.length ? positionIn([...this.axes, ...over]) : positionOf(this.kernel, this.axes);
    return { key: `y${k}`, base: this.given.outputs[k]!, dtype, sum, at: null };
  }
  /** Makes room for what a part keeps. */
  place(part: PartPlan): void {
    const kept = part.keeps.map((value, n): Kept => {
      const direct = part.direct.get(value);
      if (direct !== undefined) {
        this.written.add(direct);
        return { value, source: this.output(direct, axesOf('r', part.over)) };
      }
      const base = this.memory(sizeOf(part.over) * dtypes[value.dtype].bytes);
      const source = {
        key: `k${this.kept.size}.${n}`,
        base,
        dtype: value.dtype,
        sum: positionIn(axesOf('r', part.over)),
        at: null,
      };
      return { value, source };
    });
    this.kept.set(part, kept);
  }
  part(s: Scope, part: PartPlan): void {
    const { frame } = this.given;
    const { f } = frame;
    const { kernel } = this;
    if (sizeOf(part.over) === 0) {
      for (const k of part.stages)
        s.setResult(k, constant(identity(kernel.stages[k]!.op, kernel.stages[k]!.dtype), kernel.stages[k]!.dtype));
      return;
    }
    const outputs = part.outputs.filter((k) => !this.written.has(k));
    if (!part.stages.length && !outputs.length) return;
    frame.uses = usesOf([...part.roots, ...part.keeps]);
    const numbers = part.stages.map((k) => new RunningNumber(f, kernel.stages[k]!.op, kernel.stages[k]!.dtype));
    const targets = outputs.map((k) => ({ body: kernel.outputs[k]!.body, to: this.output(k, part.axes) }));
    const kept = this.kept.get(part)!;
    const bodies = part.stages.map((k) => kernel.stages[k]!.body);
    const one = (at: Scope): void => {
      bodies.forEach((e, n) => numbers[n]!.add(at.number(e)));
      const values = [...targets.map((t) => t.body), ...kept.map((k) => k.value)].map((e) => at.number(e));
      [...targets.map((t) => t.to), ...kept.map((k) => k.source)].forEach((to, n) => at.storeNumber(to, values[n]!));
    };
    const { vector, loops } = part;
    const roots = part.roots;
    if (part.axes.length) s.hoist(roots, rowBits, vector?.bit ?? 0);
    const inside = part.axes.length ? s.without(part.gone) : s;
    if (!vector) around(inside, loops, { roots }, one);
    else this.inVectors(inside, part, vector, { numbers, bodies, targets, kept });
    part.stages.forEach((k, n) => s.setResult(k, numbers[n]!.result()));
    const bits = bitsOf(axesOf('r', part.over));
    for (const { value, source } of kept) frame.stored.set(value, { source, bits });
  }
  private inVectors(
    s: Scope,
    part: PartPlan,
    axis: Axis,
    {
      numbers,
      bodies,
      targets,
      kept,
    }: {
      numbers: readonly RunningNumber[];
      bodies: readonly Expr[];
      targets: readonly { body: Expr; to: Source }[];
      kept: readonly Kept[];
    },
  ): void {
    const { f } = this.given.frame;
    const { extent } = axis;
    const stages = part.stages.map((k) => this.kernel.stages[k]!);
    const weight = weightOf(part.roots, axis.bit, new Set(this.given.frame.stored.keys()));
    const units = unitsFor(weight + stages.length, extent, stages.length ? (stages.length > 1 ? 4 : 8) : 4);
    const running = stages.map((stage) => new RunningVectors(f, stage, units, true));
    for (const r of running) r.start();
    const stores = [...targets.map((t) => [t.body, t.to] as const), ...kept.map((k) => [k.value, k.source] as const)];
    const work: Work = {
      roots: part.roots,
      early: targets.length > 0 || part.direct.size > 0,
      vectors: (l, moves, tail) => {
        const writes = moves.map((move, u) => {
          const at = l.moved(axis.bit, move);
          bodies.forEach((e, n) => {
            if (tail) running[n]!.addFrom(u, at.vector(e), 4 - (extent % 4));
            else running[n]!.addValue(u, at, e);
          });
          const values = stores.map(([e]) => at.vector(e));
          const write = (): void => stores.forEach(([, to], n) => at.storeVector(to, values[n]!));
          if (!tail) write();
          return write;
        });
        return tail ? writes[0]! : () => {};
      },
    };
    const terms = (sizeOf(part.over) / extent) * Math.ceil(extent / (4 * units));
    const cut = stages.map((stage) => isCut(stage, terms));
    const every: Every | undefined = cut.some(Boolean)
      ? {
          iterations: longest,
          work: () =>
            running.forEach((r, n) => {
              if (!cut[n]) return;
              r.collect(numbers[n]!);
              r.start();
            }),
        }
      : undefined;
    const about = { roots: part.roots, vector: axis.bit, later: axis.bit };
    const length = Math.ceil(extent / (4 * units));
    if (every && length <= longest)
      aroundInPieces(s, part.loops, about, { every, length }, (t) => sweep(t, axis, work, { units }));
    else around(s, part.loops, about, (t) => sweep(t, axis, work, { units, every }));
    running.forEach((r, n) => {
      if (!cut[n]) r.collect(numbers[n]!);
    });
  }
}

/** Of the values that part number `k` keeps, those that are outputs and may be written as such: nothing reads the memory that they take later on. */
export function directOutputs(kernel: RowsKernel, parts: readonly Part[], k: number): ReadonlyMap<Expr, number> {
  const direct = new Map<Expr, number>();
  const kept = new Set(parts.slice(0, k + 1).flatMap((p) => p.keeps));
  const part = parts[k]!;
  for (const e of part.keeps) {
    const output = kernel.outputs.findIndex(
      (o) => o.body === e && o.dtype === e.dtype && o.over.join() === part.over.join(),
    );
    if (output < 0) continue;
    const read = new Set<number>();
    const seen = new Set<Expr>();
    const visit = (x: Expr): void => {
      if (seen.has(x) || kept.has(x)) return;
      seen.add(x);
      if (x.kind === 'load') {
        read.add(x.input);
        visit(x.at);
      } else if (x.kind === 'op' || x.kind === 'cast') x.args.forEach(visit);
    };
    parts.slice(k + 1).forEach((p) => [...p.roots, ...p.keeps.filter((y) => !kept.has(y))].forEach(visit));
    if (kernel.outputs[output]!.replaces.every((input) => !read.has(input))) direct.set(e, output);
  }
  return direct;
}
