// Scopes, Variables and compiled functions: the number of live buffers is known and flat.
import { expect, test } from 'vitest';
import * as nn from '../index.js';

const live = (): number => nn.memory().buffers;

test('a scope frees all but its result', () => {
  const before = live();
  const kept = nn.scope(() => nn.sum(nn.exp(nn.add(nn.normal([100]), 1))));
  expect(live()).toBe(before + 1);
  expect(nn.itemSync(kept)).toBeGreaterThan(0);
  kept.dispose();
  expect(live()).toBe(before);
});
test('results inside of trees are kept, at any depth', () => {
  const before = live();
  const out = nn.scope(() => ({
    a: [nn.tensor([1])],
    b: new Map([['k', nn.tensor([2])]]),
    c: nn.scope(() => nn.neg(nn.tensor([3]))),
  }));
  expect(live()).toBe(before + 3);
  for (const t of [out.a[0]!, out.b.get('k')!, out.c]) t.dispose();
  expect(live()).toBe(before);
});
test('asynchronous scopes end with their promise, and with an error', async () => {
  const before = live();
  const t = await nn.scope(async () => {
    const a = nn.tensor([1, 2]);
    await Promise.resolve();
    return nn.sum(a);
  });
  expect(live()).toBe(before + 1);
  t.dispose();
  await expect(
    nn.scope(async () => {
      nn.tensor([1]);
      await Promise.resolve();
      throw new Error('inside');
    }),
  ).rejects.toThrow('inside');
  expect(() =>
    nn.scope(() => {
      nn.tensor([1]);
      throw new Error('at once');
    }),
  ).toThrow('at once');
  expect(live()).toBe(before);
});
test('a Variable keeps its value, and gives it up when it is written', () => {
  const before = live();
  const v = nn.scope(() => {
    const made = new nn.Variable(nn.tensor([1, 2]));
    nn.tensor([0]);
    return made;
  });
  expect(live()).toBe(before + 1);
  nn.scope(() => v.set(nn.add(v.get(), 1)));
  expect(live()).toBe(before + 1);
  expect(nn.toArraySync(v.get())).toEqual([2, 3]);
  v.dispose();
  expect(live()).toBe(before);
});
test('a freed tensor is an error that says why', () => {
  let lost: nn.Tensor | undefined;
  nn.scope(() => {
    lost = nn.tensor([1]);
  });
  expect(() => nn.add(lost!, 1)).toThrow(
    'add: tensor f32[1] has been freed: it was made in a scope that has ended. Return it from its scope, keep it in a Variable, or clone it before',
  );
  const t = nn.tensor([1]);
  t.dispose();
  t.dispose();
  expect(() => nn.dataSync(t)).toThrow('dispose() was called on it');
});
test('sharing data does not free it twice', () => {
  const before = live();
  const a = nn.tensor([1, 2, 3, 4]);
  const b = nn.reshape(a, [2, 2]);
  expect(live()).toBe(before + 1);
  a.dispose();
  expect(nn.toArraySync(b)).toEqual([
    [1, 2],
    [3, 4],
  ]);
  b.dispose();
  expect(live()).toBe(before);
});
for (const compiled of [false, true]) {
  test(`1,000 training steps hold the count flat, ${compiled ? 'compiled, without any scope' : 'eager in scopes'}`, () => {
    const w = new nn.Variable(nn.normal([3, 2]), { trainable: true, adopt: true });
    const m = new nn.Variable(nn.zeros([3, 2]), { adopt: true });
    const x = nn.normal([5, 3]);
    const step = (): nn.Tensor => {
      const loss = nn.mean(nn.square(nn.matmul(nn.dropout(x, 0.1), w.get())));
      const g = nn.gradients([loss], { targets: [w.get()] }).get(w.get())!;
      m.set(nn.add(nn.mul(m.get(), 0.9), g));
      w.set(nn.sub(w.get(), nn.mul(m.get(), 0.01)));
      return loss;
    };
    const f = compiled ? nn.compile(step) : step;
    const counts: number[] = [];
    for (let k = 0; k < 1000; k++) {
      if (compiled) f().dispose();
      else nn.scope(() => void nn.itemSync(f()));
      counts.push(live());
    }
    expect(new Set(counts.slice(1)).size).toBe(1);
  });
}
