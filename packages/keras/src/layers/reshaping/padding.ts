// ZeroPadding, Cropping and UpSampling of 1, 2 and 3 dimensions.
import * as core from '@nn/core';
import { dataFormatOf, type DataFormat } from '../../config.js';
import { apply, type Tensor } from '../../tensor/tensor.js';
import { channelsBack, channelsFirst } from '../convolution/convolve.js';
import { standardizeTuple, type Size } from '../convolution/tuples.js';
import { InputSpec } from '../input-spec.js';
import { resizeImages, resizeMethod, type ResizeMethod } from '../preprocessing/resize.js';
import { Layer, type ConfigKey, type LayerOptions } from '../layer.js';

/** One number for all sides, one for each axis, or [before, after] for each axis. */
export type Sides = number | readonly (number | readonly number[])[];
export interface SpatialOptions extends LayerOptions {
  dataFormat?: string | null;
}
function sidesOf(value: Sides, rank: number, name: string): [number, number][] {
  const flat =
    typeof value === 'number'
      ? Array.from({ length: rank }, () => value)
      : rank === 1 && value.length === 2 && value.every((v) => typeof v === 'number')
        ? [value]
        : value;
  if (flat.length !== rank)
    throw new core.ValueError(`\`${name}\` should have ${rank} elements. Received: ${JSON.stringify(value)}.`);
  return flat.map((v) => {
    const pair = typeof v === 'number' ? [v, v] : [...v];
    if (pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 0))
      throw new core.ValueError(
        `\`${name}\` should be an integer, or a pair of integers for each axis, of 0 or more. Received: ${JSON.stringify(value)}.`,
      );
    return pair as [number, number];
  });
}
/** Pads (or with a sign of -1 crops) the spatial axes. */
function spatialPad(
  x: core.Tensor,
  sides: readonly (readonly [number, number])[],
  format: DataFormat,
  sign: 1 | -1,
): core.Tensor {
  const pads = sides.map(([a, b]) => [sign * a, sign * b] as [number, number]);
  const none: [number, number] = [0, 0];
  return core.pad(x, format === 'channels_first' ? [none, none, ...pads] : [none, ...pads, none]);
}
const single = (rank: number, sides: readonly (readonly [number, number])[]): unknown =>
  rank === 1 ? sides[0] : sides;

/** Zeros around the spatial axes. */
export abstract class BaseZeroPadding extends Layer {
  static override get configKeys(): readonly ConfigKey[] {
    return ['padding', 'data_format'];
  }
  readonly padding: unknown;
  readonly dataFormat: DataFormat;
  private readonly sides: readonly (readonly [number, number])[];
  constructor(rank: number, padding: Sides, o: SpatialOptions) {
    super(o);
    this.sides = sidesOf(padding, rank, 'padding');
    this.padding = single(rank, this.sides);
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ ndim: rank + 2 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => spatialPad(x, this.sides, this.dataFormat, 1));
  }
}
export interface ZeroPadding1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Zeros before and after a sequence; padding default 1. */
export class ZeroPadding1D extends BaseZeroPadding {
  static override readonly className = 'ZeroPadding1D';
  constructor(o: SpatialOptions & { padding?: Sides } = {}) {
    super(1, o.padding ?? 1, o);
  }
}
export interface ZeroPadding2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Zeros around an image, [[top, bottom], [left, right]]; default 1. */
export class ZeroPadding2D extends BaseZeroPadding {
  static override readonly className = 'ZeroPadding2D';
  constructor(o: SpatialOptions & { padding?: Sides } = {}) {
    super(2, o.padding ?? 1, o);
  }
}
export interface ZeroPadding3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Zeros around a volume; default 1. */
export class ZeroPadding3D extends BaseZeroPadding {
  static override readonly className = 'ZeroPadding3D';
  constructor(o: SpatialOptions & { padding?: Sides } = {}) {
    super(3, o.padding ?? 1, o);
  }
}

/** Cuts off the borders of the spatial axes. */
export abstract class BaseCropping extends Layer {
  static override get configKeys(): readonly ConfigKey[] {
    return ['cropping', 'data_format'];
  }
  readonly cropping: unknown;
  readonly dataFormat: DataFormat;
  private readonly sides: readonly (readonly [number, number])[];
  constructor(rank: number, cropping: Sides, o: SpatialOptions) {
    super(o);
    this.sides = sidesOf(cropping, rank, 'cropping');
    this.cropping = single(rank, this.sides);
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ ndim: rank + 2 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const spatial = this.dataFormat === 'channels_first' ? x.shape.slice(2) : x.shape.slice(1, -1);
      this.sides.forEach(([a, b], i) => {
        if (a + b >= spatial[i]!)
          throw new core.ValueError(
            `Layer '${this.name}': \`cropping\` parameter of \`${this.className}\` layer must be smaller than the input size. Received: input size ${spatial[i]} on spatial axis ${i}, cropping [${a}, ${b}]`,
          );
      });
      return spatialPad(x, this.sides, this.dataFormat, -1);
    });
  }
}
export interface Cropping1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Cuts steps off a sequence; default [1, 1]. */
export class Cropping1D extends BaseCropping {
  static override readonly className = 'Cropping1D';
  static override get configKeys(): readonly ConfigKey[] {
    return ['cropping'];
  }
  constructor(o: LayerOptions & { cropping?: Sides } = {}) {
    super(1, o.cropping ?? 1, { ...o, dataFormat: 'channels_last' });
  }
}
export interface Cropping2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Cuts the borders off an image; default nothing. */
export class Cropping2D extends BaseCropping {
  static override readonly className = 'Cropping2D';
  constructor(o: SpatialOptions & { cropping?: Sides } = {}) {
    super(2, o.cropping ?? 0, o);
  }
}
export interface Cropping3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Cuts the borders off a volume; default 1 on each side. */
export class Cropping3D extends BaseCropping {
  static override readonly className = 'Cropping3D';
  constructor(o: SpatialOptions & { cropping?: Sides } = {}) {
    super(3, o.cropping ?? 1, o);
  }
}

const repeatAxes = (x: core.Tensor, size: readonly number[]): core.Tensor =>
  size.reduce((t, n, i) => (n === 1 ? t : core.repeat(t, n, i + 2)), x);
export interface UpSampling1D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Repeats each step; size default 2. */
export class UpSampling1D extends Layer {
  static override readonly className = 'UpSampling1D';
  static override get configKeys(): readonly ConfigKey[] {
    return ['size'];
  }
  readonly size: number;
  constructor(o: LayerOptions & { size?: number } = {}) {
    super(o);
    this.size = o.size ?? 2;
    this.inputSpec = new InputSpec({ ndim: 3 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => core.repeat(x, this.size, 1));
  }
}
export interface UpSampling2D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Enlarges an image; size default 2, by repeating or with an interpolation of Resizing. */
export class UpSampling2D extends Layer {
  static override readonly className = 'UpSampling2D';
  static override get configKeys(): readonly ConfigKey[] {
    return ['size', 'data_format', 'interpolation'];
  }
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;
  readonly interpolation: ResizeMethod;
  constructor(o: SpatialOptions & { size?: Size; interpolation?: string } = {}) {
    super(o);
    this.size = standardizeTuple(o.size ?? 2, 2, 'size');
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.interpolation = resizeMethod(`Layer '${this.name}'`, o.interpolation ?? 'nearest');
    this.inputSpec = new InputSpec({ ndim: 4 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) => {
      const t = channelsFirst(x, this.dataFormat);
      if (this.interpolation === 'nearest') return channelsBack(repeatAxes(t, this.size), this.dataFormat);
      return channelsBack(
        resizeImages(
          t,
          [t.shape[2]! * this.size[0]!, t.shape[3]! * this.size[1]!],
          this.interpolation,
          'channels_first',
        ),
        this.dataFormat,
      );
    });
  }
}
export interface UpSampling3D {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** Repeats each place of a volume; size default 2. */
export class UpSampling3D extends Layer {
  static override readonly className = 'UpSampling3D';
  static override get configKeys(): readonly ConfigKey[] {
    return ['size', 'data_format'];
  }
  readonly size: readonly number[];
  readonly dataFormat: DataFormat;
  constructor(o: SpatialOptions & { size?: Size } = {}) {
    super(o);
    this.size = standardizeTuple(o.size ?? 2, 3, 'size');
    this.dataFormat = dataFormatOf(o.dataFormat);
    this.inputSpec = new InputSpec({ ndim: 5 });
  }
  override call(inputs: Tensor): Tensor {
    return apply(this.className, [inputs], (x) =>
      channelsBack(repeatAxes(channelsFirst(x, this.dataFormat), this.size), this.dataFormat),
    );
  }
}
