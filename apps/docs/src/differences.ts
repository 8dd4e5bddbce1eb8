// Where the two styles differ: facts of PyTorch 2.13 and Keras 3.15, which the faces keep.

export type Row = readonly [topic: string, torch: string, keras: string];
export const differences: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  {
    title: 'Conventions',
    rows: [
      ['layout of images', 'channels first, `(N, C, H, W)`', 'channels last by default, `(N, H, W, C)`'],
      ['sequences', '`(L, N, C)` unless `batchFirst`', 'always `(N, L, C)`'],
      ['input size of a layer', 'an argument', 'seen in `build`, on the first call'],
      ['activation', 'a module of its own', '`activation` of the layer'],
      ['masks', '`true` = ignore (attention modules)', '`true` = keep, and passed along with tensors'],
      ['training mode', '`module.train()`, `module.eval()`', 'the argument `training`'],
      ['frozen BatchNorm', '`eval()` and `requiresGrad` are independent', '`trainable = false` is inference mode'],
      ['loss arguments', '`(input, target)`', '`(yTrue, yPred, sampleWeight)`'],
    ],
  },
  {
    title: 'Weights',
    rows: [
      ['linear layer', '`weight` (out, in)', '`kernel` (in, out)'],
      ['convolution', '(out, in / groups, ...window)', '(...window, in / groups, out)'],
      ['GRU gates', 'r, z, n', 'z, r, h'],
      ['LSTM, RNN biases', 'two, which train apart', 'one'],
      ['attention', 'one `in_proj_weight` (3E, E)', 'query, key and value kernels (E, H, d)'],
      ['dense after flatten', 'sees (C, H, W) in order', 'sees (H, W, C) in order'],
    ],
  },
  {
    title: 'Defaults',
    rows: [
      ['linear and convolution weights', 'U(±1/√fan_in), biases too', 'Glorot uniform, biases 0'],
      ['recurrent weights', 'U(±1/√hidden)', 'Glorot kernels, orthogonal recurrence, forget bias 1'],
      ['embedding', 'N(0, 1)', 'U(±0.05)'],
      ['norms, epsilon', '1e-5', '1e-3 (RMS 1e-6)'],
      ['BatchNorm momentum', '0.1, the share of the new', '0.99, the share of the old'],
      ['BatchNorm running variance', 'divides by n - 1', 'divides by n'],
      ['LeakyReLU slope', '0.01', '0.3 (layer), 0.2 (function)'],
      ['GELU', 'exact', 'exact in `activations`, tanh in `ops`'],
      ['average pooling', 'counts the padding', '`same` padding is not counted'],
      ["padding 'same', stride 2", 'not there', 'more on the right, and depends on the size'],
    ],
  },
  {
    title: 'Losses',
    rows: [
      ['mean', 'over all elements', 'of the means of samples'],
      ['class and sample weights', 'divides by the sum of weights', 'divides by the count'],
      ['cross-entropy', 'takes logits', 'takes probabilities unless `fromLogits`'],
      ['log of 0', 'held at -100', 'probabilities held inside [1e-7, 1 - 1e-7]'],
      ['KL divergence', 'mean over all elements', 'sum over classes, mean over samples'],
      ['cosine similarity', '1 - cos (CosineEmbeddingLoss)', '-cos'],
    ],
  },
  {
    title: 'Optimizers',
    rows: [
      ['SGD learning rate', '1e-3', '0.01'],
      ['SGD momentum', 'the rate is outside of the buffer', 'the rate is inside of the velocity'],
      ['Adam epsilon', '1e-8, after the bias correction', '1e-7, before it'],
      ['weight decay', 'added to the gradient, but in AdamW', 'always beside the gradient'],
      ['AdamW decay', '1e-2', '4e-3'],
      ['RMSprop', 'epsilon outside of the root, rate 0.01', 'epsilon inside, rate 0.001'],
      ['Adagrad start', '0', '0.1'],
      ['clipping by norm', 'all gradients together', '`clipnorm` each, `globalClipnorm` together'],
      ['schedules', 'stepped by hand, mostly per epoch', 'a function of the step'],
    ],
  },
];
