// Lists and dictionaries of parameters.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { ownParameters } from './tree.js';

const asParameter = (x: Tensor): Parameter => (x instanceof Parameter ? x : new Parameter(x));
const fields = (m: Module): Record<string, unknown> => m as unknown as Record<string, unknown>;
const lines = (m: Module): string =>
  ownParameters(m)
    .map(([key, p]) => `  (${key}): Parameter containing: [torch.${p.dtype} of size ${p.shape.join('x')}]`)
    .join('\n');

/**
 * A list of parameters; tensors become parameters.
 *
 * @example
 * new nn.ParameterList([torch.ones([2]), torch.ones([3])]).length // => 2
 */
export class ParameterList extends Module {
  constructor(parameters: Iterable<Tensor> = []) {
    super();
    this.extend(parameters);
  }
  forward(..._: never[]): never {
    throw new core.ValueError('ParameterList should not be called.');
  }
  override get length(): number {
    return ownParameters(this).length;
  }
  [Symbol.iterator](): Iterator<Parameter> {
    return ownParameters(this)
      .map(([, p]) => p)
      [Symbol.iterator]();
  }
  /** The parameter at a place; negative numbers count from the end. */
  at(index: number): Parameter {
    const found = [...this].at(index);
    if (!found)
      throw new core.IndexError(`index ${index} is out of range: ParameterList holds ${this.length} parameters`);
    return found;
  }
  /** Replaces the parameter at a place. */
  set(index: number, parameter: Tensor): void {
    fields(this)[String(index < 0 ? index + this.length : index)] = asParameter(parameter);
  }
  append(parameter: Tensor): this {
    this.registerParameter(String(this.length), asParameter(parameter));
    return this;
  }
  extend(parameters: Iterable<Tensor>): this {
    for (const p of parameters) this.append(p);
    return this;
  }
  override extraRepr(): string {
    return lines(this);
  }
}

/** Parameters by name; tensors become parameters. */
export class ParameterDict extends Module {
  constructor(parameters: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]> = {}) {
    super();
    const pairs = Symbol.iterator in parameters ? parameters : Object.entries(parameters as Record<string, Tensor>);
    for (const [name, p] of pairs) this.set(name, p);
  }
  forward(..._: never[]): never {
    throw new core.ValueError('ParameterDict should not be called.');
  }
  override get length(): number {
    return ownParameters(this).length;
  }
  [Symbol.iterator](): Iterator<string> {
    return this.keys();
  }
  has(name: string): boolean {
    return ownParameters(this).some(([key]) => key === name);
  }
  /** The parameter of a name; an unknown name is an error. */
  get(name: string): Parameter {
    const found = ownParameters(this).find(([key]) => key === name);
    if (!found)
      throw new core.ValueError(`ParameterDict has no parameter '${name}'.${core.nearest(name, this.keys())}`);
    return found[1];
  }
  set(name: string, parameter: Tensor): this {
    this.registerParameter(name, asParameter(parameter));
    return this;
  }
  /** Takes a parameter out. */
  pop(name: string): Parameter {
    const gone = this.get(name);
    Reflect.deleteProperty(this, name);
    return gone;
  }
  *keys(): Generator<string> {
    for (const [key] of ownParameters(this)) yield key;
  }
  *values(): Generator<Parameter> {
    for (const [, p] of ownParameters(this)) yield p;
  }
  *entries(): Generator<[string, Parameter]> {
    yield* ownParameters(this);
  }
  override extraRepr(): string {
    return lines(this);
  }
}
