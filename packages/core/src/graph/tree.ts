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
  /** Everything but the tensors, as parts of a cache key. */
  readonly statics: readonly unknown[];
}
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
      statics.push(Tensor);
      return (values) => values[k];
    }
    if (isHandle(x)) {
      const { value, wrap } = x[handle]();
      const k = leaves.push(value) - 1;
      statics.push(Tensor);
      return (values) => wrap(values[k]!);
    }
    if (Array.isArray(x)) {
      statics.push('[', x.length);
      const parts = x.map(visit);
      return (values) => parts.map((p) => p(values));
    }
    if (x instanceof Map) {
      statics.push('map', ...x.keys());
      const parts = [...x].map(([key, v]) => [key, visit(v)] as const);
      return (values) => new Map(parts.map(([key, p]) => [key, p(values)]));
    }
    if (x !== null && typeof x === 'object' && isPlain(x)) {
      const keys = Object.keys(x);
      statics.push('{', ...keys);
      const parts = keys.map((key) => [key, visit((x as Record<string, unknown>)[key])] as const);
      return (values) => Object.fromEntries(parts.map(([key, p]) => [key, p(values)]));
    }
    statics.push(x);
    return () => x;
  };
  const build = visit(tree);
  return { leaves, statics, rebuild: (values) => build(values) as T };
}
