// compile: signatures, guards, Variables, gradients inside and from outside, errors.
import { describe as group, expect, test } from 'vitest';
import * as nn from '../index.js';

const values = (t: nn.Tensor): unknown => nn.toArraySync(t);

group('signatures', () => {
  test('one trace for each shape, dtype and static value', () => {
    let bodies = 0;
    const f = nn.compile((x: nn.Tensor, k: number) => {
      bodies++;
      return nn.mul(x, k);
    });
    expect(values(f(nn.tensor([1, 2]), 2))).toEqual([2, 4]);
    expect(values(f(nn.tensor([3, 4]), 2))).toEqual([6, 8]);
    expect([bodies, f.traces]).toEqual([1, 1]);
    f(nn.tensor([1]), 2);
    f(nn.tensor([1, 2]), 3);
    f(nn.tensor([1, 2], { dtype: 'i32' }), 3);
    expect([bodies, f.traces]).toEqual([4, 4]);
  });
  test('trees of arguments and results', () => {
    const f = nn.compile(({ a, list }: { a: nn.Tensor; list: nn.Tensor[] }) => ({
      total: nn.add(a, list[0]!),
      rest: [list[1]!],
      name: 'n',
    }));
    const out = f({ a: nn.tensor([1]), list: [nn.tensor([2]), nn.tensor([5])] });
    expect([values(out.total), values(out.rest[0]!), out.name]).toEqual([[3], [5], 'n']);
  });
  test('host state is a guard', () => {
    let training = true;
    const f = nn.compile((x: nn.Tensor) => (nn.guard(() => training) ? nn.mul(x, 2) : x));
    expect(values(f(nn.tensor([1])))).toEqual([2]);
    training = false;
    expect(values(f(nn.tensor([1])))).toEqual([1]);
    training = true;
    expect(values(f(nn.tensor([4])))).toEqual([8]);
    expect(f.traces).toBe(2);
  });
  test('frequent tracing is said, twice at most', () => {
    const said: string[] = [];
    const f = nn.compile((x: nn.Tensor) => nn.neg(x), { name: 'negate', onRetrace: (m) => said.push(m) });
    for (let n = 1; n <= 20; n++) f(nn.zeros([n]));
    expect(said).toHaveLength(2);
    expect(said[0]).toBe(
      'compile: "negate" was traced 5 times in its last 10 calls. Each new shape, dtype or non-tensor argument is a new trace: pass numbers that change as tensors, and keep shapes the same',
    );
  });
  test('a compiled function inside of another is part of its trace', () => {
    const inner = nn.compile((x: nn.Tensor) => nn.mul(x, 3));
    const outer = nn.compile((x: nn.Tensor) => nn.add(inner(x), 1));
    expect(values(outer(nn.tensor([2])))).toEqual([7]);
    expect([inner.traces, outer.traces]).toEqual([0, 1]);
  });
});

group('state', () => {
  test('Variables are read and written at each call', () => {
    const v = new nn.Variable(nn.tensor([1, 1]));
    const f = nn.compile((x: nn.Tensor) => {
      v.set(nn.add(v.get(), x));
      v.set(nn.mul(v.get(), 2));
      return v.get();
    });
    expect(values(f(nn.tensor([1, 2])))).toEqual([4, 6]);
    expect(values(f(nn.tensor([0, 0])))).toEqual([8, 12]);
    v.set(nn.tensor([0, 1]));
    expect(values(f(nn.tensor([1, 1])))).toEqual([2, 4]);
    expect(values(v.get())).toEqual([2, 4]);
    expect(f.traces).toBe(1);
  });
  test('presence is a guard, and clearing is replayed', () => {
    const slot = nn.Variable.empty({ shape: [1], dtype: 'f32' });
    const f = nn.compile((x: nn.Tensor) => {
      const out = slot.has() ? nn.add(slot.get(), x) : x;
      slot.set(out);
      return out;
    });
    expect([1, 2, 3].map((k) => values(f(nn.tensor([k]))))).toEqual([[1], [3], [6]]);
    expect(f.traces).toBe(2);
    const g = nn.compile((x: nn.Tensor) => {
      slot.clear();
      return x;
    });
    g(nn.tensor([0]));
    expect(slot.has()).toBe(false);
  });
  test('two Variables can change places', () => {
    const [a, b] = [new nn.Variable(nn.tensor([1])), new nn.Variable(nn.tensor([2]))];
    const swap = nn.compile(() => {
      const was = a.get();
      a.set(b.get());
      b.set(was);
    });
    swap();
    swap();
    swap();
    expect([values(a.get()), values(b.get())]).toEqual([[2], [1]]);
  });
  test('random numbers differ from call to call and follow the seed, eager and compiled', () => {
    const generator = new nn.Generator(7);
    const draw = (): nn.Tensor => nn.normal([3], { generator });
    const eager = [values(draw()), values(draw()), values(draw())];
    generator.manualSeed(7);
    const compiled = nn.compile(draw);
    expect([values(compiled()), values(compiled()), values(compiled())]).toEqual(eager);
    expect(eager[0]).not.toEqual(eager[1]);
  });
  test('captured constants stay, results may be inputs or constants', () => {
    const k = nn.tensor([10]);
    const f = nn.compile((x: nn.Tensor) => [x, k, nn.add(x, k), nn.literal(3)]);
    for (const v of [1, 2]) expect(f(nn.tensor([v])).map(values)).toEqual([[v], [10], [v + 10], 3]);
  });
});

group('gradients', () => {
  const make = (): { w: nn.Variable; forward: (x: nn.Tensor) => nn.Tensor } => {
    const w = new nn.Variable(
      nn.tensor([
        [0.5, -1],
        [2, 0.25],
      ]),
      { trainable: true },
    );
    return { w, forward: (x) => nn.sum(nn.tanh(nn.matmul(x, w.get()))) };
  };
  const x = nn.tensor([
    [1, 2],
    [3, -4],
  ]);
  test('a step with its backward equals eager, over several steps', () => {
    const run = (compiled: boolean): unknown[] => {
      const { w, forward } = make();
      const step = (t: nn.Tensor): nn.Tensor => {
        const loss = forward(t);
        for (const [leaf, g] of nn.gradients([loss])) (leaf.owner as nn.Variable).set(nn.sub(w.get(), nn.mul(g, 0.1)));
        return loss;
      };
      const f = compiled ? nn.compile(step) : step;
      return [...Array.from({ length: 6 }, () => nn.itemSync(f(x))), nn.toArraySync(w.get())];
    };
    const [eager, compiled] = [run(false), run(true)].map((r) => (r as number[]).flat(3)) as [number[], number[]];
    // Fused kernels round less often than eager ones: f32 has 6e-8 for each rounding.
    compiled.forEach((v, k) => expect(v).toBeCloseTo(eager[k]!, 6));
  });
  test('gradients flow through a compiled forward from outside, to Variables and inputs', () => {
    const { w, forward } = make();
    const compiled = nn.compile(forward);
    const leaf = nn.requireGrad(x);
    const gradientsOf = (f: typeof forward): number[] => {
      const found = nn.gradients([nn.mul(f(leaf), 2)], { targets: [leaf, w.get()] });
      return [...found.values()].flatMap((g) => nn.toArraySync(g) as number[][]).flat();
    };
    const eager = gradientsOf(forward);
    expect(eager).toHaveLength(8);
    // Eager values, of up to 8 here, are rounded after each of about ten operations, by 2.4e-7 each; fused ones where they are stored.
    for (const f of [compiled, compiled])
      gradientsOf(f).forEach((v, k) => expect(Math.abs(v - eager[k]!)).toBeLessThan(2e-6));
    expect(compiled.traces).toBe(1);
  });
  test('what comes out of a whole step is sealed, and says so', () => {
    const { forward } = make();
    const step = nn.compile((t: nn.Tensor) => {
      const loss = forward(t);
      nn.gradients([loss]);
      return loss;
    });
    expect(() => nn.gradients([step(x)])).toThrow(
      'no gradient flows through f32[]: it came out of a compiled function that takes gradients itself. Call backward() (or take gradients) inside of that function',
    );
  });
  test('second derivatives inside a trace', () => {
    const f = (t: nn.Tensor): nn.Tensor =>
      nn.grad((y) => nn.sum(nn.grad((z) => nn.sum(nn.mul(nn.mul(z, z), z)))(y)[0]!))(t)[0]!;
    expect(values(nn.compile(f)(nn.tensor([1, 2])))).toEqual([6, 12]);
    expect(values(f(nn.tensor([1, 2])))).toEqual([6, 12]);
  });
});

group('errors', () => {
  test('reading a traced value', () => {
    const f = nn.compile((x: nn.Tensor) => (nn.itemSync(x) > 0 ? x : nn.neg(x)));
    expect(() => f(nn.tensor([1]))).toThrow(
      "itemSync: f32[1] has no data yet, because it is being traced (compile, tf.function or symbolic input). JavaScript's if and while are frozen by a trace: use cond, whileLoop or scan, or return the value and read it outside".replace(
        'itemSync',
        'dataSync',
      ),
    );
  });
  test('a Variable from a traced value, or in a later trace', () => {
    expect(() => nn.compile((x: nn.Tensor) => new nn.Variable(x, { name: 'w' }).get())(nn.tensor([1]))).toThrow(
      'Variable "w": cannot be made from a traced value f32[1]. Make Variables before the traced function runs, or inside of untraced()',
    );
    const f = nn.compile((x: nn.Tensor) => nn.untraced(() => new nn.Variable(nn.zeros([1]), { name: 'w' })) && x, {
      name: 'build',
    });
    f(nn.tensor([1]));
    expect(() => f(nn.tensor([1, 2]))).toThrow(
      'Variable "w": cannot be made while "build" is traced again; that would make a new one for each signature. Make it outside, or in the first call only',
    );
  });
  test('a traced value that escaped', () => {
    let leaked: nn.Tensor | undefined;
    nn.compile((x: nn.Tensor) => (leaked = nn.neg(x)))(nn.tensor([1]));
    expect(() => nn.add(leaked!, 1)).toThrow('comes from inside of a trace that has ended');
  });
  test('show asks for a compiled function that has run', () => {
    expect(() => nn.show(() => 1)).toThrow('show: expected a function made by compile()');
    expect(() => nn.show(nn.compile((x: nn.Tensor) => x))).toThrow('Call it once');
  });
});

test('show prints graph, kernels and source', async () => {
  const { name } = nn.device();
  await nn.setDevice('cpu');
  const f = nn.compile((x: nn.Tensor) => nn.sum(nn.exp(nn.mul(x, 2)), { axes: 1 }));
  f(nn.ones([2, 3]));
  const text = nn.show(f);
  await nn.setDevice(name);
  for (const part of [
    'signature',
    'graph: 1 kernels',
    '%0: f32[2] = sum($0)',
    'rows [2] (x0: f32)',
    'a0: f32 = add over [3] of',
    'Math.exp',
  ])
    expect(text).toContain(part);
});
