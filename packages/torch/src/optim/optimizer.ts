// The base class of optimizers: parameter groups, state in Variables, state dicts.
import * as core from '@nn/core';
import { write } from '../tensor/assign.js';
import { py } from '../nn/repr.js';
import { clearGrad, ofCell } from '../tensor/handle.js';
import { zero_ } from '../tensor/inplace.js';
import { Tensor } from '../tensor/tensor.js';
import { dtypeOfGroup, isTracked, rateOf, track, tracked } from './group-data.js';

const isNamed = (p: unknown): p is readonly [string, Tensor] => Array.isArray(p);

/** Parameters that are updated with the same settings. */
export type ParamGroup<S> = S & { params: Tensor[] };
/** Tensors, or pairs of a name and a tensor, as `module.namedParameters()` gives them. */
export type TensorList = Iterable<Tensor> | Iterable<readonly [string, Tensor]>;
/** Settings with a rate that may be a tensor of one element: changing it in place, as in `lr.mul_(0.5)`, changes the rate. */
export type Settings<S> = Omit<S, 'lr'> & { lr: number | Tensor };
/** What the constructor of an optimizer takes. */
export type Options<S> = Partial<Settings<S>>;
/** A group as it is given: settings that it leaves out are the defaults. */
export type GivenGroup<S> = { params: Tensor | TensorList } & Options<S>;
/** What an optimizer is given: tensors, with or without names, or groups of them with settings of their own. */
export type Parameters<S> = TensorList | Iterable<GivenGroup<S>>;
/** The state of one parameter, by PyTorch's names; every tensor is held by a Variable. */
export type State = Record<string, Tensor>;

/** An optimizer's state as PyTorch writes it. */
export interface OptimizerState {
  readonly state: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

/**
 * The base class of all optimizers. A subclass gives its defaults and the update of one parameter.
 *
 * @param params    tensors, or groups `{ params, ...settings }`
 * @param defaults  settings of groups that do not say otherwise
 */
export abstract class Optimizer<S extends { lr: number } = { lr: number }> {
  readonly paramGroups: ParamGroup<S>[] = [];
  readonly state: Map<Tensor, State> = new Map();
  readonly defaults: S;
  /** Changes when parameters or state are added or taken away, so that compiled steps are traced anew. */
  private layout = 0;

  constructor(params: Parameters<S>, defaults: Settings<S>) {
    this.defaults = defaults as unknown as S;
    if (params instanceof Tensor) {
      throw new TypeError(
        'params argument given to the optimizer should be an iterable of Tensors or groups, but got a Tensor. Put it in an array',
      );
    }
    const list = [...params];
    if (list.length === 0) throw new core.ValueError('optimizer got an empty parameter list');
    const grouped = !(list[0] instanceof Tensor) && !isNamed(list[0]);
    if (grouped) for (const group of list) this.addParamGroup(group as GivenGroup<S>);
    else this.addParamGroup({ params: list as (Tensor | readonly [string, Tensor])[] } as unknown as GivenGroup<S>);
  }

  /** Adds a group of parameters; settings that it does not give are the defaults. */
  addParamGroup(group: GivenGroup<S>): void {
    const given: (Tensor | readonly [string, Tensor])[] =
      group.params instanceof Tensor ? [group.params] : [...group.params];
    const names = given.flatMap((p) => (isNamed(p) ? [p[0]] : []));
    const params = given.map((p) => (isNamed(p) ? p[1] : p));
    const others = new Set(this.paramGroups.flatMap((g) => g.params));
    for (const p of params) {
      if (!(p instanceof Tensor))
        throw new TypeError(`optimizer can only optimize Tensors, but one of the params is ${typeof p}`);
      if (!p.isLeaf) throw new core.ValueError("can't optimize a non-leaf Tensor");
      if (others.has(p)) throw new core.ValueError('some parameters appear in more than one parameter group');
    }
    if (names.length > 0 && names.length < params.length)
      throw new core.ValueError('all optimizer params should be with/without names. Some param names are missing');
    if (new Set(params).size < params.length)
      console.warn(
        'optimizer contains a parameter group with duplicate parameters; each of them is updated several times a step',
      );
    const made = { ...this.defaults, ...group, params, ...(names.length && { paramNames: names }) } as ParamGroup<S>;
    checkRate(made.lr);
    track(made, 'lr', dtypeOfGroup(made));
    this.paramGroups.push(made);
    this.layout++;
  }

  /** Forgets the gradients; with `setToNone: false` they become zeros. */
  zeroGrad(o: { setToNone?: boolean } = {}): void {
    for (const { params } of this.paramGroups) {
      for (const p of params) {
        if (o.setToNone ?? true) clearGrad(p);
        else if (p.grad) zero_(p.grad);
      }
    }
  }

  /** Updates all parameters that have a gradient. A closure that computes the loss is called first. */
  step(closure?: () => Tensor): Tensor | undefined {
    const loss = closure && core.enableGrad(closure);
    // What the update computes on the way is freed at once; parameters and state are held by their Variables.
    core.scope(() =>
      core.noGrad(() => {
        core.guard(() => this.layout);
        for (const group of this.paramGroups) {
          for (const p of group.params) {
            const grad = p.grad?.value;
            if (grad) this.update(p, group, grad);
          }
        }
      }),
    );
    return loss;
  }

  /** Updates one parameter. */
  protected abstract update(p: Tensor, group: ParamGroup<S>, grad: core.Tensor): void;

  /** A setting; a compiled step is traced anew when it changes. */
  protected setting<K extends keyof S>(group: ParamGroup<S>, name: K): S[K] {
    return core.guard(() => group[name]);
  }
  /** A number among the settings: data where a scheduler moves it, else as `setting`. Of a list it is the first. */
  protected number<K extends keyof S & string>(group: ParamGroup<S>, name: K): core.Operand {
    return numberSetting(group, name);
  }
  /** The learning rate as data. */
  protected rate(group: ParamGroup<S>): core.Tensor {
    return tracked(group, 'lr');
  }
  /** The gradient, turned round when the objective is maximized, with the decay of the weights added (L2). */
  protected gradient(p: Tensor, group: ParamGroup<S>, grad: core.Tensor, decay: number): core.Tensor {
    const g = core.guard(() => (group as { maximize?: boolean }).maximize) ? core.neg(grad) : grad;
    return decay ? core.coupledDecay(p.value, g, decay) : g;
  }
  /** A tensor of the parameter's state, made when it is not there yet; also inside the first trace. */
  protected slot(p: Tensor, name: string, first: (p: core.Tensor) => core.Tensor = core.zerosLike): core.Variable {
    let state = this.state.get(p);
    if (!state) this.state.set(p, (state = {}));
    state[name] ??= core.untraced(() =>
      ofCell(
        new core.Variable(
          core.noGrad(() => first(core.detach(p.value))),
          { name, slot: true },
        ),
      ),
    );
    return state[name]._cell!;
  }
  /** Counts this step and returns how many there were. */
  protected count(p: Tensor): core.Tensor {
    const step = this.slot(p, 'step', () => core.literal(0));
    const next = core.add(step.get(), 1);
    step.set(next);
    return next;
  }
  /** Stores the new value of a parameter. */
  protected store(p: Tensor, value: core.Tensor): void {
    write(p, value, 'Step');
  }

  /** State and settings in PyTorch's layout: `{ state: { 0: { step, exp_avg, ... } }, param_groups: [...] }`. */
  stateDict(): OptimizerState {
    let index = 0;
    const places = new Map<Tensor, number>();
    const groups = this.paramGroups.map((group) => {
      const { params, ...settings } = group;
      const named = Object.entries(settings).map(([key, value]) => [snake(key), value] as const);
      for (const p of params) places.set(p, index++);
      return { ...Object.fromEntries(named), params: params.map((p) => places.get(p)!) };
    });
    const state = [...this.state].flatMap(([p, s]) => (places.has(p) ? [[places.get(p)!, { ...s }] as const] : []));
    return { state: Object.fromEntries(state), param_groups: groups };
  }

  /** Takes over state and settings of an optimizer with groups of the same sizes. Tensors are copied. */
  loadStateDict(dict: OptimizerState): void {
    if (dict.param_groups.length !== this.paramGroups.length)
      throw new core.ValueError('loaded state dict has a different number of parameter groups');
    const byIndex = new Map<string, Tensor>();
    dict.param_groups.forEach((saved, g) => {
      const { params } = this.paramGroups[g]!;
      const indices = saved['params'] as readonly number[];
      if (indices.length !== params.length) {
        throw new core.ValueError(
          "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
        );
      }
      indices.forEach((i, k) => byIndex.set(String(i), params[k]!));
    });
    dict.param_groups.forEach(({ params: _, ...saved }, g) => {
      const group = this.paramGroups[g] as Record<string, unknown>;
      for (const [key, value] of Object.entries(saved))
        group[camel(key)] = Array.isArray(value) ? [...(value as unknown[])] : value;
    });
    core.noGrad(() => this.loadState(dict.state, byIndex));
  }
  private loadState(state: OptimizerState['state'], byIndex: ReadonlyMap<string, Tensor>): void {
    const former = new Map(this.state);
    this.state.clear();
    for (const [i, saved] of Object.entries(state)) {
      const p = byIndex.get(i);
      if (!p) continue;
      const old = former.get(p) ?? {};
      const entries = Object.entries(saved).filter(([, value]) => value !== null && value !== undefined);
      const loaded = entries.map(([name, value]) => [name, loadSlot(p, name, value, old[name])] as const);
      this.state.set(p, Object.fromEntries(loaded));
    }
    // Compiled steps hold on to the tensors that they were traced with.
    const same = [...former].every(([p, old]) =>
      Object.entries(old).every(([name, t]) => this.state.get(p)?.[name] === t),
    );
    if (!same || former.size !== this.state.size) this.layout++;
  }

  /** The groups and their settings, as PyTorch prints them. */
  toString(): string {
    const text = (value: unknown): string => (typeof value === 'string' ? value : py(value));
    const groups = this.paramGroups.map((group, i) => {
      const lines = Object.entries(group)
        .filter(([key]) => key !== 'params')
        .map(([key, value]) => [snake(key), value] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `    ${key}: ${text(value)}\n`);
      return `Parameter Group ${i}\n${lines.join('')}`;
    });
    return `${this.constructor.name} (\n${groups.join('\n')})`;
  }
}

/** A saved value as state of a parameter: in the tensor that it had before, where that fits, so that compiled steps see it. */
function loadSlot(p: Tensor, name: string, value: unknown, old: Tensor | undefined): Tensor {
  const t = value instanceof Tensor ? core.detach(value.value) : core.literal(Number(value));
  const like = name !== 'step' && t.ndim > 0 && core.isFloat(t.dtype) ? core.cast(t, p.spec.dtype) : t;
  const cell = old?._cell;
  if (!cell || core.describe(cell.spec) !== core.describe(like.spec))
    return ofCell(new core.Variable(like, { name, slot: true }));
  cell.set(like);
  return old;
}
/** Throws unless the number is in order. */
export function check(ok: boolean, what: string, value: unknown): void {
  if (!ok) throw new core.ValueError(`Invalid ${what}: ${String(value)}`);
}
/** A number of a group, or the first one of a list: data where a scheduler moves it; else a compiled step is traced anew when it changes. */
export function numberSetting(group: object, name: string): core.Operand {
  if (core.guard(() => isTracked(group, name))) return tracked(group, name);
  return core.guard(() => {
    const value = (group as Record<string, unknown>)[name];
    return (Array.isArray(value) ? value[0] : value) as number;
  });
}
function checkRate(lr: unknown): void {
  if (typeof lr !== 'number' && !(lr instanceof Tensor))
    throw new TypeError(
      `lr should be a number or a tensor of one element, but it is ${lr === null ? 'null' : typeof lr}`,
    );
}
/** The checks that most optimizers make. */
export function checkCommon(o: {
  lr?: number | Tensor;
  eps?: number;
  weightDecay?: number;
  betas?: readonly number[];
  momentum?: number;
}): void {
  if (o.lr !== undefined) check(rateOf(o.lr) >= 0, 'learning rate', rateOf(o.lr));
  if (o.eps !== undefined) check(o.eps >= 0, 'epsilon value', o.eps);
  if (o.weightDecay !== undefined) check(o.weightDecay >= 0, 'weight_decay value', o.weightDecay);
  if (o.momentum !== undefined) check(o.momentum >= 0, 'momentum value', o.momentum);
  o.betas?.forEach((b, i) => check(b >= 0 && b < 1, `beta parameter at index ${i}`, b));
}
/** Settings that PyTorch keeps and that mean nothing here. */
export interface Ignored {
  foreach?: boolean | null;
  capturable?: boolean;
  differentiable?: boolean;
  fused?: boolean | null;
}
