// The base class of all modules: a callable object whose fields are its parameters, buffers and children.
import * as core from '@nn/core';
import { clearGrad } from '../tensor/handle.js';
import { zero_ } from '../tensor/inplace.js';
import { coreDType, type DType } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';
import { addHook, callWithHooks, type RemovableHandle } from './hooks.js';
import { Parameter } from './parameter.js';
import { layout } from './repr.js';
import { collect, type IncompatibleKeys, load, replaceValue, type StateDict } from './state-dict.js';
import {
  addBuffer,
  adopt,
  checkName,
  holdParameter,
  isNode,
  ModuleState,
  type Node,
  ownBuffers,
  ownChildren,
  ownParameters,
  walk,
} from './tree.js';

/** Calling a module runs its hooks and its `forward`; the call has the types of `forward`. */
export interface Module {
  (...args: Parameters<this['forward']>): ReturnType<this['forward']>;
}

/**
 * The base class of all modules. A subclass writes its parts as fields and its computation as `forward`; the instance is then called.
 * Parameters, Buffers and modules in fields belong to it without further ado; arrays of modules need a ModuleList.
 *
 * @example
 * class Twice extends nn.Module {
 *   fc = new nn.Linear(3, 2);
 *   forward(x: Tensor): Tensor { return this.fc(x).mul(2); }
 * }
 * const twice = new Twice();
 * twice(torch.ones([1, 3])).shape; // => [1, 2]
 * [...twice.namedParameters()].map(([name]) => name) // => ['fc.weight', 'fc.bias']
 */
export abstract class Module extends core.Callable implements Node {
  /** @internal */
  declare readonly _state: ModuleState;

  constructor() {
    super();
    Object.defineProperty(this, '_state', { value: new ModuleState() });
  }
  /** The computation; called through the module itself. */
  abstract forward(...args: never[]): unknown;

  protected override invoke(...args: unknown[]): unknown {
    const { hooks, buffers, searched } = this._state;
    if (!searched || buffers.size) adopt(this);
    const run = (xs: unknown[]): unknown => this.forward(...(xs as never[]));
    const call = (): unknown => (hooks ? callWithHooks(this, hooks, args, run) : run(args));
    const input = args.find((x) => x instanceof Tensor);
    return input ? core.beside(input.value, call) : call();
  }

  /** True after `train()`, false after `eval()`. A compiled step is traced anew when it changes. */
  get training(): boolean {
    return core.guard(() => this._state.training);
  }
  set training(on: boolean) {
    this._state.training = on;
  }
  /** Switches training behaviour (dropout, batch statistics) on or off, here and in all children. */
  train(mode: boolean = true): this {
    for (const m of this.modules()) m.training = mode;
    return this;
  }
  /** `train(false)` */
  eval(): this {
    return this.train(false);
  }

  /** Adds a parameter, or none (null), under a name. */
  registerParameter(name: string, parameter: Parameter | null): void {
    checkName('parameter', name);
    if (parameter !== null && !(parameter instanceof Parameter)) {
      throw new TypeError(
        `cannot assign '${typeof parameter}' object to parameter '${name}' (torch.nn.Parameter or None required)`,
      );
    }
    holdParameter(this, name, parameter);
  }
  /** Adds a tensor that is saved and moved with the module, but not trained. Assigning to the name keeps it a buffer. */
  registerBuffer(name: string, tensor: Tensor | null, o: { persistent?: boolean } = {}): void {
    addBuffer(this, name, tensor, o.persistent ?? true);
  }
  /** Adds a child under a name. */
  registerModule(name: string, module: Module | null): void {
    checkName('module', name);
    const held = (this as unknown as Record<string, unknown>)[name];
    if (held !== undefined && held !== null && !isNode(held))
      throw new core.ValueError(`attribute '${name}' already exists`);
    (this as unknown as Record<string, unknown>)[name] = module;
  }
  /** `registerModule` */
  addModule(name: string, module: Module | null): void {
    this.registerModule(name, module);
  }

  /** Parameters with their names, each once; `prefix` goes before the names. */
  *namedParameters(prefix: string = '', recurse: boolean = true): Generator<[name: string, parameter: Parameter]> {
    const seen = new Set<Parameter>();
    for (const [path, m] of recurse ? walk<Module>(this, prefix) : [[prefix, this] as [string, Module]]) {
      for (const [name, p] of ownParameters(m)) {
        if (seen.has(p)) continue;
        seen.add(p);
        yield [path ? `${path}.${name}` : name, p];
      }
    }
  }
  /** All parameters, each once. */
  *parameters(recurse: boolean = true): Generator<Parameter> {
    for (const [, p] of this.namedParameters('', recurse)) yield p;
  }
  /** Buffers with their names, each once. */
  *namedBuffers(prefix: string = '', recurse: boolean = true): Generator<[name: string, buffer: Tensor]> {
    const seen = new Set<Tensor>();
    for (const [path, m] of recurse ? walk<Module>(this, prefix) : [[prefix, this] as [string, Module]]) {
      for (const [name, { tensor }] of ownBuffers(m)) {
        if (!tensor || seen.has(tensor)) continue;
        seen.add(tensor);
        yield [path ? `${path}.${name}` : name, tensor];
      }
    }
  }
  /** All buffers, each once. */
  *buffers(recurse: boolean = true): Generator<Tensor> {
    for (const [, b] of this.namedBuffers('', recurse)) yield b;
  }
  /** The children with their names, each once. */
  *namedChildren(): Generator<[name: string, module: Module]> {
    const seen = new Set<Node>();
    for (const [name, child] of ownChildren(this)) {
      if (seen.has(child)) continue;
      seen.add(child);
      yield [name, child as Module];
    }
  }
  /** The children, each once. */
  *children(): Generator<Module> {
    for (const [, child] of this.namedChildren()) yield child;
  }
  /** This module ('') and all below it with their names, each once. */
  namedModules(prefix: string = ''): Generator<[name: string, module: Module]> {
    return walk<Module>(this, prefix);
  }
  /** This module and all below it, each once. */
  *modules(): Generator<Module> {
    for (const [, m] of this.namedModules()) yield m;
  }
  /** The module at a path such as `encoder.0`. */
  getSubmodule(target: string): Module {
    return (target ? target.split('.') : []).reduce<Module>((at, name) => {
      const next = ownChildren(at).find(([key]) => key === name)?.[1];
      if (!next)
        throw new core.ValueError(
          `${at.getName()} has no attribute \`${name}\`${core.nearest(
            name,
            ownChildren(at).map(([key]) => key),
          )}`,
        );
      return next as Module;
    }, this);
  }
  /** The parameter at a path such as `encoder.0.weight`. */
  getParameter(target: string): Parameter {
    const dot = target.lastIndexOf('.');
    const owner = this.getSubmodule(dot < 0 ? '' : target.slice(0, dot));
    const found = ownParameters(owner).find(([name]) => name === target.slice(dot + 1));
    if (!found) throw new core.ValueError(`${owner.getName()} has no attribute \`${target.slice(dot + 1)}\``);
    return found[1];
  }

  /** Calls `f` with all children, depth first, then with this module. */
  apply(f: (module: Module) => void): this {
    for (const child of this.children()) child.apply(f);
    f(this);
    return this;
  }
  /** Records gradients for all parameters, or stops doing so. */
  requiresGrad_(on: boolean = true): this {
    for (const p of this.parameters()) p.requiresGrad = on;
    return this;
  }
  /** Forgets the gradients of all parameters; with `setToNone: false` they become zeros. */
  zeroGrad(o: { setToNone?: boolean } = {}): void {
    for (const p of this.parameters()) {
      if (o.setToNone ?? true) clearGrad(p);
      else if (p.grad) zero_(p.grad);
    }
  }

  /** Converts floating point parameters and buffers to a dtype; or moves all of them to a device, which has to be awaited. */
  to(dtype: DType): this;
  to(device: core.DeviceName): Promise<this>;
  to(where: DType | core.DeviceName): this | Promise<this> {
    const all = [...this.parameters(), ...this.buffers()];
    if (core.isDevice(where)) {
      return Promise.all(
        all.map((t) =>
          core.to(core.detach(t.value), where).then((v) => v.device.name === t.device.name || replaceValue(t, v)),
        ),
      ).then(() => this);
    }
    const dtype = coreDType(where);
    for (const t of all)
      if (core.isFloat(t.spec.dtype) && t.spec.dtype !== dtype) replaceValue(t, core.cast(core.detach(t.value), dtype));
    return this;
  }
  /** `to('float32')` */
  float(): this {
    return this.to('float32');
  }
  /** `to('float64')` */
  double(): this {
    return this.to('float64');
  }

  /** The parameters and persistent buffers by name, in PyTorch's order. They follow the module; `clone()` what shall stay. */
  stateDict(o: { prefix?: string } = {}): StateDict {
    return collect(this, o.prefix ?? '', {});
  }
  /**
   * Copies tensors into the parameters and buffers of the same names.
   *
   * @param o.strict  names must match exactly; default true
   * @param o.assign  take over the dtype of the given tensors; default false
   * @throws ValueError  Error(s) in loading state_dict for Net: and each missing key, unexpected key and size mismatch
   */
  loadStateDict(state: StateDict, o: { strict?: boolean; assign?: boolean } = {}): IncompatibleKeys {
    return load(this, this.getName(), state, o);
  }

  /** Calls `hook(module, args)` before each forward; arguments that it returns are used instead. */
  registerForwardPreHook<M extends Module>(
    this: M,
    hook: (module: M, args: Parameters<M['forward']>) => unknown,
    o: { prepend?: boolean } = {},
  ): RemovableHandle {
    return addHook(this, 'pre', hook, o.prepend);
  }
  /** Calls `hook(module, args, output)` after each forward; what it returns is used instead of the output. */
  registerForwardHook<M extends Module>(
    this: M,
    hook: (module: M, args: Parameters<M['forward']>, output: ReturnType<M['forward']>) => unknown,
    o: { prepend?: boolean } = {},
  ): RemovableHandle {
    return addHook(this, 'post', hook, o.prepend);
  }
  /** Calls `hook(module, gradInput, gradOutput)` in backward; gradients that it returns are used instead of gradInput. */
  registerFullBackwardHook<M extends Module>(
    this: M,
    hook: (module: M, gradInput: (Tensor | null)[], gradOutput: (Tensor | null)[]) => unknown,
    o: { prepend?: boolean } = {},
  ): RemovableHandle {
    return addHook(this, 'backward', hook, o.prepend);
  }
  /** Calls `hook(module, gradOutput)` in backward; gradients that it returns are used instead of gradOutput. */
  registerFullBackwardPreHook<M extends Module>(
    this: M,
    hook: (module: M, gradOutput: (Tensor | null)[]) => unknown,
    o: { prepend?: boolean } = {},
  ): RemovableHandle {
    return addHook(this, 'backwardPre', hook, o.prepend);
  }

  /** @internal The name in `toString` and in messages. */
  getName(): string {
    return this.constructor.name;
  }
  /** What `toString` shows between the parentheses. */
  extraRepr(): string {
    return '';
  }
  /** The module and its children as PyTorch prints them. */
  override toString(): string {
    return layout(this.getName(), this.extraRepr(), this.childTexts());
  }
  /** @internal */
  protected childTexts(): (readonly [string, string])[] {
    return ownChildren(this).map(([name, child]) => [name, String(child)]);
  }
}
Object.defineProperty(Module.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Module): string {
    return this.toString();
  },
});

/** A module of one tensor to one tensor: what Sequential and ModuleList hold unless told otherwise. */
export type Layer = Module & { forward(x: Tensor): Tensor };
