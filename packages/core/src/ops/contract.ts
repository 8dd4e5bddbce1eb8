// Contractions of two arrays: dot over named axes, matmul, einsum.
import { broadcastShapes, describe, normalizeAxis, range, ShapeError, ValueError } from '../base/index.js';
import { expr, type Expr } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { commonType, expandTo, sumOver, toTensor, toType, type Operand } from './define.js';
import { diagonal } from './joining.js';
import { permute, squeeze, unsqueeze } from './movement.js';

interface DotAttrs {
  /** Axes of a and of b that are summed over, pair by pair. */
  readonly contract: readonly [readonly number[], readonly number[]];
  /** Axes of a and of b that go side by side; they come first in the result. */
  readonly batch: readonly [readonly number[], readonly number[]];
}
const freeAxes = (rank: number, used: readonly number[]): number[] => range(rank).filter((d) => !used.includes(d));

/** The record of `dot`: the result has the batch axes, then what is left of a, then what is left of b. */
export const dotPrimitive: Primitive<DotAttrs> = {
  name: 'dot',
  domain: 'real',
  keep: { reads: [[1], [0]] },
  samples: [
    {
      shapes: [
        [2, 3],
        [3, 4],
      ],
      attrs: { contract: [[1], [0]], batch: [[], []] },
    },
    {
      shapes: [
        [2, 3, 4],
        [4, 2, 5],
      ],
      attrs: { contract: [[2], [0]], batch: [[0], [1]] },
    },
    {
      shapes: [
        [2, 3],
        [3, 2],
      ],
      attrs: {
        contract: [
          [0, 1],
          [1, 0],
        ],
        batch: [[], []],
      },
    },
  ],
  infer: ([a, b], { contract, batch }) => ({
    shape: [
      ...batch[0].map((d) => a!.shape[d]!),
      ...freeAxes(a!.shape.length, [...contract[0], ...batch[0]]).map((d) => a!.shape[d]!),
      ...freeAxes(b!.shape.length, [...contract[1], ...batch[1]]).map((d) => b!.shape[d]!),
    ],
    dtype: a!.dtype,
  }),
  lower: ([a, b], { contract, batch }, { inputs: [s, t] }) => {
    const freeA = freeAxes(s!.shape.length, [...contract[0], ...batch[0]]);
    const freeB = freeAxes(t!.shape.length, [...contract[1], ...batch[1]]);
    const nb = batch[0].length;
    const sizes = (axes: readonly number[], of: readonly number[]): number[] => axes.map((d) => of[d]!);
    const index =
      (side: 0 | 1, rank: number, free: readonly number[]) =>
      (b: readonly Expr[], i: readonly Expr[], r: readonly Expr[]): Expr[] =>
        range(rank).map((d) => {
          if (contract[side].includes(d)) return r[contract[side].indexOf(d)]!;
          return batch[side].includes(d) ? b[batch[side].indexOf(d)]! : i[free.indexOf(d)]!;
        });
    const [atA, atB] = [index(0, s!.shape.length, freeA), index(1, t!.shape.length, freeB)];
    return {
      form: 'reduce',
      attrs: { op: 'add' },
      over: sizes(contract[0], s!.shape),
      body: (i, r) => {
        const [both, m, n] = [i.slice(0, nb), i.slice(nb, nb + freeA.length), i.slice(nb + freeA.length)];
        return expr('mul', a!(atA(both, m, r)), b!(atB(both, n, r)));
      },
      contraction: {
        batch: sizes(batch[0], s!.shape),
        m: sizes(freeA, s!.shape),
        n: sizes(freeB, t!.shape),
        k: sizes(contract[0], s!.shape),
        a: { shape: s!.shape, value: a!, at: atA },
        b: { shape: t!.shape, value: b!, at: atB },
        at: (both, m, n) => [...both, ...m, ...n],
      },
    };
  },
  vjp: (g, { inputs, attrs }, k) => {
    const other = k === 0 ? 1 : 0;
    const [contract, batch] = [attrs.contract, attrs.batch];
    const rank = inputs[k]!.ndim;
    const nb = batch[0].length;
    const freeMine = freeAxes(rank, [...contract[k as 0 | 1], ...batch[k as 0 | 1]]);
    const freeOther = freeAxes(inputs[other]!.ndim, [...contract[other], ...batch[other]]);
    const firstOther = nb + (k === 0 ? freeMine.length : 0);
    // g has (batch, free of a, free of b): its part of the other side is summed away.
    const d = apply(dotPrimitive, [g, inputs[other]!], {
      contract: [freeOther.map((_, j) => firstOther + j), freeOther],
      batch: [range(nb), batch[other]],
    });
    // d has (batch, my free axes, the other's contracted axes in order): each goes back to its place.
    const otherContracted = freeAxes(inputs[other]!.ndim, [...freeOther, ...batch[other]]);
    const place = range(rank).map((axis) => {
      const c = contract[k as 0 | 1].indexOf(axis);
      if (c >= 0) return nb + freeMine.length + otherContracted.indexOf(contract[other][c]!);
      const at = batch[k as 0 | 1].indexOf(axis);
      return at >= 0 ? at : nb + freeMine.indexOf(axis);
    });
    return permute(d, place);
  },
};

export interface DotOptions {
  readonly contract: readonly [readonly number[], readonly number[]];
  readonly batch?: readonly [readonly number[], readonly number[]];
}
/**
 * Sum of products over pairs of axes.
 *
 * @param contract  axes of a, and the axes of b that they meet
 * @param batch     axes of a and of b that go side by side and come first in the result
 * @returns  batch axes, then the other axes of a, then the other axes of b
 * @throws ShapeError  "dot: axis 1 of f32[2,3] and axis 0 of f32[4,5] differ in size"
 */
export function dot(a: Operand, b: Operand, { contract, batch = [[], []] }: DotOptions): Tensor {
  const type = commonType('dot', [a, b]);
  const [x, y] = [toType(a, type === 'bool' ? 'i32' : type), toType(b, type === 'bool' ? 'i32' : type)];
  const sides = (pair: readonly [readonly number[], readonly number[]]) =>
    [pair[0].map((d) => normalizeAxis('dot', d, x.ndim)), pair[1].map((d) => normalizeAxis('dot', d, y.ndim))] as const;
  const [c, n] = [sides(contract), sides(batch)];
  for (const [p, q] of [c, n]) {
    if (p.length !== q.length)
      throw new ShapeError(`dot: axes [${p}] of ${describe(x.spec)} and [${q}] of ${describe(y.spec)} do not pair up`);
    p.forEach((d, k) => {
      if (x.shape[d] !== y.shape[q[k]!])
        throw new ShapeError(
          `dot: axis ${d} of ${describe(x.spec)} and axis ${q[k]} of ${describe(y.spec)} differ in size`,
        );
    });
  }
  return apply(dotPrimitive, [x, y], { contract: c, batch: n });
}

/**
 * Matrix product by NumPy's rules: the last axis of a meets the second last of b, leading axes broadcast, vectors are rows or columns.
 *
 * @throws ShapeError  "matmul: inner sizes differ, f32[2,3] @ f32[4,5] (3 and 4)"
 * @example
 * matmul(tensor([[1, 2]]), tensor([[3], [4]])) // => [[11]]
 */
export function matmul(a: Operand, b: Operand): Tensor {
  const [x, y] = [toTensor(a), toTensor(b)];
  if (!x.ndim || !y.ndim)
    throw new ShapeError(
      `matmul: expected arrays of one or more axes, received ${describe(x.spec)} and ${describe(y.spec)}. Use mul for numbers`,
    );
  const inner = [x.shape.at(-1)!, y.shape.at(y.ndim === 1 ? -1 : -2)!];
  if (inner[0] !== inner[1])
    throw new ShapeError(
      `matmul: inner sizes differ, ${describe(x.spec)} @ ${describe(y.spec)} (${inner[0]} and ${inner[1]})`,
    );
  if (x.ndim === 1) return y.ndim === 1 ? dot(x, y, { contract: [[0], [0]] }) : squeeze(matmul(unsqueeze(x, 0), y), -2);
  if (y.ndim === 1) return dot(x, y, { contract: [[-1], [0]] });
  if (y.ndim === 2) return dot(x, y, { contract: [[-1], [0]] });
  const lead = broadcastShapes('matmul', x.shape.slice(0, -2), y.shape.slice(0, -2));
  const n = lead.length;
  const wide = (t: Tensor): Tensor => expandTo(t, [...lead, ...t.shape.slice(-2)]);
  return dot(wide(x), wide(y), { contract: [[n + 1], [n]], batch: [range(n), range(n)] });
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Splits `ij,jk->ik` into labels for each operand; `...` becomes labels of its own. */
function parse(equation: string, ranks: readonly number[]): { inputs: string[][]; output: string[] } {
  const text = equation.replaceAll(' ', '');
  const [left, right, ...more] = text.split('->');
  if (more.length) throw new ValueError(`einsum: "${equation}" has more than one "->"`);
  const terms = left!.split(',');
  if (terms.length !== ranks.length)
    throw new ValueError(`einsum: "${equation}" names ${terms.length} operands, received ${ranks.length}`);
  const dots = Math.max(0, ...terms.map((t, k) => (t.includes('...') ? ranks[k]! - (t.length - 3) : 0)));
  const spare = letters
    .split('')
    .filter((c) => !text.includes(c))
    .slice(0, dots)
    .map((c) => `.${c}`);
  const labels = (term: string, rank: number | null): string[] => {
    const [before, after, extra] = term.split('...');
    if (extra !== undefined || /[^a-zA-Z]/.test(before! + (after ?? '')))
      throw new ValueError(`einsum: "${term}" in "${equation}" is not a list of letters`);
    if (after === undefined) return before!.split('');
    const n = rank === null ? dots : rank - before!.length - after.length;
    return [...before!.split(''), ...(n > 0 ? spare.slice(-n) : []), ...after.split('')];
  };
  const inputs = terms.map((t, k) => {
    const names = labels(t, ranks[k]!);
    if (names.length !== ranks[k])
      throw new ShapeError(`einsum: "${t}" in "${equation}" has ${names.length} axes, operand ${k} has ${ranks[k]}`);
    return names;
  });
  if (right !== undefined) return { inputs, output: labels(right, null) };
  const all = inputs.flat();
  const once = [...new Set(all)].filter((c) => !c.startsWith('.') && all.filter((d) => d === c).length === 1).sort();
  return { inputs, output: [...spare, ...once] };
}

interface Labelled {
  readonly x: Tensor;
  readonly names: readonly string[];
}
/** A label has one size in all operands, or 1, which broadcasts. */
function checkSizes(equation: string, terms: readonly Labelled[]): void {
  const sizes = new Map<string, number>();
  for (const { x, names } of terms) {
    for (const [d, c] of names.entries()) {
      const known = sizes.get(c) ?? 1;
      const size = x.shape[d]!;
      if (known !== size && known !== 1 && size !== 1)
        throw new ShapeError(`einsum: label "${c}" of "${equation}" has the sizes ${known} and ${size}`);
      sizes.set(c, known === 1 ? size : known);
    }
  }
}
/** Repeated labels of one operand become its diagonal. */
function diagonals({ x, names }: Labelled): Labelled {
  const twice = names.findIndex((c, d) => names.indexOf(c) !== d);
  if (twice < 0) return { x, names };
  const first = names.indexOf(names[twice]!);
  const rest = names.filter((_, d) => d !== twice && d !== first);
  return diagonals({ x: diagonal(x, { axes: [first, twice] }), names: [...rest, names[twice]!] });
}
/** Axes that nobody else needs are summed away. */
function reduceUnused({ x, names }: Labelled, needed: ReadonlySet<string>): Labelled {
  const gone = range(names.length).filter((d) => !needed.has(names[d]!));
  return gone.length ? { x: sumOver(x, gone), names: names.filter((c) => needed.has(c)) } : { x, names };
}
/** Two operands become one: shared labels that are still needed go side by side, the others are summed. */
function pair(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const shared = a.names.filter((c) => b.names.includes(c));
  const sized = shared.filter((c) => a.x.shape[a.names.indexOf(c)] === b.x.shape[b.names.indexOf(c)]);
  if (sized.length < shared.length) {
    // A size of 1 broadcasts against the other operand.
    const drop = (t: Labelled): Labelled => {
      const ones = range(t.names.length).filter(
        (d) => shared.includes(t.names[d]!) && !sized.includes(t.names[d]!) && t.x.shape[d] === 1,
      );
      return ones.length ? { x: squeeze(t.x, ones), names: t.names.filter((_, d) => !ones.includes(d)) } : t;
    };
    return pair(drop(a), drop(b), needed);
  }
  const batch = shared.filter((c) => needed.has(c));
  const summed = shared.filter((c) => !needed.has(c));
  const axes = (t: Labelled, list: readonly string[]): number[] => list.map((c) => t.names.indexOf(c));
  const x = dot(a.x, b.x, { contract: [axes(a, summed), axes(b, summed)], batch: [axes(a, batch), axes(b, batch)] });
  const free = (t: Labelled): string[] => t.names.filter((c) => !shared.includes(c));
  return { x, names: [...batch, ...free(a), ...free(b)] };
}
/**
 * Einstein summation: labels that are not in the output are summed over. `...` stands for any leading axes.
 *
 * @param equation  'ij,jk->ik'; without '->' the labels that appear once, in alphabetical order
 * @throws ValueError  "einsum: "ij" names 1 operands, received 2"
 * @example
 * einsum('i,i->', tensor([1, 2]), tensor([3, 4])) // => 11
 */
export function einsum(equation: string, ...xs: readonly Operand[]): Tensor {
  const type = commonType('einsum', xs);
  const ts = xs.map((x) => toType(x, type === 'bool' ? 'i32' : type));
  const { inputs, output } = parse(
    equation,
    ts.map((t) => t.ndim),
  );
  const known = new Set(inputs.flat());
  const unknown = output.find((c) => !known.has(c));
  if (unknown) throw new ValueError(`einsum: output label "${unknown}" of "${equation}" is in no operand`);
  const named = ts.map((x, k) => ({ x, names: inputs[k]! }));
  checkSizes(equation, named);
  const terms = named.map(diagonals);
  const result = terms.slice(1).reduce((left, right, k) => {
    const later = new Set([...output, ...terms.slice(k + 2).flatMap((t) => t.names)]);
    const needed = (other: Labelled): ReadonlySet<string> => new Set([...later, ...other.names]);
    return pair(reduceUnused(left, needed(right)), reduceUnused(right, needed(left)), later);
  }, terms[0]!);
  const { x, names } = reduceUnused(result, new Set(output));
  return permute(
    x,
    output.map((c) => names.indexOf(c)),
  );
}
