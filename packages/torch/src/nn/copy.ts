// Independent copies of modules, as Python's copy.deepcopy makes them.
import * as core from '@nn/core';
import { Tensor } from '../tensor/tensor.js';
import type { Module } from './module.js';
import { Parameter } from './parameter.js';
import { addBuffer, holdParameters, isNode, ModuleState, ownBuffers } from './tree.js';

const copyTensor = (t: Tensor): Tensor => new Tensor(core.detach(t.value));

function copyValue(value: unknown): unknown {
  if (value instanceof Parameter) return new Parameter(copyTensor(value), { requiresGrad: value.requiresGrad });
  if (value instanceof Tensor) return copyTensor(value);
  if (isNode(value)) return deepcopy(value as unknown as Module);
  return Array.isArray(value) ? value.map(copyValue) : value;
}

/** A module of the same class and settings with parameters and buffers of its own. Hooks are not copied. */
export function deepcopy<M extends Module>(module: M): M {
  const copy = Reflect.construct(
    core.Callable as unknown as new () => object,
    [],
    module.constructor as new () => object,
  ) as M;
  const state = new ModuleState();
  state.training = module._state.training;
  Object.defineProperty(copy, '_state', { value: state });
  const buffers = new Map(ownBuffers(module));
  for (const [name, value] of Object.entries(module)) {
    const slot = buffers.get(name);
    if (slot) addBuffer(copy, name, slot.tensor && copyTensor(slot.tensor), slot.persistent);
    else (copy as unknown as Record<string, unknown>)[name] = copyValue(value);
  }
  holdParameters(copy);
  return copy;
}
