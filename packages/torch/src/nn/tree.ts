// What a module consists of: its fields are scanned, nothing has to be registered by hand.
import * as core from '@nn/core';
import { promote } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';
import { Buffer, Parameter } from './parameter.js';

/** A buffer: the tensor under a name of a module, held by a Variable so that compiled steps can update it. */
export interface BufferSlot {
  tensor: Tensor | null;
  readonly persistent: boolean;
}
export type Hook = (...args: never[]) => unknown;
export interface Hooks {
  readonly pre: Set<Hook>;
  readonly post: Set<Hook>;
  readonly backwardPre: Set<Hook>;
  readonly backward: Set<Hook>;
}

/** What a module keeps besides its fields. */
export class ModuleState {
  training = true;
  /** Whether fields were searched for Buffers. */
  searched = false;
  readonly buffers: Map<string, BufferSlot> = new Map();
  hooks: Hooks | null = null;
}
/** A module, as its state sees it. */
export interface Node {
  readonly _state: ModuleState;
  toString(): string;
}
export const isNode = (x: unknown): x is Node =>
  typeof x === 'function' && (x as Partial<Node>)._state instanceof ModuleState;

const fieldsOf = (node: Node): [string, unknown][] => Object.entries(node as object);

/** The type of a value as PyTorch's messages name it. */
const typeName = (value: unknown): string =>
  value instanceof Tensor ? `torch.${tensorTypes[value.spec.dtype] ?? ''}Tensor` : typeof value;
const tensorTypes: Partial<Record<core.DType, string>> = {
  f32: 'Float',
  f64: 'Double',
  i32: 'Int',
  u8: 'Byte',
  bool: 'Bool',
};

/** Lets a field hold a parameter or null, and refuses anything else: a plain tensor in its place would not be trained. */
export function holdParameter(node: Node, name: string, parameter: Parameter | null): void {
  let held = parameter;
  Object.defineProperty(node, name, {
    configurable: true,
    enumerable: true,
    get: () => held,
    set(value: unknown) {
      if (value !== null && value !== undefined && !(value instanceof Parameter)) {
        throw new TypeError(
          `cannot assign '${typeName(value)}' as parameter '${name}' (torch.nn.Parameter or None expected). Wrap it, new nn.Parameter(tensor), or write the values in place, torch.noGrad(() => module.${name}.copy_(tensor))`,
        );
      }
      held = value ?? null;
    },
  });
}
/**
 * Holds the parameters that stand in fields. Fields are defined after the base class is constructed, so the modules of this package name
 * theirs when they are ready (null is a parameter that was left out); others are searched when they are first called or asked.
 */
export function holdParameters(node: Node, ...names: readonly string[]): void {
  for (const [name, value] of fieldsOf(node))
    if ((value instanceof Parameter || names.includes(name)) && 'value' in Object.getOwnPropertyDescriptor(node, name)!)
      holdParameter(node, name, value as Parameter | null);
}

/** The parameters in the module's own fields. */
export function ownParameters(node: Node): [string, Parameter][] {
  holdParameters(node);
  return fieldsOf(node).filter((f): f is [string, Parameter] => f[1] instanceof Parameter);
}
/** The modules in the module's own fields. */
export function ownChildren(node: Node): [string, Node][] {
  return fieldsOf(node).filter((f): f is [string, Node] => isNode(f[1]));
}
/** The buffers under the module's own names. */
export function ownBuffers(node: Node): [string, BufferSlot][] {
  adopt(node);
  return [...node._state.buffers];
}

/** Makes a value last: it gets a Variable of its own. */
function lasting(t: Tensor): Tensor {
  if (t._cell) return t;
  const own = t._view || t.requiresGrad ? new Tensor(core.detach(t.value)) : t;
  promote(own);
  return own;
}

function write(slot: BufferSlot, name: string, value: unknown): void {
  if (value === null || value === undefined) {
    slot.tensor = null;
    return;
  }
  if (!(value instanceof Tensor))
    throw new TypeError(
      `cannot assign '${typeof value}' object to buffer '${name}' (torch Buffer, Tensor or None required)`,
    );
  const old = slot.tensor;
  if (old === value) return;
  const v = value.value;
  const same =
    old && old.spec.dtype === v.dtype && old.shape.length === v.ndim && old.shape.every((n, d) => n === v.shape[d]);
  // The Variable stays: traces that read the buffer see the new value, and scopes do not free it.
  if (same && old._cell) {
    old._cell.set(v);
    old._held = null;
  } else slot.tensor = lasting(value);
}

function install(node: Node, name: string, slot: BufferSlot): void {
  Object.defineProperty(node, name, {
    configurable: true,
    enumerable: true,
    get: () => slot.tensor,
    set(value: unknown) {
      write(slot, name, value);
    },
  });
}

/** Throws for a name that paths could not hold. */
export function checkName(kind: string, name: string): void {
  if (name === '') throw new core.ValueError(`${kind} name can't be empty string ""`);
  if (name.includes('.')) throw new core.ValueError(`${kind} name can't contain "." (received '${name}')`);
}

/** Adds a buffer under a name that is free. */
export function addBuffer(node: Node, name: string, tensor: Tensor | null, persistent: boolean): void {
  checkName('buffer', name);
  const known = node._state.buffers.has(name);
  if (!known && (node as unknown as Record<string, unknown>)[name] !== undefined)
    throw new core.ValueError(`attribute '${name}' already exists`);
  const slot: BufferSlot = { tensor: tensor && lasting(tensor), persistent };
  node._state.buffers.set(name, slot);
  install(node, name, slot);
}

/** Finds Buffers in fields, and buffers whose name a subclass has declared as a field again. */
export function adopt(node: Node): void {
  const { buffers } = node._state;
  for (const [name, slot] of buffers) {
    const field = Object.getOwnPropertyDescriptor(node, name);
    if (!field || !('value' in field)) continue;
    install(node, name, slot);
    if (field.value !== undefined) write(slot, name, field.value);
  }
  node._state.searched = true;
  holdParameters(node);
  for (const [name, value] of fieldsOf(node)) {
    if (!(value instanceof Buffer) || buffers.has(name)) continue;
    const slot: BufferSlot = { tensor: value, persistent: value.persistent };
    buffers.set(name, slot);
    install(node, name, slot);
  }
}

/** The module and all below it, each once, with its name. */
export function* walk<M extends Node>(root: M, prefix = '', seen: Set<Node> = new Set()): Generator<[string, M]> {
  if (seen.has(root)) return;
  seen.add(root);
  yield [prefix, root];
  for (const [name, child] of ownChildren(root)) yield* walk(child as M, prefix ? `${prefix}.${name}` : name, seen);
}
