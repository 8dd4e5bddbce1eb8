// Layers from their serialized form. The table is data that only this function reaches.
import { nearest, ValueError } from '@nn/core';
import { isSerialized, type ObjectClass, type Resolve, type Serialized } from '../object.js';
import { AdditiveAttention, Attention } from './attention/attention.js';
import { GroupQueryAttention } from './attention/grouped-query-attention.js';
import { MultiHeadAttention } from './attention/multi-head-attention.js';
import { Conv1DTranspose, Conv2DTranspose, Conv3DTranspose } from './convolution/conv-transpose.js';
import { Conv1D, Conv2D, Conv3D } from './convolution/conv.js';
import { DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D } from './convolution/depthwise.js';
import { ELU, LeakyReLU, PReLU, ReLU, Softmax } from './core/activation-layers.js';
import { Dense } from './core/dense.js';
import { EinsumDense } from './core/einsum-dense.js';
import { ReversibleEmbedding } from './core/reversible-embedding.js';
import { Embedding } from './core/embedding.js';
import { InputLayer } from './core/input-layer.js';
import { Activation, Identity, Masking } from './core/simple.js';
import type { Layer } from './layer.js';
import { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract } from './merging/merging.js';
import { BatchNormalization } from './normalization/batch-normalization.js';
import {
  GroupNormalization,
  LayerNormalization,
  RMSNormalization,
  UnitNormalization,
} from './normalization/layer-normalization.js';
import { SpectralNormalization } from './normalization/spectral-normalization.js';
import {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
} from './pooling/global-pooling.js';
import {
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
} from './pooling/pooling.js';
import { MelSpectrogram, STFTSpectrogram } from './preprocessing/audio.js';
import { CategoryEncoding, Discretization, IntegerLookup } from './preprocessing/encoding.js';
import { Hashing } from './preprocessing/hashing.js';
import { CenterCrop, RandomCrop, RandomFlip, Resizing } from './preprocessing/images.js';
import { Normalization, Rescaling } from './preprocessing/scaling.js';
import { GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells } from './recurrent/cells.js';
import { ConvLSTM1D, ConvLSTM2D, ConvLSTM3D } from './recurrent/conv-lstm.js';
import { GRU, LSTM, RNN, SimpleRNN } from './recurrent/rnn.js';
import { Bidirectional, TimeDistributed } from './recurrent/wrappers.js';
import {
  ActivityRegularization,
  AlphaDropout,
  Dropout,
  GaussianDropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
} from './regularization/dropout.js';
import {
  Cropping1D,
  Cropping2D,
  Cropping3D,
  UpSampling1D,
  UpSampling2D,
  UpSampling3D,
  ZeroPadding1D,
  ZeroPadding2D,
  ZeroPadding3D,
} from './reshaping/padding.js';
import { Flatten, Permute, RepeatVector, Reshape } from './reshaping/reshaping.js';

export type LayerClasses = Readonly<Record<string, ObjectClass<Layer>>>;
/** All built-in layers by class name. */
export const layerClasses = (): LayerClasses => ({
  Activation,
  ActivityRegularization,
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  Add,
  AdditiveAttention,
  AlphaDropout,
  Attention,
  Average,
  AveragePooling1D,
  AveragePooling2D,
  AveragePooling3D,
  BatchNormalization,
  Bidirectional,
  CategoryEncoding,
  CenterCrop,
  Concatenate,
  Conv1D,
  Conv1DTranspose,
  Conv2D,
  Conv2DTranspose,
  Conv3D,
  Conv3DTranspose,
  ConvLSTM1D,
  ConvLSTM2D,
  ConvLSTM3D,
  Cropping1D,
  Cropping2D,
  Cropping3D,
  Dense,
  DepthwiseConv1D,
  DepthwiseConv2D,
  Discretization,
  Dot,
  Dropout,
  EinsumDense,
  ELU,
  Embedding,
  Flatten,
  GaussianDropout,
  GaussianNoise,
  GlobalAveragePooling1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling3D,
  GroupNormalization,
  GroupQueryAttention,
  GroupedQueryAttention: GroupQueryAttention,
  GRU,
  GRUCell,
  Hashing,
  Identity,
  MelSpectrogram,
  STFTSpectrogram,
  InputLayer,
  IntegerLookup,
  LayerNormalization,
  LeakyReLU,
  LSTM,
  LSTMCell,
  Masking,
  Maximum,
  MaxPooling1D,
  MaxPooling2D,
  MaxPooling3D,
  Minimum,
  MultiHeadAttention,
  Multiply,
  Normalization,
  Permute,
  PReLU,
  RandomCrop,
  RandomFlip,
  ReLU,
  RepeatVector,
  Rescaling,
  Reshape,
  Resizing,
  ReversibleEmbedding,
  RMSNormalization,
  RNN,
  SeparableConv1D,
  SeparableConv2D,
  SimpleRNN,
  SimpleRNNCell,
  Softmax,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  SpectralNormalization,
  StackedRNNCells,
  Subtract,
  TimeDistributed,
  UnitNormalization,
  UpSampling1D,
  UpSampling2D,
  UpSampling3D,
  ZeroPadding1D,
  ZeroPadding2D,
  ZeroPadding3D,
});

/**
 * Makes a layer from what `layers.serialize` (or a Keras file) wrote.
 *
 * @param customObjects  classes of your own, by class name or registered name
 * @throws ValueError  for an unknown class, naming the nearest known ones
 * @example
 * tf.keras.layers.deserialize(tf.keras.layers.serialize(new tf.keras.layers.Dense(4))).className // => 'Dense'
 */
export function deserialize(object: unknown, o: { customObjects?: LayerClasses } = {}): Layer {
  const classes = { ...layerClasses(), ...o.customObjects };
  const resolve: Resolve = (x) => {
    if (!isSerialized(x))
      throw new ValueError(
        `layers.deserialize: expected an object with class_name and config, received ${x === null ? 'null' : typeof x}`,
      );
    const found = [x.class_name, x.registered_name ?? '', x.registered_name?.split('>').at(-1) ?? ''].find((name) =>
      Object.hasOwn(classes, name),
    );
    if (found === undefined) {
      throw new ValueError(
        `Could not locate class '${x.class_name}'. Make sure custom classes are passed as \`customObjects\`.${nearest(x.class_name, Object.keys(classes))}`,
      );
    }
    return classes[found]!.fromConfig(x.config, resolve);
  };
  return resolve(object) as Layer;
}
export const serialize = (layer: Layer): Serialized => layer.serialize();
