// The Keras classes of 1, 2 and 3 dimensions, by rank.
import { keras } from '@nn/keras';

export type Rank = 1 | 2 | 3;
export const ranks: readonly Rank[] = [1, 2, 3];

/** Classes of one rank. The constructors of all ranks take the same arguments. */
export interface Family {
  readonly Conv: typeof keras.layers.Conv2D;
  readonly ConvTranspose: typeof keras.layers.Conv2DTranspose;
  readonly MaxPooling: typeof keras.layers.MaxPooling2D;
  readonly AveragePooling: typeof keras.layers.AveragePooling2D;
  readonly AdaptiveAveragePooling: typeof keras.layers.AdaptiveAveragePooling2D;
  readonly AdaptiveMaxPooling: typeof keras.layers.AdaptiveMaxPooling2D;
  readonly GlobalAveragePooling: typeof keras.layers.GlobalAveragePooling2D;
  readonly GlobalMaxPooling: typeof keras.layers.GlobalMaxPooling2D;
  readonly ZeroPadding: typeof keras.layers.ZeroPadding2D;
  readonly Cropping: typeof keras.layers.Cropping2D;
  readonly UpSampling: typeof keras.layers.UpSampling2D;
  readonly SpatialDropout: typeof keras.layers.SpatialDropout2D;
}
const names = [
  'MaxPooling',
  'AveragePooling',
  'AdaptiveAveragePooling',
  'AdaptiveMaxPooling',
  'GlobalAveragePooling',
  'GlobalMaxPooling',
  'ZeroPadding',
  'Cropping',
  'UpSampling',
  'SpatialDropout',
  'DepthwiseConv',
  'SeparableConv',
];

export function layersOf(n: Rank): Family {
  const all = keras.layers as unknown as Record<string, unknown>;
  const family: Record<string, unknown> = { Conv: all[`Conv${n}D`], ConvTranspose: all[`Conv${n}DTranspose`] };
  for (const name of names) family[name] = all[`${name}${n}D`];
  return family as unknown as Family;
}
