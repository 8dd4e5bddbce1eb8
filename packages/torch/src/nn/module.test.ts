// What every module does: registration by assignment, names, modes, buffers, hooks, copies.
import { describe, expect, test } from 'vitest';
import * as torch from '../index.js';

const { nn, tensor } = torch;
type Tensor = torch.Tensor;
const list = (t: Tensor | null | undefined): unknown => t && t.toArraySync();

class Net extends nn.Module {
  fc1: torch.nn.Linear;
  relu = new nn.ReLU();
  fc2: torch.nn.Linear;
  scale: torch.nn.Parameter;
  constructor() {
    super();
    this.fc1 = new nn.Linear(3, 2);
    this.fc2 = new nn.Linear(2, 1);
    this.scale = new nn.Parameter(torch.ones([1]));
    this.registerBuffer('seen', torch.zeros([], { dtype: 'int32' }));
    this.registerBuffer('cache', torch.zeros([1]), { persistent: false });
  }
  forward(x: Tensor): Tensor {
    return this.fc2(this.relu(this.fc1(x))).mul(this.scale);
  }
}

describe('registration', () => {
  test('parameters, buffers and modules are the fields', () => {
    const net = new Net();
    expect([...net.namedParameters()].map(([n]) => n)).toEqual([
      'scale',
      'fc1.weight',
      'fc1.bias',
      'fc2.weight',
      'fc2.bias',
    ]);
    expect([...net.namedBuffers()].map(([n]) => n)).toEqual(['seen', 'cache']);
    expect([...net.namedChildren()].map(([n]) => n)).toEqual(['fc1', 'relu', 'fc2']);
    expect([...net.namedModules()].map(([n]) => n)).toEqual(['', 'fc1', 'relu', 'fc2']);
    expect([...net.namedParameters('net', false)].map(([n]) => n)).toEqual(['net.scale']);
    expect(Object.keys(net.stateDict())).toEqual(['scale', 'seen', 'fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']);
  });
  test('shared modules are listed once, but saved under each name', () => {
    class Tied extends nn.Module {
      a = new nn.Linear(2, 2);
      b = this.a;
      forward(x: Tensor): Tensor {
        return this.b(this.a(x));
      }
    }
    const tied = new Tied();
    expect([...tied.parameters()]).toHaveLength(2);
    expect([...tied.namedModules()].map(([n]) => n)).toEqual(['', 'a']);
    expect(Object.keys(tied.stateDict())).toEqual(['a.weight', 'a.bias', 'b.weight', 'b.bias']);
  });
  test('names that are taken or impossible', () => {
    const net = new Net();
    expect(() => net.registerBuffer('fc1', torch.ones([1]))).toThrow("attribute 'fc1' already exists");
    expect(() => net.registerBuffer('a.b', null)).toThrow('buffer name can\'t contain "."');
    expect(() => net.registerParameter('', null)).toThrow('parameter name can\'t be empty string ""');
    expect(() => net.registerModule('forward', new nn.ReLU())).toThrow("attribute 'forward' already exists");
    expect(() => new nn.Parameter(tensor([1], { dtype: 'int32' }))).toThrow(
      'Only Tensors of floating point and complex dtype can require gradients',
    );
  });
  test('paths', () => {
    const net = new nn.Sequential({ body: new nn.Sequential(new nn.Linear(1, 2)), head: new nn.Linear(2, 1) });
    expect(net.getSubmodule('body.0')).toBeInstanceOf(nn.Linear);
    expect(net.getParameter('body.0.weight').shape).toEqual([2, 1]);
    expect(() => net.getSubmodule('haed')).toThrow('Sequential has no attribute `haed` Did you mean "head"?');
  });
});

describe('buffers', () => {
  class Mean extends nn.Module {
    declare running: Tensor;
    constructor() {
      super();
      this.registerBuffer('running', torch.zeros([2]));
    }
    forward(x: Tensor): Tensor {
      this.running = this.running.mul(0.5).add(x.mean(0).mul(0.5));
      return x.sub(this.running);
    }
  }
  test('stay buffers when they are assigned', () => {
    const m = new Mean();
    m(tensor([[2, 4]]));
    expect(list(m.running)).toEqual([1, 2]);
    expect([...m.namedBuffers()]).toHaveLength(1);
    expect(() => ((m as { running: unknown }).running = 3)).toThrow(
      "cannot assign 'number' object to buffer 'running' (torch Buffer, Tensor or None required)",
    );
  });
  test('are updated by compiled calls', () => {
    const m = new Mean();
    const f = torch.compile((x: Tensor) => m(x));
    for (let i = 0; i < 3; i++) f(tensor([[8, 8]]));
    expect(list(m.running)).toEqual([7, 7]);
    expect(f.traces).toBe(1);
    m.running = tensor([0, 0]);
    expect(list(f(tensor([[8, 8]])))).toEqual([[4, 4]]);
  });
  test('survive a field that declares their name again', () => {
    // What `running!: Tensor` in a subclass compiles to.
    class Redeclared extends Mean {
      constructor() {
        super();
        Object.defineProperty(this, 'running', {
          value: undefined,
          writable: true,
          configurable: true,
          enumerable: true,
        });
      }
    }
    const m = new Redeclared();
    m(tensor([[2, 4]]));
    expect(list(m.running)).toEqual([1, 2]);
    expect(Object.keys(m.stateDict())).toEqual(['running']);
  });
  test('nn.Buffer in a field', () => {
    class Plain extends nn.Module {
      table: Tensor = new nn.Buffer(tensor([1, 2]));
      hidden: Tensor = new nn.Buffer(tensor([3]), { persistent: false });
      forward(x: Tensor): Tensor {
        return x.mul(this.table);
      }
    }
    const m = new Plain();
    expect([...m.namedBuffers()].map(([n]) => n)).toEqual(['table', 'hidden']);
    m.table = tensor([5, 6]);
    expect(Object.keys(m.stateDict())).toEqual(['table']);
    expect(list(m.stateDict()['table'])).toEqual([5, 6]);
  });
});

describe('modes and conversions', () => {
  test('train and eval reach all children', () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout(1));
    expect(net.eval().at(1).training).toBe(false);
    expect(list(net.at(1)(torch.ones([2])))).toEqual([1, 1]);
    expect(list(net.train().at(1)(torch.ones([2])))).toEqual([0, 0]);
  });
  test('a compiled module is traced anew for the other mode', () => {
    const net = torch.compile(new nn.Sequential(new nn.Dropout(1)));
    expect(list(net(torch.ones([2])))).toEqual([0, 0]);
    net.eval();
    expect(list(net(torch.ones([2])))).toEqual([1, 1]);
    net.train();
    expect(list(net(torch.ones([2])))).toEqual([0, 0]);
    expect(net.traces).toBe(2);
    expect(net).toBeInstanceOf(nn.Sequential);
  });
  test('to another dtype, with the same parameters', async () => {
    const net = new Net();
    const { weight } = net.fc1;
    net.to('float64');
    expect(net.fc1.weight).toBe(weight);
    expect([weight.dtype, weight.requiresGrad, net.stateDict()['seen']!.dtype]).toEqual(['float64', true, 'int32']);
    expect(net(torch.ones([1, 3], { dtype: 'float64' })).dtype).toBe('float64');
    expect(await net.to(torch.ones([1]).device.name)).toBe(net);
  });
  test('gradients on and off', () => {
    const net = new Net().requiresGrad_(false);
    expect([...net.parameters()].some((p) => p.requiresGrad)).toBe(false);
    net.fc2.requiresGrad_();
    net(torch.ones([1, 3]))
      .sum()
      .backward();
    expect([...net.namedParameters()].filter(([, p]) => p.grad).map(([n]) => n)).toEqual(['fc2.weight', 'fc2.bias']);
    net.zeroGrad({ setToNone: false });
    expect(list(net.fc2.bias!.grad)).toEqual([0]);
    net.zeroGrad();
    expect(net.fc2.bias!.grad).toBeNull();
  });
  test('apply visits the children first', () => {
    const names: string[] = [];
    new Net().apply((m) => names.push(m.getName()));
    expect(names).toEqual(['Linear', 'ReLU', 'Linear', 'Net']);
  });
  test('copies are independent', () => {
    const net = new Net();
    const copy = nn.deepcopy(net);
    expect(copy).toBeInstanceOf(Net);
    torch.noGrad(() => net.fc1.weight.zero_());
    expect(copy.fc1.weight.equal(net.fc1.weight)).toBe(false);
    expect(copy(torch.ones([1, 3])).shape).toEqual([1, 1]);
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(net.stateDict()));
  });
});

describe('state dicts', () => {
  test('follow the module, and are copied into others', () => {
    const [a, b] = [new Net(), new Net()];
    const state = a.stateDict();
    torch.noGrad(() => a.scale.fill_(7));
    expect(list(state['scale'])).toEqual([7]);
    expect(b.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    const x = torch.randn([2, 3]);
    expect(a(x).equal(b(x))).toBe(true);
    torch.noGrad(() => a.scale.fill_(8));
    expect(list(b.scale)).toEqual([7]);
  });
  test('PyTorch’s message for all that does not fit', () => {
    const state = { ...new Net().stateDict(), zz: torch.ones([1]), 'fc1.weight': torch.ones([4, 4]) };
    delete (state as Record<string, Tensor>)['scale'];
    expect(() => new Net().loadStateDict(state)).toThrow(
      'Error(s) in loading state_dict for Net:\n' +
        '\tMissing key(s) in state_dict: "scale". \n' +
        '\tUnexpected key(s) in state_dict: "zz". \n' +
        '\tsize mismatch for fc1.weight: copying a param with shape torch.Size([4, 4]) from checkpoint, the shape in current model is torch.Size([2, 3]).',
    );
    delete (state as Record<string, Tensor>)['fc1.weight'];
    expect(new Net().loadStateDict(state, { strict: false })).toEqual({
      missingKeys: ['scale', 'fc1.weight'],
      unexpectedKeys: ['zz'],
    });
  });
  test('assign takes over the dtype', () => {
    const net = new nn.Linear(2, 1);
    const state = new nn.Linear(2, 1).double().stateDict();
    net.loadStateDict(state);
    expect(net.weight.dtype).toBe('float32');
    net.loadStateDict(state, { assign: true });
    expect(net.weight.dtype).toBe('float64');
  });
});

describe('hooks', () => {
  test('before and after forward', () => {
    const fc = new nn.Linear(2, 1);
    const pre = fc.registerForwardPreHook((_, [x]) => [x.mul(0)]);
    const post = fc.registerForwardHook((m, _, y) => y.sub(m.bias!).add(5));
    expect(list(fc(torch.ones([1, 2])))).toEqual([[5]]);
    pre.remove();
    post.remove();
    expect(list(fc(torch.zeros([1, 2])))).toEqual([list(fc.bias)]);
  });
  test('in backward', () => {
    const fc = new nn.Linear(2, 1, { bias: false });
    const seen: unknown[] = [];
    fc.registerFullBackwardPreHook((_, [g]) => [g!.mul(2)]);
    fc.registerFullBackwardHook((_, gradInput, gradOutput) => {
      seen.push(list(gradOutput[0]));
      return [gradInput[0]!.mul(0).add(5)];
    });
    const x = torch.ones([1, 2], { requiresGrad: true });
    fc(x).sum().backward();
    expect(seen).toEqual([[[2]]]);
    expect(list(x.grad)).toEqual([[5, 5]]);
    expect(list(fc.weight.grad)).toEqual([[2, 2]]);
  });
});
