// Modules as PyTorch prints them.
import { describe, expect, test } from 'vitest';
import { inspect } from 'node:util';
import * as torch from '../index.js';

const { nn } = torch;

class Net extends nn.Module {
  fc1 = new nn.Linear(3, 2);
  relu = new nn.ReLU();
  fc2 = new nn.Linear(2, 1);
  forward(x: torch.Tensor): torch.Tensor {
    return this.fc2(this.relu(this.fc1(x)));
  }
}

describe('printing', () => {
  test('nested', () => {
    expect(inspect(new Net())).toBe(
      'Net(\n  (fc1): Linear(in_features=3, out_features=2, bias=True)\n  (relu): ReLU()\n  (fc2): Linear(in_features=2, out_features=1, bias=True)\n)',
    );
  });
  test.each<[torch.nn.Module, string]>([
    [new nn.Sequential(), 'Sequential()'],
    [new nn.Sequential(new nn.Tanh()), 'Sequential(\n  (0): Tanh()\n)'],
    [
      new nn.ModuleList([new nn.ReLU(), new nn.ReLU(), new nn.Tanh()]),
      'ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Tanh()\n)',
    ],
    [new nn.ModuleDict({ a: new nn.ReLU() }), 'ModuleDict(\n  (a): ReLU()\n)'],
    [
      new nn.ParameterList([torch.ones([2, 3])]),
      'ParameterList(  (0): Parameter containing: [torch.float32 of size 2x3])',
    ],
    [new nn.Bilinear(1, 2, 3), 'Bilinear(in1_features=1, in2_features=2, out_features=3, bias=True)'],
    [new nn.Conv2d(3, 6, 5), 'Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1))'],
    [
      new nn.Conv1d(2, 4, 3, {
        stride: 2,
        padding: 'valid',
        dilation: 2,
        groups: 2,
        bias: false,
        paddingMode: 'circular',
      }),
      'Conv1d(2, 4, kernel_size=(3,), stride=(2,), padding=valid, dilation=(2,), groups=2, bias=False, padding_mode=circular)',
    ],
    [
      new nn.ConvTranspose2d(3, 2, 3, { stride: 2, outputPadding: 1 }),
      'ConvTranspose2d(3, 2, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1))',
    ],
    [new nn.MaxPool2d(2), 'MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)'],
    [new nn.AvgPool1d(2), 'AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))'],
    [new nn.AdaptiveAvgPool2d([1, null]), 'AdaptiveAvgPool2d(output_size=(1, None))'],
    [new nn.LeakyReLU(0.2), 'LeakyReLU(negative_slope=0.2)'],
    [new nn.ELU(), 'ELU(alpha=1.0)'],
    [new nn.ReLU({ inplace: true }), 'ReLU(inplace=True)'],
    [new nn.Softmax(1), 'Softmax(dim=1)'],
    [new nn.GELU(), "GELU(approximate='none')"],
    [new nn.Hardtanh(), 'Hardtanh(min_val=-1.0, max_val=1.0)'],
    [new nn.Softplus(), 'Softplus(beta=1.0, threshold=20.0)'],
    [new nn.PReLU(), 'PReLU(num_parameters=1)'],
    [new nn.Dropout(), 'Dropout(p=0.5, inplace=False)'],
    [new nn.LayerNorm(4), 'LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)'],
    [new nn.GroupNorm(2, 4), 'GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)'],
    [new nn.RMSNorm(4), 'RMSNorm((4,), eps=None, elementwise_affine=True)'],
    [new nn.LocalResponseNorm(2), 'LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)'],
    [new nn.Embedding(5, 3, { paddingIdx: -1 }), 'Embedding(5, 3, padding_idx=4)'],
    [new nn.EmbeddingBag(5, 3), "EmbeddingBag(5, 3, mode='mean')"],
    [new nn.LSTM(3, 4, { numLayers: 2, batchFirst: true }), 'LSTM(3, 4, num_layers=2, batch_first=True)'],
    [new nn.GRUCell(3, 4), 'GRUCell(3, 4)'],
    [new nn.Flatten(), 'Flatten(start_dim=1, end_dim=-1)'],
    [new nn.Unflatten(1, [2, 3]), 'Unflatten(dim=1, unflattened_size=(2, 3))'],
    [new nn.Upsample({ scaleFactor: 2 }), "Upsample(scale_factor=2.0, mode='nearest')"],
    [new nn.ZeroPad2d(1), 'ZeroPad2d((1, 1, 1, 1))'],
    [new nn.ConstantPad1d(1, 3.5), 'ConstantPad1d(padding=(1, 1), value=3.5)'],
    [new nn.PixelShuffle(2), 'PixelShuffle(upscale_factor=2)'],
    [new nn.CrossEntropyLoss(), 'CrossEntropyLoss()'],
  ])('%#', (m, text) => {
    expect(String(m)).toBe(text);
  });
});
