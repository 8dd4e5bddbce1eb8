// Control flow that a trace can hold: a choice, a loop with a condition, a loop over an axis.
import { describe, DTypeError, sameShape, ShapeError, TraceError } from '../base/index.js';
import { itemSync } from '../graph/create.js';
import { currentTrace, tracedRead } from '../graph/state.js';
import type { Cell, Tensor } from '../graph/tensor.js';
import { flatten, handle, isHandle } from '../graph/tree.js';
import { logicalAnd, where } from './arithmetic.js';
import { stack } from './joining.js';
import { select } from './movement.js';

/** A condition: a face's tensor or a core tensor with one element. */
const conditionOf = (op: string, x: unknown): Tensor => {
  const t = isHandle(x) ? x[handle]().value : (x as Tensor);
  if (t.size !== 1)
    throw new ShapeError(`${op}: the condition must have one element, received ${describe(t.spec)}. Use any or all`);
  return t;
};
const readable = (t: Tensor): boolean =>
  t.literal !== null || (t.storage !== null && (currentTrace() === null || t.node === null));
function decide(op: string, t: Tensor): boolean {
  if (t.node && !t.storage && t.literal === null) throw tracedRead(op, 'its condition');
  return itemSync(t) !== 0;
}

/** Picks leaf by leaf between two trees of the same structure. */
function choose<T>(op: string, condition: Tensor, a: T, b: T): T {
  const [x, y] = [flatten(a), flatten(b)];
  if (x.leaves.length !== y.leaves.length || x.statics.length !== y.statics.length)
    throw new TraceError(
      `${op}: both sides must return the same structure, received ${x.leaves.length} and ${y.leaves.length} tensors`,
    );
  return x.rebuild(x.leaves.map((s, k) => pick(op, condition, s, y.leaves[k]!)));
}
function pick(op: string, condition: Tensor, a: Tensor, b: Tensor): Tensor {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(
      `${op}: both sides must have the same shape, received ${describe(a.spec)} and ${describe(b.spec)}`,
    );
  if (a.dtype !== b.dtype)
    throw new DTypeError(
      `${op}: both sides must have the same dtype, received ${describe(a.spec)} and ${describe(b.spec)}`,
    );
  return where(condition, a, b);
}

/**
 * `onTrue()` or `onFalse()`, by a condition that may be a traced value. Inside a trace both sides are captured and the result is chosen
 * element by element, and so are the Variables that they write.
 *
 * @throws ShapeError  "cond: both sides must have the same shape, received f32[2] and f32[3]"
 * @example
 * cond(greater(tensor(2), 1), () => tensor([1]), () => tensor([0])) // => [1]
 */
export function cond<T>(condition: unknown, onTrue: () => T, onFalse: () => T): T {
  const c = conditionOf('cond', condition);
  const trace = currentTrace();
  if (!trace || readable(c)) return decide('cond', c) ? onTrue() : onFalse();
  const before = new Map(trace.writes);
  const side = (f: () => T): { result: T; writes: Map<Cell, Tensor | null> } => {
    const result = f();
    const writes = new Map(trace.writes);
    trace.writes.clear();
    for (const [v, t] of before) trace.writes.set(v, t);
    return { result, writes };
  };
  const [a, b] = [side(onTrue), side(onFalse)];
  for (const v of new Set([...a.writes.keys(), ...b.writes.keys()])) {
    const [x, y] = [a.writes, b.writes].map((w) => (w.has(v) ? w.get(v)! : v.get()));
    if (x === null || y === null)
      throw new TraceError(`cond: Variable "${v.name}" is cleared on one side. Clear it outside`);
    if (x !== y) trace.writes.set(v, pick('cond', c, x!, y!));
  }
  return choose('cond', c, a.result, b.result);
}

/**
 * Repeats `body` on the state while `condition` of it holds.
 *
 * @param maxIterations  needed inside a trace, where that many rounds are captured and the later ones leave the state as it is
 * @throws TraceError  inside a trace, without `maxIterations`
 * @example
 * whileLoop((x) => less(x, 100), (x) => mul(x, 2), tensor(3)) // => 192
 */
export function whileLoop<T>(
  condition: (state: T) => unknown,
  body: (state: T) => T,
  state: T,
  { maxIterations }: { readonly maxIterations?: number } = {},
): T {
  let current = state;
  let running: Tensor | null = null;
  for (let k = 0; maxIterations === undefined || k < maxIterations; k++) {
    const c = conditionOf('whileLoop', condition(current));
    if (!running && readable(c)) {
      if (!decide('whileLoop', c)) return current;
      current = body(current);
      continue;
    }
    if (maxIterations === undefined)
      throw new TraceError(
        'whileLoop: its condition is traced, so the number of rounds is not known. Give maxIterations, or run the loop outside of the compiled function',
      );
    running = running ? logicalAnd(running, c) : c;
    current = choose('whileLoop', running, body(current), current);
  }
  return current;
}

/**
 * Runs `f` over the leading axis of `xs` and carries a value along.
 *
 * @param f      [next carry, output] from the carry and one slice of xs
 * @returns      the last carry, and the outputs along a new leading axis
 * @example
 * const [total, running] = scan((c, x) => [add(c, x), add(c, x)], tensor(0), tensor([1, 2, 3]))
 * running // => [1, 3, 6]
 */
export function scan<C, X, Y>(f: (carry: C, x: X) => readonly [C, Y], carry: C, xs: X): [C, Y] {
  const input = flatten(xs);
  const n = input.leaves[0]?.shape[0];
  if (n === undefined || input.leaves.some((t) => t.shape[0] !== n))
    throw new ShapeError(
      `scan: xs need one leading axis of the same size, received ${input.leaves.map((t) => describe(t.spec)).join(', ') || 'no tensors'}`,
    );
  if (n === 0) throw new ShapeError('scan: the leading axis of xs has size 0, so the outputs have no known shape');
  const outputs: Y[] = [];
  let current = carry;
  for (let k = 0; k < n; k++) {
    const [next, y] = f(current, input.rebuild(input.leaves.map((t) => select(t, 0, k))));
    current = next;
    outputs.push(y);
  }
  const flat = outputs.map((y) => flatten(y));
  return [
    current,
    flat[0]!.rebuild(
      flat[0]!.leaves.map((_, k) =>
        stack(
          flat.map((y) => y.leaves[k]!),
          0,
        ),
      ),
    ),
  ];
}
