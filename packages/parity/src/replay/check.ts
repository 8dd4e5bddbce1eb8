// Collects the comparisons of one case.
import { data, handle, isHandle, Tensor } from '@nn/core';
import type { CoreArray } from '@nn/formats';
import { distance } from '../golden/distance.js';
import { isTensorRef } from '../golden/value.js';
import type { Failure } from './outcome.js';

/** The core tensor behind a tensor of either face, if it is one. */
export function valueOf(x: unknown): Tensor | undefined {
  return x instanceof Tensor ? x : isHandle(x) ? x[handle]().value : undefined;
}

const describe = (x: { dtype: string; shape: readonly number[] }): string => `${x.dtype}[${x.shape.join(',')}]`;

export class Check {
  readonly failures: Failure[] = [];
  /** Comparisons made. */
  count = 0;

  /** Notes a failure that is not a distance. */
  fail(what: string): void {
    this.failures.push({ what });
  }

  /** Host values that must be the same. */
  same(what: string, actual: unknown, expected: unknown): void {
    this.count++;
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      this.fail(`${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
  }

  /** Numbers computed on the host, against the golden ones. */
  numbers(what: string, actual: ArrayLike<number>, expected: readonly number[], tol: number): void {
    this.count++;
    if (actual.length !== expected.length)
      return this.fail(`${what} has ${actual.length} values, expected ${expected.length}`);
    this.within(
      what,
      distance(actual, { dtype: 'f64', shape: [expected.length], data: Float64Array.from(expected) }),
      tol,
    );
  }

  /** A tensor against the golden one: dtype, shape and distance. */
  async tensor(what: string, actual: unknown, expected: CoreArray, tol: number): Promise<void> {
    this.count++;
    const value = valueOf(actual);
    if (!value)
      return this.fail(`${what} is ${actual === null ? 'null' : typeof actual}, expected ${describe(expected)}`);
    if (value.dtype !== expected.dtype || value.shape.join() !== expected.shape.join()) {
      return this.fail(`${what} is ${describe(value)}, expected ${describe(expected)}`);
    }
    this.within(what, distance(await data(value), expected), tol);
  }

  /** Gradients by name against the golden ones: a name that the golden data lacks got none, or zeros. */
  async gradients(
    role: 'grad_in' | 'grad_param',
    actual: ReadonlyMap<string, unknown>,
    expected: readonly string[],
    get: (key: string) => CoreArray,
    tol: number,
  ): Promise<void> {
    for (const name of expected) await this.tensor(`${role}/${name}`, actual.get(name), get(`${role}/${name}`), tol);
    for (const [name, gradient] of actual) {
      const value = expected.includes(name) ? undefined : valueOf(gradient);
      if (value && (await data(value)).some((x) => x !== 0)) this.fail(`${role}/${name} is there, expected none`);
    }
  }

  /** A tree of tensors against a golden tree of references: tuples, named tuples and nulls alike. */
  async tree(
    role: string,
    actual: unknown,
    expected: unknown,
    get: (ref: string) => CoreArray,
    tol: number,
  ): Promise<void> {
    if (isTensorRef(expected)) return this.tensor(expected.$tensor, actual, get(expected.$tensor), tol);
    if (expected === null) {
      if (actual !== null && actual !== undefined) this.fail(`${role} is there, expected null`);
      return;
    }
    const wanted = expected as readonly unknown[];
    const found = branches(actual);
    if (found?.length !== wanted.length)
      return this.fail(
        `${role} ${found ? `has ${found.length} parts` : 'is no tuple'}, expected ${wanted.length} parts`,
      );
    for (const [i, branch] of wanted.entries()) await this.tree(`${role}/${i}`, found[i], branch, get, tol);
  }

  /** Notes a distance that is beyond the tolerance. */
  within(what: string, reached: number, tol: number): void {
    if (!(reached <= tol)) this.failures.push({ what, distance: reached, tol });
  }
}

/** The parts of a tuple or of a named tuple such as `{ values, indices }`. */
export function branches(tree: unknown): readonly unknown[] | undefined {
  if (Array.isArray(tree)) return tree;
  return typeof tree === 'object' && tree !== null && !valueOf(tree) ? Object.values(tree) : undefined;
}
