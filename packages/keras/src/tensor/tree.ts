// Structures of tensors: one, arrays of them, and plain objects of them (walked in the order of sorted keys, as in Keras).

/** A value, or arrays and plain objects of values to any depth. */
export type Nested<T> = T | readonly Nested<T>[] | { readonly [key: string]: Nested<T> };

/** True for object literals: no class instances, no arrays. */
export function isPlain(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const proto: unknown = Object.getPrototypeOf(x);
  return proto === Object.prototype || proto === null;
}
export const isNested = (x: unknown): x is readonly unknown[] | Record<string, unknown> =>
  Array.isArray(x) || isPlain(x);

/** The same structure with `f` applied to every leaf. */
export function mapTree<R>(f: (leaf: unknown) => R, tree: unknown): Nested<R> {
  if (Array.isArray(tree)) return tree.map((x: unknown) => mapTree(f, x));
  if (!isPlain(tree)) return f(tree);
  const out: { [key: string]: Nested<R> } = {};
  for (const key of Object.keys(tree)) out[key] = mapTree(f, tree[key]);
  return out;
}

/** The leaves, objects in the order of their sorted keys. */
export function flattenTree(tree: unknown): unknown[] {
  if (Array.isArray(tree)) return tree.flatMap(flattenTree);
  return isPlain(tree)
    ? Object.keys(tree)
        .sort()
        .flatMap((key) => flattenTree(tree[key]))
    : [tree];
}

/** `leaves` arranged like `structure`: the inverse of `flattenTree`. */
export function packTree<T>(structure: unknown, leaves: readonly T[]): Nested<T> {
  let next = 0;
  const pack = (s: unknown): Nested<T> => {
    if (Array.isArray(s)) return s.map(pack);
    if (!isPlain(s)) return leaves[next++]!;
    const out: { [key: string]: Nested<T> } = {};
    for (const key of Object.keys(s)) out[key] = s as never;
    for (const key of Object.keys(s).sort()) out[key] = pack(s[key]);
    return out;
  };
  return pack(structure);
}

/** True when both have the same arrays, the same keys and leaves at the same places. */
export function sameTree(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => sameTree(x, b[i]));
  if (!isPlain(a)) return !isNested(b);
  return (
    isPlain(b) &&
    Object.keys(a).length === Object.keys(b).length &&
    Object.keys(a).every((k) => k in b && sameTree(a[k], b[k]))
  );
}
