// Containers, lazy modules, parametrizations, recurrent modules of custom cells.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { nn, tensor } = torch;
type Tensor = torch.Tensor;
const names = (m: torch.nn.Module): string[] => [...m.namedParameters()].map(([n]) => n);

describe('containers', () => {
  test('Sequential', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU());
    net.append(new nn.Linear(3, 1)).insert(1, new nn.Tanh());
    expect([...net].map((m) => m.getName())).toEqual(['Linear', 'Tanh', 'ReLU', 'Linear']);
    expect(net.length).toBe(4);
    expect(net.at(-1)(torch.ones([1, 3])).shape).toEqual([1, 1]);
    expect(net.slice(0, 2)(torch.ones([1, 2])).shape).toEqual([1, 3]);
    expect(() => net.at(4)).toThrow('index 4 is out of range: Sequential holds 4 modules');
    expect(names(new nn.Sequential(new Map([['first', new nn.Linear(1, 1)]])))).toEqual(['first.weight', 'first.bias']);
    expect(() => new nn.Sequential(new nn.ReLU(), 3 as never)).toThrow('Sequential: number is not a Module subclass');
  });
  test('ModuleList', () => {
    const list = new nn.ModuleList([new nn.Linear(1, 1), new nn.Linear(1, 2)]);
    const gone = list.pop();
    list.extend([gone, new nn.Linear(2, 3)]);
    list.set(0, new nn.Linear(5, 1));
    expect(list.at(0).getParameter('weight').shape).toEqual([1, 5]);
    expect(names(list)).toEqual(['0.weight', '0.bias', '1.weight', '1.bias', '2.weight', '2.bias']);
    expect(() => list()).toThrow('Module [ModuleList] is missing the required "forward" function');
  });
  test('ModuleDict', () => {
    const dict = new nn.ModuleDict({ relu: new nn.ReLU(), fc: new nn.Linear(1, 1) });
    expect([...dict]).toEqual(['relu', 'fc']);
    expect(
      dict
        .get('relu')(tensor([-1]))
        .toArraySync(),
    ).toEqual([0]);
    expect(() => dict.get('rleu')).toThrow('Did you mean "relu"?');
    expect(() => dict.set('keys', new nn.ReLU())).toThrow("attribute 'keys' already exists");
    dict.pop('relu');
    expect([dict.length, dict.has('relu')]).toEqual([1, false]);
  });
  test('lists and dictionaries of parameters', () => {
    const list = new nn.ParameterList([torch.ones([2])]).append(torch.zeros([1]));
    expect(names(list)).toEqual(['0', '1']);
    expect(list.at(-1).shape).toEqual([1]);
    const dict = new nn.ParameterDict({ a: torch.ones([2]) });
    expect(dict.get('a').requiresGrad).toBe(true);
    expect(names(dict.set('b', torch.ones([3])))).toEqual(['a', 'b']);
  });
  test('a compiled module can be a part of another', () => {
    const inner = new nn.Linear(2, 2);
    const outer = new nn.Sequential(torch.compile(inner), new nn.ReLU());
    expect(names(outer)).toEqual(['0.weight', '0.bias']);
    expect(outer(torch.ones([1, 2])).equal(inner(torch.ones([1, 2])).relu())).toBe(true);
  });
});

describe('lazy modules', () => {
  test('become plain at the first call', () => {
    const net = new nn.Sequential(
      new nn.LazyConv2d(4, 3),
      new nn.LazyBatchNorm2d(),
      new nn.Flatten(),
      new nn.LazyLinear(2),
    );
    expect(String(net.at(0).getParameter('weight'))).toBe('<UninitializedParameter>');
    expect(net(torch.randn([2, 3, 4, 4])).shape).toEqual([2, 2]);
    expect([...net].map((m) => m.getName())).toEqual(['Conv2d', 'BatchNorm2d', 'Flatten', 'Linear']);
    expect(String(net.at(3))).toBe('Linear(in_features=16, out_features=2, bias=True)');
    expect(net.at(0).getParameter('weight').shape).toEqual([4, 3, 3, 3]);
  });
  test('also by a state dict, and inside the first compiled call', () => {
    const lazy = new nn.LazyLinear(2);
    lazy.loadStateDict({ weight: torch.ones([2, 3]), bias: torch.zeros([2]) });
    expect(lazy(torch.ones([1, 3])).toArraySync()).toEqual([[3, 3]]);
    const compiled = torch.compile(new nn.LazyLinear(2));
    expect(compiled(torch.ones([1, 4])).shape).toEqual([1, 2]);
    expect(names(compiled)).toEqual(['weight', 'bias']);
  });
});

describe('parametrizations', () => {
  test('weight norm keeps the value and splits the parameter', () => {
    const fc = new nn.Linear(3, 2);
    const before = fc.weight.clone();
    nn.utils.parametrizations.weightNorm(fc);
    expect(names(fc)).toEqual(['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']);
    expect(fc.weight.allclose(before)).toBe(true);
    fc(torch.ones([1, 3]))
      .sum()
      .backward();
    expect(fc.getParameter('parametrizations.weight.original0').grad?.shape).toEqual([2, 1]);
    nn.utils.parametrizations.removeParametrizations(fc, 'weight');
    expect(names(fc)).toEqual(['bias', 'weight']);
  });
  test('spectral norm makes the largest singular value 1', () => {
    const fc = nn.utils.parametrizations.spectralNorm(new nn.Linear(3, 2), { nPowerIterations: 30 });
    fc(torch.ones([1, 3]));
    const w = fc.weight.detach();
    const gram = w.matmul(w.t());
    const [a, b, d] = [gram.at(0, 0).itemSync(), gram.at(0, 1).itemSync(), gram.at(1, 1).itemSync()];
    expect((a + d) / 2 + Math.sqrt(((a - d) / 2) ** 2 + b * b)).toBeCloseTo(1, 3);
  });
});

describe('recurrent modules', () => {
  class Cell extends nn.Module {
    ih: torch.nn.Linear;
    hh: torch.nn.Linear;
    constructor(
      readonly inputSize: number,
      readonly hiddenSize: number,
    ) {
      super();
      this.ih = new nn.Linear(inputSize, hiddenSize);
      this.hh = new nn.Linear(hiddenSize, hiddenSize);
    }
    forward(x: Tensor, h: Tensor): Tensor {
      return torch.tanh(this.ih(x).add(this.hh(h)));
    }
  }
  test('nn.RNN around a custom cell equals the built-in one', () => {
    const cell = new Cell(3, 4);
    const plain = new nn.RNN(3, 4);
    plain.loadStateDict({
      weight_ih_l0: cell.ih.weight,
      weight_hh_l0: cell.hh.weight,
      bias_ih_l0: cell.ih.bias!,
      bias_hh_l0: cell.hh.bias!,
    });
    const x = torch.randn([5, 2, 3]);
    const [[a, h], [b, g]] = [new nn.RNN(cell)(x), plain(x)];
    expect(a.allclose(b, { atol: 1e-6 })).toBe(true);
    expect(h.allclose(g, { atol: 1e-6 })).toBe(true);
  });
  test('layers of cells', () => {
    const rnn = new nn.RNN([new Cell(3, 4), new Cell(4, 4)], { batchFirst: true });
    const [y, h] = rnn(torch.ones([2, 5, 3]), torch.zeros([2, 2, 4]));
    expect([y.shape, h.shape]).toEqual([
      [2, 5, 4],
      [2, 2, 4],
    ]);
    expect(names(rnn).filter((n) => n.endsWith('ih.weight'))).toEqual(['cells.0.ih.weight', 'cells.1.ih.weight']);
    expect(new nn.RNN(new Cell(4, 4), { numLayers: 3 })(torch.ones([1, 1, 4]))[1].shape).toEqual([3, 1, 4]);
    expect(() => new nn.RNN(new Cell(3, 4), { numLayers: 2 })).toThrow('2 layers need 2 cells, but there is 1');
    expect(() => new nn.RNN(new Cell(3, 4), { bidirectional: true })).toThrow('custom cells run in one direction');
  });
  test('an LSTM cell hands on both states', () => {
    const [y, state] = new nn.RNN(new nn.LSTMCell(3, 4))(torch.ones([5, 2, 3]));
    expect(y.shape).toEqual([5, 2, 4]);
    expect((state as unknown as Tensor[]).map((s) => s.shape)).toEqual([
      [1, 2, 4],
      [1, 2, 4],
    ]);
  });
  test('packed sequences end where they end', () => {
    const { packPaddedSequence, padPackedSequence, padSequence } = nn.utils.rnn;
    const gru = new nn.GRU(2, 3, { batchFirst: true });
    const x = torch.randn([2, 4, 2]);
    const packed = packPaddedSequence(x, [2, 4], { batchFirst: true, enforceSorted: false });
    expect(packed.batchSizes).toEqual([2, 2, 1, 1]);
    const [out, h] = gru(packed);
    const [padded, lengths] = padPackedSequence(out, { batchFirst: true });
    expect(lengths.toArraySync()).toEqual([2, 4]);
    expect(padded.at(0, '2:').toArraySync()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(h.at(0, 0).allclose(gru(x.at('0:1', ':2'))[1].at(0, 0), { atol: 1e-6 })).toBe(true);
    expect(() => packPaddedSequence(x, [2, 4], { batchFirst: true })).toThrow('must be sorted in decreasing order');
    expect(padSequence([torch.ones([2]), torch.ones([1])], { batchFirst: true }).toArraySync()).toEqual([
      [1, 1],
      [1, 0],
    ]);
  });
  test('wrong sizes', () => {
    expect(() => new nn.LSTM(3, 4)(torch.ones([5, 2, 2]))).toThrow(
      'input.size(-1) must be equal to input_size. Expected 3, got 2',
    );
    expect(() => new nn.GRU(3, 4)(torch.ones([5, 2, 3]), torch.zeros([1, 3, 4]))).toThrow(
      'Expected hidden size (1, 2, 4), got [1, 3, 4]',
    );
    expect(() => new nn.RNN(3, 4, { nonlinearity: 'rleu' as never })).toThrow(
      "Unknown nonlinearity 'rleu'. Select from 'tanh' or 'relu'. Did you mean \"relu\"?",
    );
  });
});
