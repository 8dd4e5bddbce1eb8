// How inputs and outputs of a layer lie in Keras, compared with torch: the few ways that layers have.
import { Layer } from '@nn/keras';
import { channelsLast, flat, permuted, type Layout, same, shapeToKeras, shapeToTorch, type Sizes } from './layout.js';

/** A value at a layer's door: its shape on the side that is being ported, with the batch axis. */
export interface Arranged {
  readonly shape: Sizes;
  readonly side: 'torch' | 'keras';
  readonly layout: Layout;
}
export interface Arrangement {
  readonly inputs: readonly Layout[];
  readonly outputs: readonly Layout[];
  /** Any layout would do: what comes after decides. */
  readonly free?: boolean;
}
/** Says for a module or a layer what its inputs have to look like and what its outputs look like then. */
export type Arrange<T> = (target: T, inputs: readonly Arranged[]) => Arrangement;

export const torchShapeOf = ({ shape, side, layout }: Arranged): Sizes =>
  side === 'torch' ? shape : shapeToTorch(shape, layout);
export const kerasShapeOf = ({ shape, side, layout }: Arranged): Sizes =>
  side === 'keras' ? shape : shapeToKeras(shape, layout);

/** The same arrays on both sides. */
export const asIs: Arrange<unknown> = (_, inputs) => ({ inputs: inputs.map(() => same), outputs: [same] });
/** Element by element: any layout stays. Several inputs take that of the first which is arranged, if all have its rank. */
export const pointwise: Arrange<unknown> = (_, inputs) => {
  const moved = inputs.find((x) => x.layout.kind !== 'same') ?? inputs[0]!;
  const alike =
    inputs.every((x) => x.shape.length === moved.shape.length) &&
    (moved.layout.kind !== 'flat' || inputs.every((x) => x.shape.at(-1) === moved.shape.at(-1)));
  const layout = alike ? moved.layout : same;
  return { inputs: inputs.map(() => layout), outputs: [layout], free: true };
};
const lastStays = ({ layout, shape }: Arranged): boolean =>
  layout.kind === 'permuted' && layout.perm.at(-1) === shape.length - 1;
/** Works on the last axis and makes a new one of it: the kernel makes up for a Flatten. The axes before it may lie as they like. */
export const onFeatures: Arrange<unknown> = (_, [x]) =>
  lastStays(x!)
    ? { inputs: [x!.layout], outputs: [x!.layout] }
    : { inputs: [x!.layout.kind === 'flat' ? x!.layout : same], outputs: [same] };
/** Puts a new axis after all others, which may lie as they like. */
export const intoVectors: Arrange<unknown> = (_, [x]) => {
  const { layout } = x!;
  return layout.kind === 'permuted'
    ? { inputs: [layout], outputs: [permuted([...layout.perm, layout.perm.length])] }
    : { inputs: [same], outputs: [same] };
};
/** One number for each feature of the last axis, or for each channel. */
export const perChannel: Arrange<unknown> = (target, inputs) =>
  inputs[0]!.shape.length < 3 ? { ...pointwise(target, inputs), free: false } : channels(target, inputs);
/** Spatial axes and channels: last in Keras, unless the layer says `channels_first`. */
export const channels: Arrange<unknown> = (target, inputs) => {
  const first = target instanceof Layer && (target as { dataFormat?: unknown }).dataFormat === 'channels_first';
  const layout = first ? same : channelsLast(inputs[0]!.shape.length);
  return { inputs: [layout], outputs: [layout] };
};
/** Everything but the batch becomes one axis, which Keras may enumerate in another order. */
export const flattening: Arrange<unknown> = (target, [x]) => {
  const { layout, shape } = x!;
  const moves = target instanceof Layer && (target as { dataFormat?: unknown }).dataFormat === 'channels_first';
  const stays: Arrangement = { inputs: [same], outputs: [same] };
  if (layout.kind === 'flat') return { inputs: [layout], outputs: [layout] };
  // Keras moves the channels last before it flattens, when it is told that they come first.
  const order = moves ? channelsLast(shape.length) : layout;
  const sizes = torchShapeOf({ ...x!, layout: moves ? same : layout }).slice(1);
  if (order.kind !== 'permuted' || order.perm[0] !== 0 || sizes.includes(null)) return stays;
  return {
    inputs: [moves ? same : layout],
    outputs: [
      flat(
        sizes as number[],
        order.perm.slice(1).map((p) => p - 1),
      ),
    ],
  };
};
