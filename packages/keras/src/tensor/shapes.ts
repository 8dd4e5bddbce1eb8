// Structures of shapes: a shape is itself an array, so these walks stop there.
import { Numeric, type Shape } from './tensor.js';
import { isPlain, type Nested } from './tree.js';

/** A shape, or arrays and plain objects of shapes. */
export type Shapes = Shape | readonly Shapes[] | { readonly [key: string]: Shapes };

export const isShape = (x: unknown): x is Shape =>
  Array.isArray(x) && x.every((d) => d === null || typeof d === 'number');

/** The same structure with `f` applied to every shape. */
export function mapShapes<R>(f: (shape: Shape) => R, tree: Shapes): Nested<R> {
  if (isShape(tree)) return f(tree);
  if (Array.isArray(tree)) return (tree as readonly Shapes[]).map((x) => mapShapes(f, x));
  return Object.fromEntries(Object.entries(tree).map(([key, x]) => [key, mapShapes(f, x)]));
}
/** The shapes of a structure of tensors; what is not a tensor is left out of arrays. */
export function shapesOf(tree: unknown, of: (shape: Shape) => Shape = (s) => s): Shapes {
  if (tree instanceof Numeric) return of(tree.shape);
  if (Array.isArray(tree))
    return tree.filter((x) => x !== null && x !== undefined).map((x: unknown) => shapesOf(x, of));
  return isPlain(tree) ? Object.fromEntries(Object.entries(tree).map(([key, x]) => [key, shapesOf(x, of)])) : [];
}
