// Fields that hold parameters: a plain tensor in their place would not be trained, so it is refused.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';
import { nn, type Tensor } from '../index.js';

class Scale extends nn.Module {
  scale = new nn.Parameter(torch.ones([1]));
  forward(x: Tensor): Tensor {
    return x.mul(this.scale);
  }
}
const list = (t: Tensor): unknown => t.toArraySync();

describe('fields that hold parameters', () => {
  const refused = (name: string): string =>
    `cannot assign 'torch.FloatTensor' as parameter '${name}' (torch.nn.Parameter or None expected). Wrap it, new nn.Parameter(tensor), or write the values in place, torch.noGrad(() => module.${name}.copy_(tensor))`;
  const put = (m: torch.nn.Module, name: string, value: unknown) => (): void => {
    (m as unknown as Record<string, unknown>)[name] = value;
  };

  test.each<[string, () => torch.nn.Module]>([
    ['weight', () => new nn.Linear(3, 2)],
    ['weight', () => new nn.Bilinear(3, 2, 2)],
    ['weight', () => new nn.Conv2d(1, 2, 3)],
    ['weight', () => new nn.ConvTranspose1d(1, 2, 3)],
    ['weight', () => new nn.LazyLinear(2)],
    ['weight', () => new nn.Embedding(3, 2)],
    ['weight', () => new nn.EmbeddingBag(3, 2)],
    ['weight', () => new nn.BatchNorm1d(3)],
    ['weight', () => new nn.LayerNorm(3)],
    ['weight', () => new nn.RMSNorm(3)],
    ['weight', () => new nn.GroupNorm(1, 3)],
    ['weight', () => new nn.PReLU()],
    ['in_proj_weight', () => new nn.MultiheadAttention(4, 2)],
    ['weight_ih', () => new nn.LSTMCell(4, 2)],
    ['weight_ih_l0', () => new nn.GRU(4, 2)],
    ['0', () => new nn.ParameterList([torch.ones([2])])],
    ['a', () => new nn.ParameterDict({ a: torch.ones([2]) })],
    ['bias', () => new nn.Linear(3, 2, { bias: false })],
  ])('%s: a plain tensor is refused at once, with the remedy', (name, make) => {
    const m = make();
    expect(put(m, name, torch.ones([2, 3]))).toThrow(new TypeError(refused(name)));
    const own = new nn.Parameter(torch.ones([2, 3]));
    put(m, name, own)();
    expect(m.getParameter(name)).toBe(own);
    put(m, name, null)();
    expect([...m.namedParameters()].map(([n]) => n)).not.toContain(name);
    expect(put(m, name, torch.ones([1]))).toThrow(refused(name));
  });

  test('of a module of the program: once it was called or asked for its parameters', () => {
    const net = new Scale();
    net(torch.ones([1]));
    expect(put(net, 'scale', torch.ones([1]))).toThrow(refused('scale'));
    const copy = nn.deepcopy(net);
    expect(put(copy, 'scale', 3)).toThrow("cannot assign 'number' as parameter 'scale'");
    net.scale = new nn.Parameter(torch.full([1], 2));
    expect(list(net.getParameter('scale'))).toEqual([2]);
    expect(list(copy.getParameter('scale'))).toEqual([1]);
  });
});
