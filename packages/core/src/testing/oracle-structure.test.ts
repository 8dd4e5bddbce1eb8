// Reductions, scans, sorting, movements, contractions, windows and indexing against plain loops over nested indices.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { dtypes, range, type DType, type Shape } from '../base/index.js';
import { apply } from '../graph/apply.js';
import { dataSync, tensor } from '../graph/create.js';
import type { Primitive } from '../graph/tensor.js';
import { elementwisePrimitives, primitives } from '../ops/primitives.js';
import { randomCase } from './cases.js';
import { distance } from './distance.js';
import { drawFrom, seeded, valuesFor } from './draw.js';
import { indices, store, type HostArray } from './interpret.js';

/** An array that is read and written by index. */
class Grid {
  readonly flat: number[];
  constructor(
    readonly shape: Shape,
    fill: ArrayLike<number> | number,
  ) {
    const n = shape.reduce((a, b) => a * b, 1);
    this.flat = typeof fill === 'number' ? Array.from({ length: n }, () => fill) : Array.from(fill);
  }
  private at(index: readonly number[]): number {
    return index.reduce((s, i, d) => s * this.shape[d]! + i, 0);
  }
  has(index: readonly number[]): boolean {
    return index.every((i, d) => i >= 0 && i < this.shape[d]!);
  }
  get(index: readonly number[]): number {
    return this.flat[this.at(index)]!;
  }
  set(index: readonly number[], v: number): void {
    this.flat[this.at(index)] = v;
  }
}
interface Window {
  stride: number[];
  padding: [number, number][];
  dilation: number[];
  inputDilation: number[];
}
/** The attributes that primitives have; each has some of them. */
interface Attrs extends Window {
  axis: number;
  axes: number[];
  reverse: boolean;
  exclusive: boolean;
  descending: boolean;
  perm: number[];
  starts: number[];
  steps: number[];
  pads: [number, number][];
  contract: [number[], number[]];
  batch: [number[], number[]];
  groups: number;
  window: number[];
}
/** Fills the output from the inputs. */
type Oracle = (out: Grid, inputs: readonly Grid[], attrs: Attrs) => void;

const put = (index: readonly number[], axis: number, i: number): number[] => index.map((v, d) => (d === axis ? i : v));
const each = (shape: Shape, f: (index: number[]) => void): void => {
  for (const index of indices(shape)) f(index);
};
const reduced =
  (combine: (a: number, b: number) => number, start: number): Oracle =>
  (out, [x], { axes }) => {
    out.flat.fill(start);
    each(x!.shape, (i) => {
      const to = i.filter((_, d) => !axes.includes(d));
      out.set(to, combine(out.get(to), x!.get(i)));
    });
  };
const scanned =
  (combine: (a: number, b: number) => number, start: number): Oracle =>
  (out, [x], { axis, reverse, exclusive }) =>
    each(out.shape, (i) => {
      const line = range(out.shape[axis]!).map((p) => x!.get(put(i, axis, p)));
      const p = i[axis]!;
      const part = reverse ? line.slice(exclusive ? p + 1 : p).reverse() : line.slice(0, exclusive ? p : p + 1);
      out.set(
        i,
        part.reduce((a, b) => combine(a, b), start),
      );
    });
/** Where a window element reads, or null between the elements and in the padding. */
const source = (spatial: Shape, s: readonly number[], k: readonly number[], w: Window): number[] | null => {
  const found = spatial.map((n, d) => {
    const at = s[d]! * w.stride[d]! + k[d]! * w.dilation[d]! - w.padding[d]![0];
    return at % w.inputDilation[d]! === 0 && at >= 0 && at / w.inputDilation[d]! < n ? at / w.inputDilation[d]! : null;
  });
  return found.includes(null) ? null : (found as number[]);
};
const pooled =
  (start: number, combine: (a: number, b: number) => number): Oracle =>
  (out, [x], attrs) => {
    const { window, ...w } = attrs;
    const lead = x!.shape.length - window.length;
    each(out.shape, (i) => {
      let s = start;
      each(window, (k) => {
        const at = source(x!.shape.slice(lead), i.slice(lead), k, w);
        if (at) s = combine(s, x!.get([...i.slice(0, lead), ...at]));
      });
      out.set(i, s);
    });
  };
const scattered =
  (combine: (old: number, v: number) => number): Oracle =>
  (out, [x, at, v], { axis }) => {
    x!.flat.forEach((e, k) => (out.flat[k] = e));
    each(at!.shape, (i) => {
      const to = put(i, axis, at!.get(i));
      out.set(to, combine(out.get(to), v!.get(i)));
    });
  };
const sum = (a: number, b: number): number => a + b;

const oracles: Readonly<Record<string, Oracle>> = {
  sum: reduced(sum, 0),
  prod: reduced((a, b) => a * b, 1),
  max: reduced(Math.max, -Infinity),
  min: reduced(Math.min, Infinity),
  cumsum: scanned(sum, 0),
  cumprod: scanned((a, b) => a * b, 1),
  cummax: scanned(Math.max, -Infinity),
  cummin: scanned(Math.min, Infinity),
  argsort: (out, [x], { axis, descending }) =>
    each(out.shape, (i) => {
      const line = range(out.shape[axis]!).map((p) => ({ p, v: x!.get(put(i, axis, p)) }));
      out.set(i, line.sort((a, b) => (descending ? b.v - a.v : a.v - b.v) || a.p - b.p)[i[axis]!]!.p);
    }),
  reshape: (out, [x]) => x!.flat.forEach((v, k) => (out.flat[k] = v)),
  expand: (out, [x]) =>
    each(out.shape, (i) =>
      out.set(i, x!.get(i.slice(i.length - x!.shape.length).map((v, d) => (x!.shape[d] === 1 ? 0 : v)))),
    ),
  permute: (out, [x], { perm }) =>
    each(x!.shape, (i) =>
      out.set(
        perm.map((d) => i[d]!),
        x!.get(i),
      ),
    ),
  slice: (out, [x], { starts, steps }) =>
    each(out.shape, (i) => out.set(i, x!.get(i.map((v, d) => starts[d]! + v * steps[d]!)))),
  unslice: (out, [x], { starts, steps }) => {
    out.flat.fill(0);
    each(x!.shape, (i) =>
      out.set(
        i.map((v, d) => starts[d]! + v * steps[d]!),
        x!.get(i),
      ),
    );
  },
  flip: (out, [x], { axes }) =>
    each(out.shape, (i) => out.set(i, x!.get(i.map((v, d) => (axes.includes(d) ? out.shape[d]! - 1 - v : v))))),
  pad: (out, [x, value], { pads }) =>
    each(out.shape, (i) => {
      const from = i.map((v, d) => v - pads[d]![0]);
      out.set(i, x!.has(from) ? x!.get(from) : value!.flat[0]!);
    }),
  concat: (out, xs, { axis }) => {
    let start = 0;
    for (const x of xs) {
      each(x.shape, (i) => out.set(put(i, axis, start + i[axis]!), x.get(i)));
      start += x.shape[axis]!;
    }
  },
  ramp: (out, [start, step], { axis }) =>
    each(out.shape, (i) => out.set(i, start!.flat[0]! + i[axis]! * step!.flat[0]!)),
  dot: (out, [a, b], { contract, batch }) => {
    const [[ca, cb], [ba, bb]] = [contract, batch];
    out.flat.fill(0);
    each(a!.shape, (i) =>
      each(b!.shape, (j) => {
        const meets = ca.every((d, k) => i[d] === j[cb[k]!]) && ba.every((d, k) => i[d] === j[bb[k]!]);
        if (!meets) return;
        const to = [
          ...ba.map((d) => i[d]!),
          ...i.filter((_, d) => !ca.includes(d) && !ba.includes(d)),
          ...j.filter((_, d) => !cb.includes(d) && !bb.includes(d)),
        ];
        out.set(to, out.get(to) + a!.get(i) * b!.get(j));
      }),
    );
  },
  conv: (out, [x, w], attrs) => {
    const { groups, ...window } = attrs;
    const [, per, ...kernel] = w!.shape as [number, number, ...number[]];
    each(out.shape, ([n, o, ...at]) => {
      let s = 0;
      each([per, ...kernel], ([c, ...k]) => {
        const from = source(x!.shape.slice(2), at, k, window);
        const channel = Math.floor(o! / (w!.shape[0]! / groups)) * per + c!;
        if (from) s += x!.get([n!, channel, ...from]) * w!.get([o!, c!, ...k]);
      });
      out.set([n!, o!, ...at], s);
    });
  },
  windowSum: pooled(0, sum),
  windowMax: pooled(-Infinity, Math.max),
  gather: (out, [x, at], { axis }) => each(out.shape, (i) => out.set(i, x!.get(put(i, axis, at!.get(i))))),
  take: (out, [x, at], { axis }) =>
    each(out.shape, (i) =>
      out.set(
        i,
        x!.get([
          ...i.slice(0, axis),
          at!.get(i.slice(axis, axis + at!.shape.length)),
          ...i.slice(axis + at!.shape.length),
        ]),
      ),
    ),
  takeAdd: (out, [x, at, v], { axis }) => {
    x!.flat.forEach((e, k) => (out.flat[k] = e));
    each(v!.shape, (i) => {
      const to = [
        ...i.slice(0, axis),
        at!.get(i.slice(axis, axis + at!.shape.length)),
        ...i.slice(axis + at!.shape.length),
      ];
      out.set(to, out.get(to) + v!.get(i));
    });
  },
  scatter: scattered((_, v) => v),
  scatterAdd: scattered(sum),
};
/** Tested elsewhere: where a maximum lies together with its gradient, random numbers by their distribution, casts one by one. */
const elsewhere = /^(windowArgmax|random\w+|cast_\w+)$/;
const known = new Set(elementwisePrimitives);
const structural = primitives.filter((p) => !known.has(p) && !elsewhere.test(p.name));

/** The value as it is stored; an infinity that nothing replaced is the dtype's own bound. */
const held = (v: number, dtype: DType): number =>
  v === Infinity ? dtypes[dtype].highest : v === -Infinity ? dtypes[dtype].lowest : store(v, dtype);

const asTensor = ({ data, shape, dtype }: HostArray) => tensor(Float64Array.from(data), { shape, dtype });

describe('structural primitives', () => {
  it('all have an oracle here', () => {
    expect(structural.map((p) => p.name).sort()).toEqual(Object.keys(oracles).sort());
  });
  it.each(structural.map((p): [string, Primitive] => [p.name, p]))('%s', (name, primitive) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const draw = drawFrom(seeded(seed));
        const drawn = randomCase(primitive, draw);
        const inputs = valuesFor(primitive, drawn, draw.random);
        const out = primitive.infer(inputs, drawn.attrs);
        const right = new Grid(out.shape, NaN);
        oracles[name]!(
          right,
          inputs.map((a) => new Grid(a.shape, a.data)),
          drawn.attrs as Attrs,
        );
        const result = dataSync(apply(primitive, inputs.map(asTensor), drawn.attrs));
        const limit = out.dtype === 'f32' ? 1e-6 : out.dtype === 'f64' ? 1e-13 : 0;
        expect(
          distance(
            result,
            right.flat.map((v) => held(v, out.dtype)),
          ),
        ).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 200, seed: 5 },
    );
  });
});
