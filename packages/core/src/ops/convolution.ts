// Convolution of one to three spatial axes, channels first. Both of its gradients are convolutions again.
// Long because the record, its index arithmetic and its contraction are read together.
import {
  describe,
  DTypeError,
  isFloat,
  range,
  ShapeError,
  sizeOf,
  ValueError,
  type Shape,
  type Spec,
} from '../base/index.js';
import { expr, lit, type Access, type Expr } from '../kernel/index.js';
import { apply } from '../graph/apply.js';
import type { LoweredContraction, Primitive, Tensor } from '../graph/tensor.js';
import { commonType, toType, type Operand } from './define.js';
import { zerosLike } from './creation.js';
import { stack } from './joining.js';
import { flip, permute, reshape, slice } from './movement.js';
import {
  dilated,
  padsOf,
  perAxis,
  transposedWindow,
  windowIndex,
  windowShape,
  type Pads,
  type PerAxis,
  type WindowAttrs,
} from './sliding.js';

export type { Pads, PerAxis } from './sliding.js';

/** Where an array has its channels: after the batch, after all, or before the batch. */
type Channels = 'second' | 'last' | 'first';
export interface ConvAttrs extends WindowAttrs {
  readonly groups: number;
  /** How x and the output lie; [N,C,*s] when left out. */
  readonly lie?: readonly [Channels, Channels];
}
const lieOf = ({ lie }: ConvAttrs): readonly [Channels, Channels] => lie ?? ['second', 'second'];
/** What belongs to the axes [N,C,*s], in the order in which an array has them. */
const placed = <T>(channels: Channels, [n, c, ...s]: readonly T[]): T[] =>
  channels === 'second' ? [n!, c!, ...s] : channels === 'last' ? [n!, ...s, c!] : [c!, n!, ...s];
/** The inverse. */
const inOrder = <T>(channels: Channels, list: readonly T[]): T[] =>
  channels === 'last' ? [list[0]!, list.at(-1)!, ...list.slice(1, -1)] : placed(channels, list);
const permuted = (x: Tensor, channels: Channels): Tensor => permute(x, inOrder(channels, range(x.ndim)));
const plain = (rank: number): WindowAttrs => ({
  stride: range(rank).map(() => 1),
  padding: range(rank).map(() => [0, 0] as const),
  dilation: range(rank).map(() => 1),
  inputDilation: range(rank).map(() => 1),
});

/** Weights seen from the other side: window reversed, in and out channels exchanged within each group. */
function turned(w: Tensor, groups: number): Tensor {
  const [o, c, ...k] = w.shape as [number, number, ...number[]];
  const spatial = range(k.length);
  const swapped = permute(reshape(w, [groups, o / groups, c, ...k]), [0, 2, 1, ...spatial.map((d) => d + 3)]);
  return flip(
    reshape(swapped, [groups * c, o / groups, ...k]),
    spatial.map((d) => d + 2),
  );
}

/**
 * A convolution as products of two matrices for each group: the weights [out, in * window], and the padded input, whose rows are the elements
 * of a window and whose columns are all windows of all images.
 */
function asContraction(
  x: Access,
  w: Access,
  attrs: ConvAttrs,
  from: Shape,
  weights: Shape,
  out: Spec,
): LoweredContraction {
  const { stride, dilation, groups } = attrs;
  const [outs, ins] = [weights[0]! / groups, weights[1]!];
  const [from_, to] = lieOf(attrs);
  const [window, places] = [weights.slice(2), inOrder(to, out.shape).slice(2)];
  const ones = places.map(() => 1);
  const channel = (g: Expr, c: Expr, per: number): Expr => expr('add', expr('mul', g, lit(per)), c);
  const dtype = out.dtype;
  return {
    batch: [groups],
    m: [outs],
    n: [from[0]!, ...places],
    k: [ins, ...window],
    a: { shape: weights, value: w, at: ([g], [o], [c, ...k]) => [channel(g!, o!, outs), c!, ...k] },
    b: {
      shape: placed(from_, [
        from[0]!,
        from[1]!,
        ...places.map((n, d) => Math.max(0, (n - 1) * stride[d]! + dilated(window[d]!, dilation[d]!))),
      ]),
      value: (i) => {
        const [n, c, ...p] = inOrder(from_, i);
        const none = p.map(() => lit(0));
        const { index, inside } = windowIndex(p, none, from.slice(2), { ...attrs, stride: ones, dilation: ones });
        return expr('where', inside, x([n!, c!, ...index]), lit(0, dtype));
      },
      at: ([g], [n, ...p], [c, ...k]) =>
        placed(from_, [
          n!,
          channel(g!, c!, ins),
          ...p.map((s, d) => expr('add', expr('mul', s, lit(stride[d]!)), expr('mul', k[d]!, lit(dilation[d]!)))),
        ]),
    },
    at: ([g], [o], [n, ...p]) => placed(to, [n!, channel(g!, o!, outs), ...p]),
  };
}

/** The record of `conv`: x[N,C,*s], w[O,C/g,*k] -> [N,O,*m]; x and the result may lie otherwise. */
export const convPrimitive: Primitive<ConvAttrs> = {
  name: 'conv',
  domain: 'real',
  keep: { reads: [[1], [0]] },
  samples: [
    {
      shapes: [
        [2, 2, 5],
        [3, 2, 3],
      ],
      attrs: { ...plain(1), stride: [2], padding: [[1, 0]], groups: 1 },
    },
    {
      shapes: [
        [1, 4, 4, 3],
        [2, 2, 2, 2],
      ],
      attrs: {
        ...plain(2),
        dilation: [2, 1],
        padding: [
          [1, 1],
          [0, 1],
        ],
        groups: 2,
      },
    },
    {
      shapes: [
        [1, 1, 3, 2],
        [2, 1, 2, 2],
      ],
      attrs: {
        ...plain(2),
        inputDilation: [2, 1],
        stride: [1, 2],
        padding: [
          [0, 0],
          [1, 1],
        ],
        groups: 1,
      },
    },
    {
      shapes: [
        [1, 2, 2, 3, 2],
        [2, 2, 2, 1, 2],
      ],
      attrs: { ...plain(3), groups: 1 },
    },
    {
      shapes: [
        [3, 2, 4],
        [2, 1, 2],
      ],
      attrs: { ...plain(1), groups: 2, lie: ['second', 'first'] },
    },
    {
      shapes: [
        [2, 3, 4, 2],
        [2, 1, 2, 2],
      ],
      attrs: { ...plain(2), groups: 2, lie: ['last', 'last'] },
    },
  ],
  infer: ([x, w], attrs) => {
    const [n, , ...spatial] = inOrder(lieOf(attrs)[0], x!.shape) as [number, ...number[]];
    const places = windowShape('conv', spatial, w!.shape.slice(2), attrs);
    return { shape: placed(lieOf(attrs)[1], [n, w!.shape[0]!, ...places]), dtype: x!.dtype };
  },
  lower: ([y, w], attrs, { inputs: [r, t], out }) => {
    const [from, to] = lieOf(attrs);
    const x: Access = (i) => y!(placed(from, i));
    const shape = inOrder(from, r!.shape);
    const perGroup = t!.shape[1]!;
    const outPerGroup = t!.shape[0]! / attrs.groups;
    const empty = sizeOf(shape) === 0;
    return {
      form: 'reduce',
      attrs: { op: 'add' },
      over: t!.shape.slice(1),
      body: (i, [c, ...k]) => {
        const [n, o, ...at] = inOrder(to, i);
        const { index, inside } = windowIndex(at, k, shape.slice(2), attrs);
        const channel = expr('add', expr('mul', expr('idiv', o!, lit(outPerGroup)), lit(perGroup)), c!);
        const weight = w!([o!, c!, ...k]);
        if (empty) return lit(0, weight.dtype);
        // Padding is zeros: times infinity they are NaN.
        return expr('mul', expr('where', inside, x([n!, channel, ...index]), lit(0, weight.dtype)), weight);
      },
      ...(!empty && { contraction: asContraction(x, w!, attrs, shape, t!.shape, out) }),
    };
  },
  vjp: (g, { inputs: [x, w], attrs }, k) => {
    const [from, to] = lieOf(attrs);
    if (k === 0) return inputCotangent(g, inOrder(from, x!.shape), w!, attrs);
    return weightCotangent(permuted(g, to), x!, w!.shape, attrs);
  },
};
/** With fewer multiplications for an element of the output, it costs more to weave parts than to multiply zeros. */
const fewest = 32;
/**
 * The convolution of an input with zeros between its elements. Of the window only every so many elements meet others than zeros, always the same ones
 * for outputs as far apart: each residue of output positions is a convolution without zeros.
 */
function betweenZeros(x: Tensor, w: Tensor, attrs: ConvAttrs): Tensor {
  const { stride, padding, dilation, inputDilation } = attrs;
  const axis = inputDilation.findIndex((by, d) => by > 1 && stride[d] === 1 && dilation[d] === 1);
  if (axis < 0 || sizeOf(w.shape.slice(1)) < fewest) return apply(convPrimitive, [x, w], attrs);
  if (attrs.lie) {
    const { lie, ...others } = attrs;
    const y = betweenZeros(permuted(x, lie[0]), w, others);
    return permute(y, placed(lie[1], range(y.ndim)));
  }
  const [by, at] = [inputDilation[axis]!, axis + 2];
  const { shape } = convPrimitive.infer([x.spec, w.spec], attrs);
  const [each, lo] = [Math.ceil(shape[at]! / by), padding[axis]![0]];
  const parts = range(by).map((residue) => {
    // The first element of the window that meets one of x, and the one that it meets in the first output.
    const first = (((lo - residue) % by) + by) % by;
    const from = (residue + first - lo) / by;
    const count = Math.ceil((w.shape[at]! - first) / by);
    if (count <= 0) return null;
    const some = slice(w, [...range(at).map(() => 0), first], [], [...range(at).map(() => 1), by]);
    return betweenZeros(x, some, {
      ...attrs,
      padding: padding.with(axis, [-from, each + count - 1 - x.shape[at]! + from]),
      inputDilation: inputDilation.with(axis, 1),
    });
  });
  const known = parts.find((t) => t !== null)!;
  const joined = stack(
    parts.map((t) => t ?? zerosLike(known)),
    at + 1,
  );
  return slice(reshape(joined, shape.with(at, each * by)), [], shape);
}
function inputCotangent(g: Tensor, shape: Shape, w: Tensor, attrs: ConvAttrs): Tensor {
  const [from, to] = lieOf(attrs);
  const window = transposedWindow(shape.slice(2), w.shape.slice(2), inOrder(to, g.shape).slice(2), attrs);
  return betweenZeros(g, turned(w, attrs.groups), {
    ...window,
    groups: attrs.groups,
    ...(attrs.lie && { lie: [to, from] }),
  });
}
/**
 * Batch and channels change places: the cotangent is the window that slides over x, and strides become dilation. Where a group has one channel, the
 * batch is one more axis that the window covers, so that x stays as it lies.
 */
function weightCotangent(g: Tensor, x: Tensor, shape: Shape, attrs: ConvAttrs): Tensor {
  const { stride, padding, dilation, inputDilation, groups } = attrs;
  const [from] = lieOf(attrs);
  const [n, c, ...input] = inOrder(from, x.shape) as [number, number, ...number[]];
  const spatial = range(input.length);
  const per = c / groups;
  const rhs = permute(g, [1, 0, ...spatial.map((d) => d + 2)]);
  const window: WindowAttrs = {
    stride: dilation,
    dilation: stride,
    inputDilation,
    padding: input.map((m, d) => {
      const lo = padding[d]![0];
      return [
        lo,
        (shape[d + 2]! - 1) * dilation[d]! + dilated(g.shape[d + 2]!, stride[d]!) - dilated(m, inputDilation[d]!) - lo,
      ] as const;
    }),
  };
  if (per === 1) {
    const last = from === 'last';
    const lhs = reshape(last ? x : permuted(permuted(x, from), 'first'), [1, ...(last ? x.shape : [c, n, ...input])]);
    const deep = apply(convPrimitive, [lhs, reshape(rhs, [rhs.shape[0]!, 1, ...rhs.shape.slice(1)])], {
      stride: [1, ...window.stride],
      dilation: [1, ...window.dilation],
      inputDilation: [1, ...window.inputDilation],
      padding: [[0, 0], ...window.padding],
      groups,
      ...(last && { lie: ['last', 'second'] }),
    });
    return reshape(deep, shape);
  }
  const moved = permute(reshape(permuted(x, from), [n, groups, per, ...input]), [
    2,
    1,
    0,
    ...spatial.map((d) => d + 3),
  ]);
  const lhs = reshape(moved, [per, groups * n, ...input]);
  return apply(convPrimitive, [lhs, rhs], { ...window, groups, lie: ['second', 'first'] });
}

export interface ConvOptions {
  readonly stride?: PerAxis;
  readonly padding?: PerAxis | Pads;
  readonly dilation?: PerAxis;
  readonly inputDilation?: PerAxis;
  readonly groups?: number;
  /** x is [N, *spatial, C], and so is the result. */
  readonly channelsLast?: boolean;
}
function prepare(op: string, x: Operand, w: Operand): { a: Tensor; b: Tensor; rank: number } {
  const type = commonType(op, [x, w]);
  const [a, b] = [toType(x, type), toType(w, type)];
  if (!isFloat(type))
    throw new DTypeError(
      `${op}: expected floats, received ${describe(a.spec)} and ${describe(b.spec)}. Cast them first`,
    );
  if (a.ndim < 3 || a.ndim > 5 || b.ndim !== a.ndim)
    throw new ShapeError(
      `${op}: expected an input [batch, channels, 1 to 3 spatial axes] and weights of the same rank, received ${describe(a.spec)} and ${describe(b.spec)}`,
    );
  return { a, b, rank: a.ndim - 2 };
}
function checkChannels(
  op: string,
  channels: number,
  expected: number,
  groups: number,
  out: number,
  a: Tensor,
  b: Tensor,
): void {
  if (!Number.isInteger(groups) || groups < 1 || out % groups)
    throw new ValueError(`${op}: ${out} output channels do not divide into ${groups} groups`);
  if (channels !== expected)
    throw new ShapeError(
      `${op}: weights ${describe(b.spec)} with groups=${groups} expect ${expected} input channels, received ${describe(a.spec)} with ${channels}`,
    );
}
/**
 * Cross-correlation: out[n,o,m] = sum over c, k of x[n, c, m*stride + k*dilation - padding] * w[o,c,k].
 *
 * @param x  f32[N, C, *spatial], one to three spatial axes
 * @param w  f32[O, C/groups, *window]
 * @throws ShapeError  "conv: weights f32[3,2,3] with groups=1 expect 2 input channels, received f32[1,4,5] with 4"
 */
export function conv(
  x: Operand,
  w: Operand,
  { stride = 1, padding = 0, dilation = 1, inputDilation = 1, groups = 1, channelsLast = false }: ConvOptions = {},
): Tensor {
  const { a, b, rank } = prepare('conv', x, w);
  checkChannels('conv', a.shape.at(channelsLast ? -1 : 1)!, b.shape[1]! * groups, groups, b.shape[0]!, a, b);
  const attrs: ConvAttrs = {
    stride: perAxis('conv', 'stride', stride, rank),
    padding: padsOf('conv', padding, rank),
    dilation: perAxis('conv', 'dilation', dilation, rank),
    inputDilation: perAxis('conv', 'inputDilation', inputDilation, rank),
    groups,
  };
  if (!channelsLast) return apply(convPrimitive, [a, b], attrs);
  // Where each channel stays by itself nothing has to be turned.
  if (b.shape[1] === 1 && b.shape[0] === groups)
    return apply(convPrimitive, [a, b], { ...attrs, lie: ['last', 'last'] });
  const y = apply(convPrimitive, [permuted(a, 'last'), b], attrs);
  return permute(y, placed('last', range(y.ndim)));
}
export interface ConvTransposeOptions {
  readonly stride?: PerAxis;
  readonly padding?: PerAxis | Pads;
  /** Added to one side of the output. */
  readonly outputPadding?: PerAxis;
  readonly dilation?: PerAxis;
  readonly groups?: number;
}
/**
 * The transposed convolution: what `conv` with the same options does to the cotangent of its output.
 *
 * @param x  f32[N, I, *spatial]
 * @param w  f32[I, O/groups, *window]
 */
export function convTranspose(
  x: Operand,
  w: Operand,
  { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 }: ConvTransposeOptions = {},
): Tensor {
  const { a, b, rank } = prepare('convTranspose', x, w);
  checkChannels('convTranspose', a.shape[1]!, b.shape[0]!, groups, b.shape[0]!, a, b);
  const steps = perAxis('convTranspose', 'stride', stride, rank);
  const dil = perAxis('convTranspose', 'dilation', dilation, rank);
  const extra = perAxis('convTranspose', 'outputPadding', outputPadding, rank, 0);
  const pads = padsOf('convTranspose', padding, rank);
  return betweenZeros(a, turned(b, groups), {
    stride: steps.map(() => 1),
    inputDilation: steps,
    dilation: dil,
    padding: pads.map(([lo, hi], d) => {
      const ke = dilated(b.shape[d + 2]!, dil[d]!);
      return [ke - 1 - lo, ke - 1 - hi + extra[d]!] as const;
    }),
    groups,
  });
}
