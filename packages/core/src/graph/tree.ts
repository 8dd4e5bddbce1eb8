// Trees of tensors: how arguments and results of any shape are taken apart and put together again.
import { Tensor } from './tensor.js';

/** A face's tensor answers this, so that core finds the value in it and can wrap another value in the same way. */
export const handle: unique symbol = Symbol.for('@nn/core.handle') as never;
export interface Handle {
  [handle](): { readonly value: Tensor; wrap(value: Tensor): unknown };
}
export const isHandle = (x: unknown): x is Handle =>
  x !== null &&
  (typeof x === 'object' || typeof x === 'function') &&
  typeof (x as Partial<Handle>)[handle] === 'function';

export interface Flat<T> {
  readonly leaves: Tensor[];
  /** The same tree around other values. */
  rebuild(leaves: readonly Tensor[]): T;
  /** Everything but the tensors, in order: marks of what holds what, keys, and values that are not tensors. */
  readonly statics: readonly unknown[];
}
const marks = { leaf: Symbol('tensor'), list: Symbol('list'), map: Symbol('map'), record: Symbol('record') } as const;
/** Whether an entry of `statics` stands for a tensor. */
export const isLeafMark = (x: unknown): boolean => x === marks.leaf;
const isPlain = (x: object): boolean => {
  const proto: unknown = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
};

/**
 * The tensors of a tree of arrays, plain objects and Maps, in order, and how to build the same tree around others.
 * Anything else in the tree is static: it stays what it is.
 */
export function flatten<T>(tree: T): Flat<T> {
  const leaves: Tensor[] = [];
  const statics: unknown[] = [];
  type Build = (values: readonly Tensor[]) => unknown;
  const visit = (x: unknown): Build => {
    if (x instanceof Tensor) {
      const k = leaves.push(x) - 1;
      statics.push(marks.leaf);
      return (values) => values[k];
    }
    if (isHandle(x)) {
      const { value, wrap } = x[handle]();
      const k = leaves.push(value) - 1;
      statics.push(marks.leaf);
      return (values) => wrap(values[k]!);
    }
    if (Array.isArray(x)) {
      statics.push(marks.list, x.length);
      const parts = x.map(visit);
      return (values) => parts.map((p) => p(values));
    }
    if (x instanceof Map) {
      statics.push(marks.map, x.size, ...x.keys());
      const parts = [...x].map(([key, v]) => [key, visit(v)] as const);
      return (values) => new Map(parts.map(([key, p]) => [key, p(values)]));
    }
    if (x !== null && typeof x === 'object' && isPlain(x)) {
      const keys = Object.keys(x);
      statics.push(marks.record, keys.length, ...keys);
      const parts = keys.map((key) => [key, visit((x as Record<string, unknown>)[key])] as const);
      return (values) => Object.fromEntries(parts.map(([key, p]) => [key, p(values)]));
    }
    statics.push(x);
    return () => x;
  };
  const build = visit(tree);
  return { leaves, statics, rebuild: (values) => build(values) as T };
}

let cursor = 0;
/** Whether `flatten(tree)` would give these statics; then its tensors are added to `leaves`. Makes nothing on the way. */
export function fits(tree: unknown, statics: readonly unknown[], leaves: Tensor[]): boolean {
  cursor = 0;
  return follow(tree, statics, leaves) && cursor === statics.length;
}
function follow(x: unknown, statics: readonly unknown[], leaves: Tensor[]): boolean {
  const expected = statics[cursor++];
  if (expected === marks.leaf) {
    if (x instanceof Tensor) leaves.push(x);
    else if (isHandle(x)) leaves.push(x[handle]().value);
    else return false;
    return true;
  }
  if (Array.isArray(x)) {
    if (expected !== marks.list || statics[cursor++] !== x.length) return false;
    for (let k = 0; k < x.length; k++) if (!follow(x[k], statics, leaves)) return false;
    return true;
  }
  if (x === null || typeof x !== 'object') return Object.is(x, expected) && !isHandle(x);
  if (x instanceof Tensor || isHandle(x)) return false;
  if (x instanceof Map) {
    if (expected !== marks.map || statics[cursor++] !== x.size) return false;
    for (const key of x.keys()) if (!Object.is(statics[cursor++], key)) return false;
    for (const value of x.values()) if (!follow(value, statics, leaves)) return false;
    return true;
  }
  if (!isPlain(x)) return x === expected;
  const keys = Object.keys(x);
  if (expected !== marks.record || statics[cursor++] !== keys.length) return false;
  for (const key of keys) if (statics[cursor++] !== key) return false;
  for (const key of keys) if (!follow((x as Record<string, unknown>)[key], statics, leaves)) return false;
  return true;
}
