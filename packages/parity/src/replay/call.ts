// Calls with tensors among their arguments, for the tensors of either face.
import { isFloat } from '@nn/core';
import type { CoreArray } from '@nn/formats';
import type { TensorRef, Tensors } from '../golden/group.js';
import { revive, tensorsIn } from '../golden/value.js';
import { branches, valueOf } from './check.js';

export type Args = Readonly<Record<string, unknown>>;

/** Positional and keyword arguments in Python. */
export interface Call {
  readonly args: readonly unknown[];
  readonly kwargs: Args;
}

/** A tensor argument: where it stands, its value, and whether it is differentiated. */
export interface Input<T> {
  readonly name: string;
  readonly tensor: T;
  readonly grad: boolean;
}

const inputName = ({ $tensor }: TensorRef): string => $tensor.replace(/^in\//, '');

/** The tensors in a tree of arguments. */
export function inputsOf<T>(tree: unknown, tensors: Tensors, make: (array: CoreArray) => T): Input<T>[] {
  return [...tensorsIn(tree)].map(({ ref }) => {
    const array = tensors.get(ref.$tensor);
    return { name: inputName(ref), tensor: make(array), grad: ref.grad !== false && isFloat(array.dtype) };
  });
}

/** The tree of arguments with `values` in the places of its tensors. */
export function withValues<C>(tree: C, inputs: readonly Input<unknown>[], values: readonly unknown[]): C {
  const byName = new Map(inputs.map(({ name }, i) => [name, values[i]]));
  return revive(tree, { tensor: (ref) => byName.get(inputName(ref)) }) as C;
}

/** Tensors of a role by name. */
export function namedTensors<T>(
  role: string,
  names: readonly string[],
  tensors: Tensors,
  make: (array: CoreArray) => T,
): Map<string, T> {
  return new Map(names.map((name) => [name, make(tensors.get(`${role}/${name}`))]));
}

/** The tensor at a path such as "1/0" in a tree of tuples; "0" is the tree itself where it is a tensor. */
export function at(tree: unknown, path: string): unknown {
  if (valueOf(tree)) return tree;
  return path.split('/').reduce<unknown>((value, part) => branches(value)?.[Number(part)], tree);
}
