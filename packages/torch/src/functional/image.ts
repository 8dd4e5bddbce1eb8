// Images: pixel shuffling, resizing, sampling at grids.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { range } from '../tensor/range.js';

/** Channels into pixels: [*, c r^2, h, w] to [*, c, h r, w r]. */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const v = x.value;
  const r = upscaleFactor;
  const lead = v.shape.slice(0, -3);
  const [c, h, w] = v.shape.slice(-3) as [number, number, number];
  if (v.ndim < 3 || c % (r * r)) {
    throw new core.ShapeError(
      `pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=${c} is not divisible by ${r * r}`,
    );
  }
  const n = lead.length;
  const split = core.reshape(v, [...lead, c / (r * r), r, r, h, w]);
  const moved = core.permute(split, [...range(n), n, n + 3, n + 1, n + 4, n + 2]);
  return new Tensor(core.reshape(moved, [...lead, c / (r * r), h * r, w * r]), 'PixelShuffle');
}
/** Pixels into channels: the inverse of `pixelShuffle`. */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const v = x.value;
  const r = downscaleFactor;
  const lead = v.shape.slice(0, -3);
  const [c, h, w] = v.shape.slice(-3) as [number, number, number];
  if (v.ndim < 3 || h % r || w % r) {
    throw new core.ShapeError(
      `pixel_unshuffle expects height and width to be divisible by downscale_factor, but ${h} and ${w} are not divisible by ${r}`,
    );
  }
  const n = lead.length;
  const split = core.reshape(v, [...lead, c, h / r, r, w / r, r]);
  const moved = core.permute(split, [...range(n), n, n + 2, n + 4, n + 1, n + 3]);
  return new Tensor(core.reshape(moved, [...lead, c * r * r, h / r, w / r]), 'PixelUnshuffle');
}
/** Channels of [n, c, ...] dealt out among groups. */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  const v = x.value;
  const [n, c, ...rest] = v.shape as [number, number, ...number[]];
  if (c % groups)
    throw new core.ShapeError(
      `Number of channels must be divisible by groups. Got ${c} channels and ${groups} groups.`,
    );
  const dealt = core.permute(core.reshape(v, [n, groups, c / groups, ...rest]), [
    0,
    2,
    1,
    ...range(rest.length).map((d) => d + 3),
  ]);
  return new Tensor(core.reshape(dealt, v.shape), 'ChannelShuffle');
}

export type InterpolateMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'bicubic' | 'trilinear' | 'area';
export interface InterpolateOptions {
  size?: number | readonly number[] | null;
  scaleFactor?: number | readonly number[] | null;
  /** Default 'nearest'. */
  mode?: InterpolateMode;
  alignCorners?: boolean | null;
  /** Use the rounded size instead of the given factor to place the samples; default false. */
  recomputeScaleFactor?: boolean | null;
  antialias?: boolean;
}
const kinds: Readonly<Record<InterpolateMode, readonly [core.InterpolateMode, number | null]>> = {
  nearest: ['nearest', null],
  'nearest-exact': ['nearest-exact', null],
  area: ['area', null],
  linear: ['linear', 1],
  bilinear: ['linear', 2],
  trilinear: ['linear', 3],
  bicubic: ['cubic', 2],
};
/** Resizes the axes after batch and channels to a size or by a factor. */
export function interpolate(x: Tensor, o: InterpolateOptions): Tensor {
  const mode = o.mode ?? 'nearest';
  const v = x.value;
  const rank = v.ndim - 2;
  const kind = kinds[mode];
  if (!kind)
    throw new core.ValueError(
      `interpolate: unknown mode '${String(mode)}'.${core.nearest(String(mode), Object.keys(kinds))}`,
    );
  if (kind[1] !== null && kind[1] !== rank) {
    throw new core.ShapeError(`Got ${v.ndim}D input, but ${mode} mode needs ${kind[1] + 2}D input`);
  }
  if ((o.size == null) === (o.scaleFactor == null)) {
    throw new core.ValueError(
      o.size == null
        ? 'either size or scale_factor should be defined'
        : 'only one of size or scale_factor should be defined',
    );
  }
  const each = (a: number | readonly number[]): number[] => {
    const list = typeof a === 'number' ? new Array<number>(rank).fill(a) : [...a];
    if (list.length !== rank)
      throw new core.ShapeError(
        `Input and output must have the same number of spatial dimensions, but got input with spatial dimensions of [${v.shape.slice(2).join(', ')}] and [${list.join(', ')}]`,
      );
    return list;
  };
  const factors = o.scaleFactor == null ? null : each(o.scaleFactor);
  const size = factors ? factors.map((f, i) => Math.floor(v.shape[i + 2]! * f)) : each(o.size!);
  const value = core.interpolate(v, {
    size,
    mode: kind[0],
    alignCorners: o.alignCorners ?? false,
    antialias: o.antialias ?? false,
    ...(factors && !o.recomputeScaleFactor && { scale: factors.map((f) => 1 / f) }),
  });
  return new Tensor(value, `Upsample${mode[0]!.toUpperCase()}${mode.slice(1)}${rank}D`);
}

/** Where an affine map sends the points of an image: [n, h, w, 2] from [n, 2, 3], or [n, d, h, w, 3] from [n, 3, 4]. */
export function affineGrid(theta: Tensor, size: readonly number[], o: { alignCorners?: boolean } = {}): Tensor {
  const t = theta.value;
  const spatial = size.slice(2);
  const rank = spatial.length;
  const coordinate = (n: number): number[] =>
    range(n).map((i) => (o.alignCorners ? (n === 1 ? 0 : -1 + (2 * i) / (n - 1)) : -1 + (2 * i + 1) / n));
  // Homogeneous coordinates in the order x, y, (z).
  const base = core.beside(t, () => {
    const columns = range(rank).map((k) => {
      const axis = rank - 1 - k;
      const line = core.tensor(coordinate(spatial[axis]!), {
        shape: spatial.map((_, d) => (d === axis ? spatial[axis]! : 1)),
        dtype: t.dtype,
      });
      return core.expand(line, spatial);
    });
    return core.reshape(core.stack([...columns, core.ones(spatial, t.dtype)], -1), [1, core.sizeOf(spatial), rank + 1]);
  });
  const points = core.matmul(base, core.transpose(t, 1, 2));
  return new Tensor(core.reshape(points, [size[0]!, ...spatial, rank]), 'AffineGridGenerator');
}

export interface GridSampleOptions {
  mode?: 'bilinear' | 'nearest' | 'bicubic';
  paddingMode?: 'zeros' | 'border' | 'reflection';
  alignCorners?: boolean | null;
}
type Coordinates = core.Tensor;
/** -1..1 to pixels. */
const unnormalize = (c: Coordinates, n: number, align: boolean): Coordinates =>
  align ? core.mul(core.add(c, 1), (n - 1) / 2) : core.sub(core.mul(core.add(c, 1), n / 2), 0.5);
/** Back and forth between two bounds. */
function reflect(c: Coordinates, low: number, high: number): Coordinates {
  const span = high - low;
  if (span === 0) return core.zerosLike(c);
  const distance = core.abs(core.sub(c, low));
  const extra = core.fmod(distance, span);
  const flips = core.floor(core.div(distance, span));
  return core.where(core.equal(core.remainder(flips, 2), 0), core.add(extra, low), core.sub(span + low, extra));
}
function bounded(c: Coordinates, n: number, o: GridSampleOptions): Coordinates {
  if (o.paddingMode === 'border') return core.clamp(c, { min: 0, max: n - 1 });
  if (o.paddingMode !== 'reflection') return c;
  return core.clamp(o.alignCorners ? reflect(c, 0, n - 1) : reflect(c, -0.5, n - 0.5), { min: 0, max: n - 1 });
}
/** Weights of a bicubic sample at distance t after the first of the two middle taps. */
function cubicWeights(t: Coordinates): Coordinates[] {
  const a = -0.75;
  const near = (x: Coordinates): Coordinates =>
    core.add(core.mul(core.mul(core.sub(core.mul(x, a + 2), a + 3), x), x), 1);
  const far = (x: Coordinates): Coordinates =>
    core.sub(core.mul(core.add(core.mul(core.sub(core.mul(x, a), 5 * a), x), 8 * a), x), 4 * a);
  return [far(core.add(t, 1)), near(t), near(core.sub(1, t)), far(core.sub(2, t))];
}
/** Elements of an image at the points of a grid in [-1, 1]: x [n, c, h, w], grid [n, gh, gw, 2] (x, y). */
export function gridSample(x: Tensor, grid: Tensor, o: GridSampleOptions = {}): Tensor {
  const v = x.value;
  const g = grid.value;
  if (v.ndim !== 4 || g.ndim !== 4) {
    throw new core.ShapeError(
      `grid_sampler(): expected a 4D input and a 4D grid, but got [${v.shape.join(', ')}] and [${g.shape.join(', ')}]`,
    );
  }
  const [n, c, h, w] = v.shape as [number, number, number, number];
  const [, gh, gw] = g.shape as [number, number, number, number];
  const mode = o.mode ?? 'bilinear';
  const align = o.alignCorners ?? false;
  const cubic = mode === 'bicubic';
  const place = (axis: number, size: number): Coordinates => {
    const raw = unnormalize(core.select(g, 3, axis), size, align);
    return cubic ? raw : bounded(raw, size, o);
  };
  const [px, py] = [place(0, w), place(1, h)];
  const image = core.reshape(v, [n, c, h * w]);
  const pixel = (ix: Coordinates, iy: Coordinates): core.Tensor => {
    const [bx, by] = cubic ? [bounded(ix, w, o), bounded(iy, h, o)] : [ix, iy];
    const inside = core.logicalAnd(
      core.logicalAnd(core.greaterEqual(bx, 0), core.less(bx, w)),
      core.logicalAnd(core.greaterEqual(by, 0), core.less(by, h)),
    );
    const safe = core.add(core.mul(core.clamp(by, { min: 0, max: h - 1 }), w), core.clamp(bx, { min: 0, max: w - 1 }));
    const at = core.expand(core.reshape(core.cast(safe, 'i32'), [n, 1, gh * gw]), [n, c, gh * gw]);
    const found = core.reshape(core.gather(image, at, 2), [n, c, gh, gw]);
    return core.where(core.unsqueeze(inside, 1), found, 0);
  };
  const weigh = (t: core.Tensor, weight: Coordinates): core.Tensor => core.mul(t, core.unsqueeze(weight, 1));
  if (mode === 'nearest') return new Tensor(pixel(core.round(px), core.round(py)), 'GridSampler2D');
  const [x0, y0] = [core.detach(core.floor(px)), core.detach(core.floor(py))];
  const [tx, ty] = [core.sub(px, x0), core.sub(py, y0)];
  const [wx, wy] = cubic
    ? [cubicWeights(tx), cubicWeights(ty)]
    : [
        [core.sub(1, tx), tx],
        [core.sub(1, ty), ty],
      ];
  const first = cubic ? -1 : 0;
  let sum: core.Tensor | null = null;
  wy.forEach((b, j) => {
    wx.forEach((a, i) => {
      const term = weigh(pixel(core.add(x0, first + i), core.add(y0, first + j)), core.mul(a, b));
      sum = sum ? core.add(sum, term) : term;
    });
  });
  return new Tensor(sum!, 'GridSampler2D');
}
