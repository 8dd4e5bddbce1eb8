// Layers and losses: wrong uses in PyTorch's words with the remedy, forms of arguments, behaviour that golden cases do not show.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { nn, tensor } = torch;
const { functional: F } = nn;
type Tensor = torch.Tensor;
const ones = (...shape: number[]): Tensor => torch.ones(shape);
const ints = (data: number[]): Tensor => tensor(data, { dtype: 'int32' });
const list = (t: Tensor | null | undefined): unknown => t && t.toArraySync();

test.each<[string, () => unknown, string]>([
  ['Linear', () => new nn.Linear(4, 5)(ones(2, 3)), 'mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)'],
  [
    'Linear of batches',
    () => new nn.Linear(4, 5)(ones(2, 6, 3)),
    'mat1 and mat2 shapes cannot be multiplied (12x3 and 4x5)',
  ],
  [
    'Linear in another dtype',
    () => new nn.Linear(4, 5)(ones(2, 4).double()),
    "mat1 and mat2 must have the same dtype, but got float64 and float32. Convert one: x.to('float32')",
  ],
  [
    'Conv2d channels',
    () => new nn.Conv2d(3, 4, 3)(ones(1, 2, 5, 5)),
    'Given groups=1, weight of size [4, 3, 3, 3], expected input[1, 2, 5, 5] to have 3 channels, but got 2 channels instead',
  ],
  [
    'Conv2d rank',
    () => new nn.Conv2d(3, 4, 3)(ones(3, 5)),
    'Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 5]',
  ],
  [
    'Conv2d kernel',
    () => new nn.Conv2d(1, 1, 3)(ones(1, 1, 2, 2)),
    "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size can't be greater than actual input size",
  ],
  ['Conv1d groups', () => new nn.Conv1d(3, 4, 1, { groups: 2 }), 'in_channels must be divisible by groups'],
  [
    'Conv1d padding',
    () => new nn.Conv1d(3, 4, 1, { padding: 'same', stride: 2 }),
    "padding='same' is not supported for strided convolutions",
  ],
  ['Conv1d mode', () => new nn.Conv1d(3, 4, 1, { paddingMode: 'reflekt' as never }), 'Did you mean "reflect"?'],
  [
    'ConvTranspose2d mode',
    () => new nn.ConvTranspose2d(1, 1, 1, { paddingMode: 'reflect' }),
    'Only "zeros" padding mode is supported for ConvTranspose2d',
  ],
  [
    'ConvTranspose1d size',
    () => new nn.ConvTranspose1d(1, 1, 3, { stride: 2 })(ones(1, 1, 3), [9]),
    'requested an output size of [9], but valid sizes range from [7] to [8]',
  ],
  [
    'MaxPool2d padding',
    () => new nn.MaxPool2d(2, { padding: 2 })(ones(1, 1, 4, 4)),
    'pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and dilation=1',
  ],
  [
    'BatchNorm1d of one value',
    () => new nn.BatchNorm1d(2)(ones(1, 2)),
    'Expected more than 1 value per channel when training, got input size torch.Size([1, 2])',
  ],
  ['BatchNorm2d rank', () => new nn.BatchNorm2d(2)(ones(1, 2)), 'expected 4D input (got 2D input)'],
  ['BatchNorm1d channels', () => new nn.BatchNorm1d(2)(ones(4, 3)), 'running_mean should contain 3 elements not 2'],
  [
    'LayerNorm',
    () => new nn.LayerNorm(4)(ones(2, 3)),
    'Given normalized_shape=[4], expected input with shape [*, 4], but got input of size [2, 3]',
  ],
  ['GroupNorm', () => new nn.GroupNorm(2, 3), 'num_channels (3) must be divisible by num_groups (2)'],
  ['Dropout', () => new nn.Dropout(1.5), 'dropout probability has to be between 0 and 1, but got 1.5'],
  [
    'Embedding index',
    () => new nn.Embedding(3, 2)(tensor([1])),
    "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.float32",
  ],
  ['Embedding padding', () => new nn.Embedding(3, 2, { paddingIdx: 3 }), 'Padding_idx must be within num_embeddings'],
  ['MultiheadAttention heads', () => new nn.MultiheadAttention(5, 2), 'embed_dim must be divisible by num_heads'],
  [
    'MultiheadAttention size',
    () => new nn.MultiheadAttention(4, 2)(ones(2, 1, 3), ones(2, 1, 3), ones(2, 1, 3)),
    'was expecting embedding dimension of 4, but got 3',
  ],
  [
    'TransformerEncoderLayer',
    () => new nn.TransformerEncoderLayer(4, 2, { activation: 'gleu' as never }),
    'activation should be relu/gelu, not gleu. Did you mean "gelu"?',
  ],
  ['PixelShuffle', () => new nn.PixelShuffle(2)(ones(1, 3, 2, 2)), 'is not divisible by 4'],
  [
    'Upsample',
    () => new nn.Upsample({ scaleFactor: 2, mode: 'bilinaer' as never })(ones(1, 1, 2, 2)),
    'unknown mode \'bilinaer\'. Did you mean "bilinear"?',
  ],
  [
    'ReflectionPad1d',
    () => new nn.ReflectionPad1d(3)(ones(1, 1, 3)),
    'Padding size should be less than the corresponding input dimension',
  ],
  [
    'CrossEntropyLoss batch',
    () => new nn.CrossEntropyLoss()(ones(3, 2), ints([0, 1])),
    'Expected input batch_size (3) to match target batch_size (2).',
  ],
  [
    'CrossEntropyLoss dtype',
    () => new nn.CrossEntropyLoss()(ones(2, 3), tensor([0, 1])),
    'expected scalar type Long (int32 here) for class indices but found f32. Use target.int()',
  ],
  [
    'CrossEntropyLoss weight',
    () => new nn.CrossEntropyLoss({ weight: ones(2) })(ones(2, 3), ints([0, 1])),
    'weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]',
  ],
  [
    'BCELoss',
    () => new nn.BCELoss()(ones(2), ones(3)),
    'Using a target size (torch.Size([3])) that is different to the input size (torch.Size([2])) is deprecated.',
  ],
  [
    'BCEWithLogitsLoss',
    () => new nn.BCEWithLogitsLoss()(ones(2), ones(3)),
    'Target size (torch.Size([3])) must be the same as input size (torch.Size([2]))',
  ],
  [
    'reduction',
    () => new nn.MSELoss({ reduction: 'maen' as never })(ones(2), ones(2)),
    'maen is not a valid value for reduction. Did you mean "mean"?',
  ],
  [
    'HuberLoss',
    () => new nn.HuberLoss({ delta: 0 })(ones(2), ones(2)),
    'huber_loss does not support non-positive values for delta.',
  ],
])('%s', (_, f, message) => {
  expect(f).toThrow(message);
});

describe('behaviour', () => {
  test('batches are optional where PyTorch has it so', () => {
    expect(new nn.Conv2d(1, 2, 3)(ones(1, 5, 5)).shape).toEqual([2, 3, 3]);
    expect(new nn.MaxPool1d(2)(ones(3, 4)).shape).toEqual([3, 2]);
    expect(new nn.LSTM(2, 3)(ones(4, 2))[1][1].shape).toEqual([1, 3]);
    expect(new nn.MultiheadAttention(4, 2)(ones(3, 4), ones(3, 4), ones(3, 4))[1].shape).toEqual([3, 3]);
    expect(new nn.CrossEntropyLoss()(tensor([0, 0]), tensor(1, { dtype: 'int32' })).itemSync()).toBeCloseTo(
      Math.LN2,
      6,
    );
  });
  test('pooling returns indices when asked, with their types', () => {
    const [values, indices] = new nn.MaxPool2d(2, { returnIndices: true })(torch.arange(16).float().view(1, 1, 4, 4));
    expect([list(values.flatten()), list(indices.flatten())]).toEqual([
      [5, 7, 13, 15],
      [5, 7, 13, 15],
    ]);
    expect(list(new nn.MaxUnpool2d(2)(values, indices).sum([0, 1, 2]))).toEqual([0, 18, 0, 22]);
  });
  test('dropout scales what it keeps, per element or per channel', () => {
    torch.manualSeed(0);
    const y = new nn.Dropout(0.25)(ones(4000));
    expect(y.mean().itemSync()).toBeCloseTo(1, 1);
    expect(new Set(list(y) as number[]).size).toBe(2);
    const channels = new nn.Dropout2d(0.5)(ones(8, 8, 2, 2)).view(64, 4);
    expect(channels.amax(1).equal(channels.amin(1))).toBe(true);
  });
  test('in place where asked', () => {
    const x = tensor([-1, 2]);
    expect(new nn.ReLU({ inplace: true })(x)).toBe(x);
    expect(list(x)).toEqual([0, 2]);
    expect(list(F.leakyRelu(tensor([-1]), 0.5, { inplace: true }))).toEqual([-0.5]);
  });
  test('optional first arguments in order or by name', () => {
    expect(new nn.Dropout(0.1).p).toBe(new nn.Dropout({ p: 0.1 }).p);
    expect(new nn.Softmax(1).dim).toBe(new nn.Softmax({ dim: 1 }).dim);
    expect(list(F.softplus(tensor([1]), 2, 5))).toEqual(list(F.softplus(tensor([1]), { beta: 2, threshold: 5 })));
    expect(F.maxPool2d(ones(1, 1, 4, 4), 2, 1).shape).toEqual([1, 1, 3, 3]);
    expect(F.conv1d(ones(1, 1, 5), ones(1, 1, 3), null, 2, 1).shape).toEqual([1, 1, 3]);
  });
  test('the mask of a transformer hides what comes later', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { batchFirst: true, dropout: 0 });
    const mask = nn.Transformer.generateSquareSubsequentMask(3);
    expect(list(mask.at(0))).toEqual([0, -Infinity, -Infinity]);
    const x = torch.randn([1, 3, 4]);
    const y = x.clone();
    y.set([':', 2], 9);
    const [a, b] = [layer(x, { srcMask: mask }), layer(y, { srcMask: mask })];
    expect(a.at(':', ':2').allclose(b.at(':', ':2'))).toBe(true);
    expect(a.at(':', 2).allclose(b.at(':', 2))).toBe(false);
  });
  test('embeddings from given vectors are frozen', () => {
    const e = nn.Embedding.fromPretrained(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(list(e(ints([1])))).toEqual([[3, 4]]);
    expect(e.weight.requiresGrad).toBe(false);
  });
  test('running statistics count batches, and average them without momentum', () => {
    const bn = new nn.BatchNorm1d(1, { momentum: null });
    bn(tensor([[0], [2]]));
    bn(tensor([[4], [6]]));
    expect([bn.running_mean!.itemSync(), bn.num_batches_tracked!.itemSync()]).toEqual([3, 2]);
    bn.resetRunningStats();
    expect([bn.running_mean!.itemSync(), bn.running_var!.itemSync()]).toEqual([0, 1]);
  });
});

describe('gradients of parameters together', () => {
  const withGrads = (...grads: number[][]): Tensor[] =>
    grads.map((g) => {
      const p = new nn.Parameter(ones(g.length));
      p.grad = tensor(g);
      return p;
    });
  test('clipGradNorm_', () => {
    const ps = withGrads([3], [0, 4]);
    expect(nn.utils.clipGradNorm_(ps, 1).itemSync()).toBe(5);
    expect((list(ps[0]!.grad) as number[])[0]).toBeCloseTo(0.6, 5);
    expect(nn.utils.clipGradNorm_(withGrads([3], [0, -4]), 10, Infinity).itemSync()).toBe(4);
    expect(() => nn.utils.clipGradNorm_(withGrads([NaN]), 1, { errorIfNonfinite: true })).toThrow(
      'is non-finite, so it cannot be clipped',
    );
    expect(nn.utils.clipGradNorm_([], 1).itemSync()).toBe(0);
  });
  test('clipGradValue_', () => {
    const ps = withGrads([3, -0.1]);
    nn.utils.clipGradValue_(ps, 0.5);
    expect((list(ps[0]!.grad) as number[]).map((g) => g.toFixed(1))).toEqual(['0.5', '-0.1']);
  });
  test('as a vector', () => {
    const net = new nn.Linear(2, 1);
    nn.utils.vectorToParameters(tensor([1, 2, 3]), net.parameters());
    expect([list(net.weight), list(net.bias)]).toEqual([[[1, 2]], [3]]);
    expect(list(nn.utils.parametersToVector(net.parameters()))).toEqual([1, 2, 3]);
  });
});
