// Nests of loops around the evaluation of expressions: one by one, or four or more elements of an axis at a time.
import { accBit, type Expr } from '../../kernel/index.js';
import type { Scope } from './evaluate.js';
import { i32, select, type I32, type Local } from './instructions.js';
import { type Axis } from './sums.js';

export const bitsOf = (axes: readonly Axis[]): number => axes.reduce((bits, { bit }) => bits | bit, 0);

/** What the loops around an evaluation need to know of it. */
export interface Around {
  readonly roots: readonly Expr[];
  /** Bits of the loops that are entered, and of the results that are known, further in. */
  readonly later?: number;
  /** Bits of the axis that vectors lie along, if they do. */
  readonly vector?: number;
  /** Bits of what has a value of its own at each move. */
  readonly apart?: number;
}
/** Loops over `axes` around `body`. What the roots need is computed at the outermost place where it is known. */
export function around(s: Scope, axes: readonly Axis[], about: Around, body: (s: Scope) => void): void {
  const [head, ...rest] = axes;
  if (!head) return body(s);
  const { f } = s.frame;
  const { roots, later = 0, vector = 0, apart = 0 } = about;
  s.hoist(roots, bitsOf(axes) | later, vector, apart);
  const variable = f.local('i32');
  f.set(variable, i32.const(0));
  f.loop(variable, i32.const(head.extent), i32.const(1), () => around(s.inside(head.bit, variable), rest, about, body));
}
/** Work that is done after so many iterations of a loop, and after the last one. */
export interface Every {
  readonly iterations: number;
  readonly work: () => void;
}
/**
 * The same with a cut after at most `every.iterations` iterations, as far as the extents allow: after each run of the innermost loops that are long
 * enough together, or inside of the innermost one. `length` is the number of iterations in `body`.
 */
export function aroundInPieces(
  s: Scope,
  axes: readonly Axis[],
  about: Around,
  { every, length }: { readonly every: Every; readonly length: number },
  body: (s: Scope) => void,
): void {
  let short = axes.length;
  for (let n = length; short > 0 && n * axes[short - 1]!.extent <= every.iterations; short--)
    n *= axes[short - 1]!.extent;
  const last = axes.at(-1);
  if (last && short === axes.length && length < every.iterations / 4) {
    const { roots, later = 0, vector = 0, apart = 0 } = about;
    return around(s, axes.slice(0, -1), { ...about, later: later | last.bit }, (t) => {
      const { f } = t.frame;
      t.hoist(roots, last.bit | later, vector, apart);
      const variable = f.local('i32');
      f.set(variable, i32.const(0));
      const iterations = Math.max(1, Math.floor(every.iterations / length));
      inPieces(t, variable, last.extent, 1, { ...every, iterations }, () => body(t.inside(last.bit, variable)));
    });
  }
  const [outer, inner] = [axes.slice(0, short), axes.slice(short)];
  around(s, outer, { ...about, later: (about.later ?? 0) | bitsOf(inner) }, (t) => {
    around(t, inner, about, body);
    every.work();
  });
}

/** What is done with the elements of an axis. */
export interface Work {
  readonly roots: readonly Expr[];
  /** Whether the last elements are read before the others are written, as they overlap and may share memory with what is written. */
  readonly early: boolean;
  /** Computes four elements at each of the moves along the axis; calling the result writes them. `tail`: some have been computed already. */
  vectors(s: Scope, moves: readonly number[], tail: boolean): () => void;
}
/** A part of an axis in whole blocks: calls for parts that follow one another do the same as one call. */
export interface Range {
  readonly from: I32;
  readonly to: I32;
  /** Elements of a block, and blocks: what is left of the axis belongs to the last one. */
  readonly block: number;
  readonly extent: number;
}
interface Options {
  readonly range?: Range;
  /** Vectors in an iteration. */
  readonly units: number;
  /** Bits of what is known further in than this loop. */
  readonly later?: number;
  /** Whether the lanes have results of stages of their own. */
  readonly results?: boolean;
  /** Iterations after which something has to be done; it is done after the last one too. */
  readonly every?: Every | undefined;
}
/**
 * The loop over an axis of at least four elements, in vectors: blocks of `units` vectors, what vectors are left, then the last four elements, which
 * overlap those before.
 */
export function sweep(
  s: Scope,
  { bit, extent }: Axis,
  work: Work,
  { range, units, later = 0, results = false, every }: Options,
): void {
  const { f } = s.frame;
  const step = 4 * units;
  const [whole, ones] = [extent - (extent % step), extent - (extent % 4)];
  s.hoist(work.roots, bit | later, results ? bit | accBit : bit);
  const variable = f.local('i32');
  const moves = Array.from({ length: units }, (_, u) => 4 * u);
  const visit = (at: readonly number[], tail = false): (() => void) =>
    work.vectors(s.along(bit, variable, results), at, tail);
  const last = range ? f.let(i32.eq(range.to, i32.const(range.extent))) : null;
  const ifLast = (then: () => void): void => (last ? f.if(last, then) : then());
  const tail = (): (() => void) => {
    f.set(variable, i32.const(extent - 4));
    return visit([0], true);
  };
  let written: (() => void) | null = null;
  if (ones < extent && work.early) ifLast(() => (written = tail()));
  if (range) {
    const end = i32.mul(range.to, i32.const(range.block));
    const to = f.let(select(i32.const(whole), end, last!));
    f.for(variable, i32.mul(range.from, i32.const(range.block)), to, i32.const(step), () => visit(moves)());
  } else if (whole) {
    f.set(variable, i32.const(0));
    inPieces(s, variable, whole, step, every, () => visit(moves)());
  }
  if (ones > whole || ones < extent)
    ifLast(() => {
      if (ones > whole) {
        f.set(variable, i32.const(whole));
        visit(moves.slice(0, (ones - whole) / 4))();
      }
      if (written) f.set(variable, i32.const(extent - 4));
      if (ones < extent) (written ?? tail())();
    });
  every?.work();
}
function inPieces(
  { frame: { f } }: Scope,
  variable: Local<'i32'>,
  to: number,
  step: number,
  every: Every | undefined,
  body: () => void,
): void {
  if (to === step) return body();
  if (!every || to <= every.iterations * step) return f.loop(variable, i32.const(to), i32.const(step), body);
  const end = f.local('i32');
  f.repeat(
    () => {
      const next = f.let(i32.add(variable, i32.const(every.iterations * step)));
      f.set(end, select(next, i32.const(to), i32.lt(next, i32.const(to))));
      f.loop(variable, end, i32.const(step), body);
      every.work();
    },
    () => i32.lt(variable, i32.const(to)),
  );
}

/** The loop over the whole vectors of an axis from one place to another, which are found out while it runs. */
export function columns(
  s: Scope,
  { bit }: Axis,
  at: { readonly variable: Local<'i32'>; readonly from: I32; readonly to: I32; readonly units: number },
  { roots, vector = bit, apart = 0 }: Around,
  body: (l: Scope, move: number) => void,
): void {
  const { f } = s.frame;
  const { variable, from, to, units } = at;
  s.hoist(roots, vector, vector, apart);
  const loop = (count: number, end: I32): void =>
    f.if(i32.lt(variable, end), () =>
      f.loop(variable, end, i32.const(4 * count), () => {
        const l = s.along(bit, variable, vector !== bit);
        for (let u = 0; u < count; u++) body(l, 4 * u);
      }),
    );
  f.set(variable, from);
  loop(units, f.let(i32.sub(to, i32.const(4 * units - 4))));
  loop(1, to);
}
