// Containers of modules: Sequential, ModuleList, ModuleDict.
import * as core from '@nn/core';
import type { Tensor } from '../tensor/tensor.js';
import { type Layer, Module } from './module.js';
import { isNode, ownChildren } from './tree.js';

type Fields = Record<string, unknown>;
const fields = (m: Module): Fields => m as unknown as Fields;
const items = <M>(m: Module): M[] => ownChildren(m).map(([, child]) => child as unknown as M);

/** A place in a container: negative numbers count from the end. */
function place(m: Module, index: number, extra = 0): number {
  const n = ownChildren(m).length;
  const i = index < 0 ? index + n : index;
  if (!Number.isInteger(index) || i < 0 || i >= n + extra)
    throw new core.IndexError(`index ${index} is out of range: ${m.getName()} holds ${n} modules`);
  return i;
}
/** Replaces all numbered children. */
function renumber(m: Module, list: readonly unknown[]): void {
  for (const [name] of ownChildren(m)) Reflect.deleteProperty(m, name);
  list.forEach((child, i) => {
    if (!isNode(child)) throw new TypeError(`${m.getName()}: ${typeof child} is not a Module subclass`);
    fields(m)[String(i)] = child;
  });
}

/**
 * Modules one after the other: the result of each is the input of the next.
 *
 * @param layers  modules, or one object or Map of named modules
 * @example
 * const net = new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU());
 * net(torch.ones([2, 4])).shape // => [2, 3]
 */
export class Sequential extends Module {
  constructor(...layers: Layer[] | [Readonly<Record<string, Layer>> | ReadonlyMap<string, Layer>]) {
    super();
    const [first] = layers;
    if (first !== undefined && !isNode(first)) {
      for (const [name, layer] of first instanceof Map ? first : Object.entries(first))
        this.registerModule(name, layer as Layer);
    } else renumber(this, layers);
  }
  forward(x: Tensor): Tensor {
    let y = x;
    for (const layer of items<Layer>(this)) y = layer(y);
    return y;
  }
  override get length(): number {
    return ownChildren(this).length;
  }
  [Symbol.iterator](): Iterator<Layer> {
    return items<Layer>(this)[Symbol.iterator]();
  }
  /** The layer at a place; negative numbers count from the end. */
  at(index: number): Layer {
    return items<Layer>(this)[place(this, index)]!;
  }
  /** The layers of a range, sharing their parameters. */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(...items<Layer>(this).slice(start, end));
  }
  /** Adds a layer at the end. */
  append(layer: Layer): this {
    this.registerModule(String(this.length), layer);
    return this;
  }
  /** Adds layers at the end. */
  extend(layers: Iterable<Layer>): this {
    for (const layer of layers) this.append(layer);
    return this;
  }
  /** Adds a layer before the one at a place. */
  insert(index: number, layer: Layer): this {
    renumber(this, items<Layer>(this).toSpliced(place(this, index, 1), 0, layer));
    return this;
  }
}

/**
 * A list of modules, which the module that holds it calls as it likes.
 *
 * @example
 * const list = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 1)]);
 * let y = torch.ones([1, 2]);
 * for (const layer of list) y = layer(y);
 * y.shape // => [1, 1]
 */
export class ModuleList<M extends Module = Layer> extends Module {
  constructor(modules: Iterable<M> = []) {
    super();
    renumber(this, [...modules]);
  }
  forward(..._: never[]): never {
    throw new core.ValueError(
      'Module [ModuleList] is missing the required "forward" function: call its modules one by one, or use nn.Sequential',
    );
  }
  override get length(): number {
    return ownChildren(this).length;
  }
  [Symbol.iterator](): Iterator<M> {
    return items<M>(this)[Symbol.iterator]();
  }
  /** The module at a place; negative numbers count from the end. */
  at(index: number): M {
    return items<M>(this)[place(this, index)]!;
  }
  /** Replaces the module at a place. */
  set(index: number, module: M): void {
    fields(this)[String(place(this, index))] = module;
  }
  /** Adds a module at the end. */
  append(module: M): this {
    this.registerModule(String(this.length), module);
    return this;
  }
  /** Adds modules at the end. */
  extend(modules: Iterable<M>): this {
    for (const m of modules) this.append(m);
    return this;
  }
  /** Adds a module before the one at a place. */
  insert(index: number, module: M): void {
    renumber(this, items<M>(this).toSpliced(place(this, index, 1), 0, module));
  }
  /** Takes the module at a place out. */
  pop(index: number = -1): M {
    const list = items<M>(this);
    const [gone] = list.splice(place(this, index), 1);
    renumber(this, list);
    return gone!;
  }
  /** Equal neighbours are written once: `(0-2): 3 x Linear(...)`. */
  protected override childTexts(): (readonly [string, string])[] {
    const texts = super.childTexts();
    const runs: { first: number; last: number; text: string }[] = [];
    texts.forEach(([, text], i) => {
      const run = runs.at(-1);
      if (run?.text === text) run.last = i;
      else runs.push({ first: i, last: i, text });
    });
    return runs.map(({ first, last, text }) =>
      first === last ? [String(first), text] : [`${first}-${last}`, `${last - first + 1} x ${text}`],
    );
  }
}

/**
 * Modules by name.
 *
 * @param modules  an object, a Map, or pairs
 * @example
 * const by = new nn.ModuleDict({ relu: new nn.ReLU(), tanh: new nn.Tanh() });
 * by.get('relu')(torch.tensor([-1, 1])) // => [0, 1]
 */
export class ModuleDict<M extends Module = Layer> extends Module {
  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    this.update(modules);
  }
  forward(..._: never[]): never {
    throw new core.ValueError(
      'Module [ModuleDict] is missing the required "forward" function: call its modules by name',
    );
  }
  override get length(): number {
    return ownChildren(this).length;
  }
  [Symbol.iterator](): Iterator<string> {
    return this.keys();
  }
  has(name: string): boolean {
    return ownChildren(this).some(([key]) => key === name);
  }
  /** The module of a name; an unknown name is an error. */
  get(name: string): M {
    const found = ownChildren(this).find(([key]) => key === name);
    if (!found)
      throw new core.ValueError(
        `ModuleDict has no module '${name}'; it has ${[...this.keys()].join(', ') || 'none'}.${core.nearest(name, this.keys())}`,
      );
    return found[1] as unknown as M;
  }
  set(name: string, module: M): this {
    this.registerModule(name, module);
    return this;
  }
  /** Takes a module out. */
  pop(name: string): M {
    const gone = this.get(name);
    Reflect.deleteProperty(this, name);
    return gone;
  }
  clear(): void {
    for (const [name] of ownChildren(this)) Reflect.deleteProperty(this, name);
  }
  /** Adds modules, replacing those of the same names. */
  update(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]>): void {
    const pairs = Symbol.iterator in modules ? modules : Object.entries(modules as Record<string, M>);
    for (const [name, m] of pairs) this.registerModule(name, m);
  }
  *keys(): Generator<string> {
    for (const [key] of ownChildren(this)) yield key;
  }
  *values(): Generator<M> {
    for (const [, m] of ownChildren(this)) yield m as unknown as M;
  }
  *entries(): Generator<[string, M]> {
    for (const [key, m] of ownChildren(this)) yield [key, m as unknown as M];
  }
}
