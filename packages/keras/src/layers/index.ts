// keras.layers
export { Input, InputLayer, type InputOptions } from './core/input-layer.js';
export { InputSpec, type InputSpecOptions } from './input-spec.js';
export { Layer, type CallOptions, type LayerOptions } from './layer.js';
export type { WeightOptions } from './layer-state.js';
export { ELU, LeakyReLU, PReLU, ReLU, Softmax } from './core/activation-layers.js';
export { Dense, type DenseOptions } from './core/dense.js';
export { EinsumDense, type EinsumDenseOptions } from './core/einsum-dense.js';
export { Embedding, type EmbeddingOptions } from './core/embedding.js';
export { ReversibleEmbedding } from './core/reversible-embedding.js';
export { Activation, Identity, Lambda, Masking } from './core/simple.js';
export {
  Conv1D,
  Conv1D as Convolution1D,
  Conv2D,
  Conv2D as Convolution2D,
  Conv3D,
  Conv3D as Convolution3D,
  type ConvOptions,
} from './convolution/conv.js';
export {
  Conv1DTranspose,
  Conv2DTranspose,
  Conv3DTranspose,
  type ConvTransposeOptions,
} from './convolution/conv-transpose.js';
export {
  DepthwiseConv1D,
  DepthwiseConv2D,
  SeparableConv1D,
  SeparableConv2D,
  type DepthwiseOptions,
  type SeparableOptions,
} from './convolution/depthwise.js';
export {
  AveragePooling1D,
  AveragePooling1D as AvgPool1D,
  AveragePooling2D,
  AveragePooling2D as AvgPool2D,
  AveragePooling3D,
  AveragePooling3D as AvgPool3D,
  MaxPooling1D,
  MaxPooling1D as MaxPool1D,
  MaxPooling2D,
  MaxPooling2D as MaxPool2D,
  MaxPooling3D,
  MaxPooling3D as MaxPool3D,
  type PoolingOptions,
} from './pooling/pooling.js';
export {
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
export { BatchNormalization, type BatchNormalizationOptions } from './normalization/batch-normalization.js';
export {
  GroupNormalization,
  LayerNormalization,
  RMSNormalization,
  UnitNormalization,
} from './normalization/layer-normalization.js';
export { SpectralNormalization } from './normalization/spectral-normalization.js';
export {
  ActivityRegularization,
  AlphaDropout,
  Dropout,
  GaussianDropout,
  GaussianNoise,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
} from './regularization/dropout.js';
export { GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells } from './recurrent/cells.js';
export { ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, type ConvLSTMOptions } from './recurrent/conv-lstm.js';
export { GRU, LSTM, RNN, SimpleRNN, type RNNOptions } from './recurrent/rnn.js';
export { Bidirectional, TimeDistributed, Wrapper } from './recurrent/wrappers.js';
export { AdditiveAttention, Attention } from './attention/attention.js';
export { GroupQueryAttention } from './attention/grouped-query-attention.js';
export { MultiHeadAttention, type MultiHeadAttentionOptions } from './attention/multi-head-attention.js';
export { Flatten, Permute, RepeatVector, Reshape } from './reshaping/reshaping.js';
export {
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
export { Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract } from './merging/merging.js';
export { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from './merging/functions.js';
export {
  MelSpectrogram,
  STFTSpectrogram,
  type SpectrogramMode,
  type STFTSpectrogramOptions,
  type MelSpectrogramOptions,
} from './preprocessing/audio.js';
export { Hashing, type HashingOptions } from './preprocessing/hashing.js';
export { CategoryEncoding, Discretization, IntegerLookup } from './preprocessing/encoding.js';
export { CenterCrop, RandomCrop, RandomFlip, Resizing } from './preprocessing/images.js';
export { Normalization, Rescaling } from './preprocessing/scaling.js';
export { deserialize, serialize } from './deserialize.js';
