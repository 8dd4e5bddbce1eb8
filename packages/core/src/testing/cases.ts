// A random case of each primitive: shapes with zeros, ones and no axes at all, attributes that fit them, every dtype that it takes.
import { range, type DType, type Shape } from '../base/index.js';
import type { Primitive } from '../graph/tensor.js';
import { windowSumPrimitive } from '../ops/index.js';
import type { Draw, Values } from './draw.js';

export interface Case extends Values {
  readonly attrs: unknown;
}
type Draft = {
  shapes: readonly Shape[];
  attrs: unknown;
  /** null: the main input's. */
  dtypes?: readonly (DType | null)[];
  below?: readonly (number | undefined)[];
  fixed?: Values['fixed'];
};

const sizes = [1, 2, 3, 4, 1, 2, 3, 0];
const size = (d: Draw, least = 0): number => Math.max(least, d.pick(d.sizes ?? sizes));
const shape = (d: Draw, low: number, high: number, least = 0): number[] =>
  range(d.int(low, high)).map(() => size(d, least));
/** Distinct axes in increasing order, at least one. */
const someAxes = (d: Draw, rank: number): number[] => {
  const axes = range(rank).filter(() => d.int(0, 1) === 1);
  return axes.length ? axes : [d.int(0, rank - 1)];
};
const shuffled = (d: Draw, n: number): number[] => {
  const left = range(n);
  return range(n).map(() => left.splice(d.int(0, left.length - 1), 1)[0]!);
};
const at = (s: Shape, axis: number, n: number): number[] => s.map((m, k) => (k === axis ? n : m));

const elementwise = (d: Draw, p: Primitive): Draft => {
  const out = shape(d, 0, 3);
  const inputs = range(p.samples[0]?.shapes.length ?? 1).map(() => {
    const from = d.int(0, 3) === 0 ? d.int(0, out.length) : 0;
    return out.slice(from).map((n) => (d.int(0, 3) === 0 ? 1 : n));
  });
  return { shapes: inputs, attrs: null };
};
const reduction = (d: Draw): Draft => {
  const s = shape(d, 1, 4);
  return { shapes: [s], attrs: { axes: someAxes(d, s.length) } };
};
const scan = (d: Draw): Draft => {
  const s = shape(d, 1, 3);
  return {
    shapes: [s],
    attrs: { axis: d.int(0, s.length - 1), reverse: d.int(0, 1) === 1, exclusive: d.int(0, 1) === 1 },
  };
};
/** Joins neighbouring axes at random. */
const grouped = (d: Draw, s: readonly number[]): number[] => {
  const out: number[] = [];
  for (const n of s) {
    if (out.length && d.int(0, 1)) out.push(out.pop()! * n);
    else out.push(n);
  }
  return out;
};
const sliceAttrs = (d: Draw, s: Shape): { starts: number[]; steps: number[]; sizes: number[] } => {
  const parts = s.map((n) => {
    const [start, step] = [d.int(0, n), d.int(1, 3)];
    return { start, step, n: d.int(0, Math.ceil((n - start) / step)) };
  });
  return { starts: parts.map((p) => p.start), steps: parts.map((p) => p.step), sizes: parts.map((p) => p.n) };
};
const indexed = (d: Draw): { x: number[]; axis: number; indices: number[] } => {
  const x = shape(d, 1, 3, 1);
  const axis = d.int(0, x.length - 1);
  return { x, axis, indices: x.map((n, k) => (k === axis ? size(d) : d.int(0, n))) };
};
const scatters = (d: Draw): Draft => {
  const { x, axis, indices } = indexed(d);
  return {
    shapes: [x, indices, indices],
    attrs: { axis },
    dtypes: [null, 'i32', null],
    below: [undefined, x[axis], undefined],
  };
};
const spread = (d: Draw, rank: number, high: number): number[] => range(rank).map(() => d.int(1, high));
/** A window that fits: the input grows until it does. */
const windows = (d: Draw, rank: number): { spatial: number[]; window: number[]; attrs: Record<string, unknown> } => {
  const window = spread(d, rank, 3);
  const [stride, dilation, inputDilation] = [
    spread(d, rank, 2),
    spread(d, rank, 2),
    range(rank).map(() => d.pick([1, 1, 2])),
  ];
  const padding = range(rank).map(() => [d.int(-1, 2), d.int(-1, 2)] as const);
  const spatial = range(rank).map((k) => {
    const extent = (window[k]! - 1) * dilation[k]! + 1 - padding[k]![0] - padding[k]![1];
    const least = Math.max(1, Math.ceil((extent - 1) / inputDilation[k]!) + 1);
    return least + d.int(0, 2);
  });
  return { spatial, window, attrs: { stride, padding, dilation, inputDilation } };
};
const pooling = (d: Draw): Draft => {
  const { spatial, window, attrs } = windows(d, d.int(1, 2));
  return { shapes: [[...shape(d, 0, 2), ...spatial]], attrs: { window, ...attrs } };
};

/** A distribution whose numbers follow the key. */
const distribution =
  (numbers: readonly number[]) =>
  (d: Draw): Draft => {
    const dtype = d.pick<DType>(['f32', 'f64']);
    return {
      shapes: [[], [], ...numbers.map(() => [])],
      attrs: { shape: shape(d, 0, 3), dtype },
      dtypes: ['u32', 'u32', ...numbers.map(() => dtype)],
      fixed: [undefined, undefined, ...numbers.map((v) => [v])],
    };
  };

const drafts: Readonly<Partial<Record<string, (d: Draw, p: Primitive) => Draft>>> = {
  sum: reduction,
  prod: reduction,
  max: reduction,
  min: reduction,
  cumsum: scan,
  cumprod: scan,
  cummax: scan,
  cummin: scan,
  argsort: (d) => {
    const s = shape(d, 1, 3);
    return { shapes: [s], attrs: { axis: d.int(0, s.length - 1), descending: d.int(0, 1) === 1 } };
  },
  reshape: (d) => {
    const parts = shape(d, 0, 4);
    return { shapes: [grouped(d, parts)], attrs: { shape: grouped(d, parts) } };
  },
  expand: (d) => {
    const out = shape(d, 0, 3);
    return { shapes: [out.slice(d.int(0, out.length)).map((n) => (d.int(0, 1) ? 1 : n))], attrs: { shape: out } };
  },
  permute: (d) => {
    const s = shape(d, 0, 4);
    return { shapes: [s], attrs: { perm: shuffled(d, s.length) } };
  },
  slice: (d) => {
    const s = shape(d, 1, 3);
    return { shapes: [s], attrs: sliceAttrs(d, s) };
  },
  unslice: (d) => {
    const s = shape(d, 1, 3);
    const attrs = sliceAttrs(d, s);
    return { shapes: [attrs.sizes], attrs: { ...attrs, shape: s } };
  },
  flip: (d) => {
    const s = shape(d, 1, 3);
    return { shapes: [s], attrs: { axes: someAxes(d, s.length) } };
  },
  pad: (d) => {
    const s = shape(d, 1, 3);
    return { shapes: [s, []], attrs: { pads: s.map((n) => [d.int(-Math.min(1, n), 2), d.int(0, 2)]) } };
  },
  concat: (d) => {
    const s = shape(d, 1, 3);
    const axis = d.int(0, s.length - 1);
    return { shapes: range(d.int(1, 4)).map(() => at(s, axis, size(d))), attrs: { axis } };
  },
  ramp: (d) => {
    const s = shape(d, 1, 3);
    return { shapes: [[], []], attrs: { shape: s, axis: d.int(0, s.length - 1) } };
  },
  randomBits: (d) => ({ shapes: [[], []], attrs: { shape: shape(d, 0, 3), dtype: 'u32' }, dtypes: ['u32', 'u32'] }),
  randomUniform: distribution([-1, 3]),
  randomNormal: distribution([0.5, 2]),
  // mean, deviation, where the uniform number starts and how wide it is, bounds
  randomTruncated: distribution([0.5, 2, -0.9, 1.8, -3, 4]),
  gather: (d) => {
    const { x, axis, indices } = indexed(d);
    return { shapes: [x, indices], attrs: { axis }, dtypes: [null, 'i32'], below: [undefined, x[axis]] };
  },
  scatter: scatters,
  scatterAdd: scatters,
  take: (d) => {
    const { x, axis } = indexed(d);
    return { shapes: [x, shape(d, 0, 2)], attrs: { axis }, dtypes: [null, 'i32'], below: [undefined, x[axis]] };
  },
  takeAdd: (d) => {
    const { x, axis } = indexed(d);
    const indices = shape(d, 0, 2);
    const updates = [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
    return {
      shapes: [x, indices, updates],
      attrs: { axis },
      dtypes: [null, 'i32', null],
      below: [undefined, x[axis], undefined],
    };
  },
  dot: (d) => {
    const [batch, inner] = [shape(d, 0, 1), shape(d, 0, 2)];
    const side = (): { shape: number[]; batch: number[]; contract: number[] } => {
      const all = [...batch, ...inner, ...shape(d, 0, 2)];
      const order = shuffled(d, all.length);
      const place = (k: number): number => order.indexOf(k);
      return {
        shape: order.map((k) => all[k]!),
        batch: batch.map((_, k) => place(k)),
        contract: inner.map((_, k) => place(batch.length + k)),
      };
    };
    const [a, b] = [side(), side()];
    return { shapes: [a.shape, b.shape], attrs: { contract: [a.contract, b.contract], batch: [a.batch, b.batch] } };
  },
  conv: (d) => {
    const { spatial, window, attrs } = windows(d, d.int(1, 3));
    const [groups, per, out] = [d.int(1, 2), d.int(1, 2), d.int(1, 2)];
    return {
      shapes: [
        [size(d), groups * per, ...spatial],
        [groups * out, per, ...window],
      ],
      attrs: { ...attrs, groups },
    };
  },
  windowSum: pooling,
  windowMax: pooling,
  windowArgmax: (d) => {
    const { shapes, attrs } = pooling(d);
    const out = windowSumPrimitive.infer([{ shape: shapes[0]!, dtype: 'f32' }], attrs as never).shape;
    return { shapes: [shapes[0]!, out], attrs };
  },
};

/** Primitives of numbers that also take integers, and those that take nothing else. */
const withIntegers = new Set(
  'neg abs sign square add sub mul maximum minimum floorDivide remainder fmod less lessEqual greater greaterEqual equal notEqual sum prod max min reshape expand permute slice unslice flip pad concat cumsum cumprod cummax cummin argsort dot windowSum windowMax isNaN isInf isFinite logicalNot'.split(
    ' ',
  ),
);
const onlyIntegers: Readonly<Record<string, readonly DType[]>> = {
  bitwiseAnd: ['i32', 'u32', 'u8', 'bool'],
  bitwiseOr: ['i32', 'u32', 'u8', 'bool'],
  bitwiseXor: ['i32', 'u32', 'u8', 'bool'],
  bitwiseNot: ['i32', 'u32', 'u8', 'bool'],
  leftShift: ['i32', 'u32', 'u8'],
  rightShift: ['i32', 'u32', 'u8'],
  logicalAnd: ['bool'],
  logicalOr: ['bool'],
  logicalXor: ['bool'],
};

/** The dtypes that a primitive's main input may have. */
export function dtypesOf(primitive: Primitive): readonly DType[] {
  const { name } = primitive;
  if (name.startsWith('cast_')) return ['f32', 'f64', 'i32', 'u32', 'u8', 'bool'];
  return onlyIntegers[name] ?? (withIntegers.has(name) ? ['f32', 'f64', 'f32', 'i32', 'u32', 'u8'] : ['f32', 'f64']);
}

/**
 * A random case of a primitive. A primitive that is not known here is drawn as an elementwise one when it has no attributes,
 * else from its own samples.
 */
export function randomCase(primitive: Primitive, d: Draw): Case {
  const known = drafts[primitive.name];
  const sample = primitive.samples.length ? d.pick(primitive.samples) : null;
  const draft: Draft = known
    ? known(d, primitive)
    : !sample || sample.attrs === null
      ? elementwise(d, primitive)
      : { shapes: sample.shapes, attrs: sample.attrs };
  const main = d.pick(dtypesOf(primitive));
  const sampled =
    known || primitive.name in onlyIntegers ? undefined : sample?.dtypes?.map((t) => (t === 'f32' ? null : t));
  const dtypes = draft.shapes.map((_, k): DType => (draft.dtypes ?? sampled)?.[k] ?? main);
  const shift = primitive.name.endsWith('Shift') ? { below: [undefined, 8] } : {};
  return { ...shift, ...draft, dtypes };
}
