// Inputs that are not contiguous: a smaller, larger or turned array, and the movement that makes the wanted one of it.
import { range, type Shape } from '../base/index.js';
import type { Tensor } from '../graph/tensor.js';
import { expand, flip, permute, slice } from '../ops/index.js';
import type { Draw } from './draw.js';
import { indices, type HostArray } from './interpret.js';

interface Movement {
  /** Shape before. */
  readonly from: Shape;
  /** Where an element of the result comes from. */
  source(index: readonly number[]): readonly number[];
  move(x: Tensor): Tensor;
}

const moves: readonly ((d: Draw, to: Shape) => Movement)[] = [
  (d, to) => {
    const perm = range(to.length);
    for (let k = perm.length - 1; k > 0; k--) {
      const j = d.int(0, k);
      [perm[k], perm[j]] = [perm[j]!, perm[k]!];
    }
    const inverse = perm.map((_, k) => perm.indexOf(k));
    return {
      from: inverse.map((k) => to[k]!),
      source: (i) => inverse.map((k) => i[k]!),
      move: (x) => permute(x, perm),
    };
  },
  (d, to) => {
    const axes = range(to.length).filter(() => d.int(0, 1) === 1);
    return {
      from: to,
      source: (i) => i.map((v, k) => (axes.includes(k) ? to[k]! - 1 - v : v)),
      move: (x) => flip(x, axes),
    };
  },
  (d, to) => {
    const parts = to.map((n) => ({ n, step: d.int(1, 2), start: d.int(0, 2), rest: d.int(0, 1) }));
    const from = parts.map((p) => p.start + p.n * p.step + p.rest);
    const ends = parts.map((p) => p.start + p.n * p.step);
    const [starts, steps] = [parts.map((p) => p.start), parts.map((p) => p.step)];
    return {
      from,
      source: (i) => i.map((v, k) => starts[k]! + v * steps[k]!),
      move: (x) => slice(x, starts, ends, steps),
    };
  },
  (d, to) => {
    const one = to.map(() => d.int(0, 2) === 0);
    const from = to.map((n, k) => (one[k] ? 1 : n));
    return { from, source: (i) => i.map((v, k) => (one[k] ? 0 : v)), move: (x) => expand(x, to) };
  },
];

/** An array, and the movements that turn it into another. */
export interface Strided {
  readonly base: HostArray;
  /** What the movements make of the base. */
  readonly array: HostArray;
  move(x: Tensor): Tensor;
}

/**
 * Up to two movements before an array. The array's values change: where an axis is expanded they repeat.
 *
 * @param array  shape, dtype and values to take
 */
export function strided(d: Draw, array: HostArray): Strided {
  const chain: Movement[] = [];
  for (let n = d.int(0, 2); n > 0; n--) chain.push(d.pick(moves)(d, chain.at(-1)?.from ?? array.shape));
  const from = chain.at(-1)?.from ?? array.shape;
  const count = from.reduce((a, b) => a * b, 1);
  const base: HostArray = {
    shape: from,
    dtype: array.dtype,
    data: Array.from({ length: count }, (_, k) => array.data[k % array.data.length] ?? 0),
  };
  const stride = from.map((_, k) => from.slice(k + 1).reduce((a, b) => a * b, 1));
  const data = Array.from(indices(array.shape), (index) => {
    const at = chain.reduce<readonly number[]>((i, m) => m.source(i), index);
    return base.data[at.reduce((s, v, k) => s + v * stride[k]!, 0)]!;
  });
  return { base, array: { ...array, data }, move: (x) => chain.reduceRight((y, m) => m.move(y), x) };
}
