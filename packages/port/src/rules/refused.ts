// Classes that have no counterpart, with the reason and the way out.
import { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { type ClassOf, type Module, type PortRecord, record } from '../rule.js';
import type { Layer } from '@nn/keras';

const { layers } = keras;
type Row<T> = readonly [classes: readonly ClassOf<T>[], reason: string, wayOut?: string];

/** All losses of the library. */
function losses(): ClassOf<Module>[] {
  const named = Object.entries(nn) as unknown as [string, ClassOf<Module>][];
  return named.filter(([name]) => name.endsWith('Loss')).map(([, c]) => c);
}
const torch: readonly Row<Module>[] = [
  [[nn.Bilinear], 'Keras has no bilinear layer'],
  [
    [nn.RReLU],
    'Keras has no random slopes',
    'In evaluation it is nn.LeakyReLU((lower + upper) / 2); or declare a custom layer with definePort',
  ],
  [
    [nn.LPPool1d, nn.LPPool2d, nn.LPPool3d, nn.FractionalMaxPool2d, nn.FractionalMaxPool3d],
    'Keras pools by maximum and average only',
  ],
  [[nn.MaxUnpool1d, nn.MaxUnpool2d, nn.MaxUnpool3d], 'Keras pooling returns no indices to go back by'],
  [[nn.LocalResponseNorm, nn.CrossMapLRN2d], 'Keras has no local response normalization'],
  [
    [nn.PixelShuffle, nn.PixelUnshuffle, nn.ChannelShuffle],
    'Keras has no such layer, and its order of the channels differs',
    'Write it with Reshape and Permute as a custom layer, and declare the pair with definePort',
  ],
  [
    [
      nn.ReflectionPad1d,
      nn.ReflectionPad2d,
      nn.ReflectionPad3d,
      nn.ReplicationPad1d,
      nn.ReplicationPad2d,
      nn.ReplicationPad3d,
      nn.CircularPad1d,
      nn.CircularPad2d,
      nn.CircularPad3d,
    ],
    'Keras pads with zeros only',
  ],
  [[nn.Fold, nn.Unfold], 'Keras has no such layer'],
  [
    [nn.CosineSimilarity, nn.PairwiseDistance],
    'Keras has no distance layers',
    'Use keras.layers.Dot with normalize for the cosine, or declare a custom layer with definePort',
  ],
  [[nn.EmbeddingBag], 'Keras has no bags of different lengths', 'Use nn.Embedding and reduce its output'],
  [[nn.AdaptiveLogSoftmaxWithLoss], 'Keras has no adaptive softmax'],
  [losses(), 'losses are not layers', 'Give keras.losses to compile, or to the training loop'],
  [
    [nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict],
    'it has no forward of its own',
    'Port the module that calls its parts',
  ],
];
const inKeras: readonly Row<Layer>[] = [
  [[layers.Masking], 'torch has no masks that travel with tensors', 'Pass lengths or a mask explicitly'],
  [[layers.GaussianNoise, layers.GaussianDropout], 'torch has no layer for Gaussian noise'],
  [[layers.ActivityRegularization], 'torch modules add nothing to the loss', 'Add the penalty in the training loop'],
  [
    [layers.Attention, layers.AdditiveAttention],
    'its scores are not divided by the square root of the size',
    'Use nn.functional.scaledDotProductAttention with { scale: 1 }, or keep it as it is with asModule',
  ],
  [[layers.GroupQueryAttention], 'nn.MultiheadAttention has as many key heads as query heads'],
  [
    [layers.SpectralNormalization],
    'Keras overwrites the kernel in training, torch computes it anew',
    'Merge it into the kernel before porting',
  ],
  [
    [layers.ConvLSTM1D, layers.ConvLSTM2D, layers.ConvLSTM3D, layers.StackedRNNCells],
    'torch has RNN, LSTM and GRU only',
    'Write a module that loops over the steps and declare it with definePort',
  ],
  [
    [layers.Lambda],
    'its function is code of your own',
    'Write a module with the same function, and declare the pair of classes with definePort',
  ],
  [
    [layers.ReversibleEmbedding],
    'torch has no reversible embedding',
    'Use nn.Embedding, and its weight in the forward',
  ],
];

const refusal = (reason: string, wayOut?: string) => ({
  setting: () => null,
  when: () => true,
  reason,
  ...(wayOut !== undefined && { wayOut }),
});
/** Never reached: the refusal comes first. */
const never = (): never => {
  throw new TypeError('refused');
};
export const refused: readonly PortRecord[] = [
  ...torch.flatMap(([classes, reason, wayOut]) =>
    classes.map((c) => record<Module, Layer>(c, null, { toKeras: never, refuseToKeras: [refusal(reason, wayOut)] })),
  ),
  ...inKeras.flatMap(([classes, reason, wayOut]) =>
    classes.map((c) =>
      record<Module, Layer>(null, c, { anySize: true, toTorch: never, refuseToTorch: [refusal(reason, wayOut)] }),
    ),
  ),
];
