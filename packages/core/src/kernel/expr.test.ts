// Simplified index expressions mean what the plain ones mean, for all loop variables.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expr, lit, loop, ravel, unravel, type Expr } from './expr.js';
import { printKernel } from './kernel.js';
import { scalarOps } from './scalar.js';

/** The value of an expression, by the definitions of the scalar operations. */
function evaluate(e: Expr, i: readonly number[]): number {
  if (e.kind === 'const') return e.value;
  if (e.kind === 'loop') return i[e.axis]!;
  if (e.kind !== 'op') throw new Error(`not an index: ${e.kind}`);
  return scalarOps[e.op].js(...e.args.map((a) => evaluate(a, i)));
}
const extents = [3, 4, 5];
type Tree = {
  readonly op: 'add' | 'sub' | 'mul' | 'idiv' | 'mod' | 'max' | 'min';
  readonly a: Tree | number;
  readonly b: Tree | number;
};
const tree = fc.letrec<{ tree: Tree; node: Tree | number }>((tie) => ({
  node: fc.oneof({ maxDepth: 5 }, fc.integer({ min: -3, max: 60 }), fc.integer({ min: 100, max: 102 }), tie('tree')),
  tree: fc.record({
    op: fc.constantFrom('add', 'sub', 'mul', 'idiv', 'mod', 'max', 'min'),
    a: tie('node'),
    b: tie('node'),
  }) as fc.Arbitrary<Tree>,
})).tree;
const isTree = (t: Tree | number): t is Tree => typeof t === 'object';
/** Numbers from 100 on are loop variables. Divisors are positive constants, as in real indices. */
const divisor = (t: Tree | number): number => (isTree(t) ? 7 : Math.max(1, Math.abs(t % 100)));
function build(t: Tree | number): Expr {
  if (!isTree(t)) return t >= 100 ? loop('i', t - 100, extents[t - 100]!) : lit(t);
  return expr(t.op, build(t.a), t.op === 'idiv' || t.op === 'mod' ? lit(divisor(t.b)) : build(t.b));
}
function direct(t: Tree | number, i: readonly number[]): number {
  if (!isTree(t)) return t >= 100 ? i[t - 100]! : t;
  return scalarOps[t.op].js(direct(t.a, i), t.op === 'idiv' || t.op === 'mod' ? divisor(t.b) : direct(t.b, i));
}

test('simplified and plain expressions agree, and stay within their bounds', () => {
  fc.assert(
    fc.property(tree, fc.tuple(...extents.map((n) => fc.integer({ min: 0, max: n - 1 }))), (t, i) => {
      const plain = direct(t, i);
      fc.pre(Math.abs(plain) < 2 ** 31);
      const e = build(t);
      const value = evaluate(e, i);
      expect(value).toBe(plain === 0 ? value : plain);
      expect(value + 0).toBe(plain + 0);
      expect(e.lo <= value && value <= e.hi).toBe(true);
    }),
    { numRuns: 2000, seed: 1 },
  );
});
test('reshape of permute of slice is affine again', () => {
  const i = [loop('i', 0, 6), loop('i', 1, 4)];
  const back = unravel(ravel(unravel(ravel(i, [6, 4]), [3, 8]), [3, 8]), [6, 4]);
  expect(back).toEqual(i);
  const flat = ravel(i, [6, 4]);
  // rows of heads: [8, 4, 64, 32] seen as [8*64, 4*32]
  const [row, column] = [loop('i', 0, 512), loop('i', 1, 128)];
  const mixed = ravel([row, column], [512, 128]);
  expect(expr('idiv', mixed, lit(8192))).toBe(expr('idiv', row, lit(64)));
  expect(expr('mod', mixed, lit(8192))).toBe(expr('add', expr('mul', expr('mod', row, lit(64)), lit(128)), column));
  expect(expr('idiv', expr('add', expr('mul', i[0]!, lit(12)), loop('i', 1, 12)), lit(12))).toBe(i[0]);
  expect(expr('mod', flat, lit(4))).toBe(i[1]);
});
test('an index that was taken apart in several steps is one again', () => {
  const at = loop('i', 0, 360);
  const [, y, x] = unravel(at, [6, 12, 5]) as [Expr, Expr, Expr];
  expect(ravel([y, x], [12, 5])).toBe(expr('mod', at, lit(60)));
  const inFours = expr('add', expr('mul', loop('i', 0, 90), lit(4)), lit(38));
  expect(expr('mod', inFours, lit(12)).hi).toBe(10);
  expect(expr('idiv', inFours, lit(12))).toBe(expr('idiv', expr('add', loop('i', 0, 90), lit(9)), lit(3)));
});
test('equal expressions are one object', () => {
  const make = (): Expr => expr('add', expr('mul', loop('i', 0, 9), lit(3)), lit(1));
  expect(make()).toBe(make());
});
test('constants fold by the rules of their dtype', () => {
  expect(expr('mul', lit(2 ** 30), lit(4))).toBe(lit(0));
  expect(expr('add', lit(255, 'u8'), lit(1, 'u8'))).toBe(lit(0, 'u8'));
  expect(expr('sub', lit(0, 'u32'), lit(1, 'u32'))).toBe(lit(2 ** 32 - 1, 'u32'));
  expect(expr('lt', loop('i', 0, 4), lit(4))).toBe(lit(1, 'bool'));
});
test('a printed kernel names its longer parts once', () => {
  const x = expr('mul', loop('i', 0, 300), lit(1000));
  const shared = expr('mod', expr('add', x, lit(12345)), lit(7919));
  const text = printKernel({
    name: 'k',
    form: 'rows',
    inputs: [],
    params: [],
    shape: [300],
    stages: [],
    outputs: [{ dtype: 'i32', over: [], body: expr('mul', shared, shared), replaces: [] }],
  });
  expect(text.split('\n')).toEqual([
    'rows [300] ()',
    '  t0 = add(mul(i0, 1000), 12345)',
    '  t1 = mul(mod(t0, 7919), mod(t0, 7919))',
    '  out0: i32 = t1',
  ]);
});
