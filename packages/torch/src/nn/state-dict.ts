// Saving and loading the state of modules, with PyTorch's names, order and messages.
import * as core from '@nn/core';
import { write } from '../tensor/assign.js';
import { promote } from '../tensor/handle.js';
import { detach } from '../ops/shape.js';
import { copy_ } from '../tensor/inplace.js';
import { Tensor } from '../tensor/tensor.js';
import { UninitializedParameter } from './parameter.js';
import { type Node, ownBuffers, ownChildren, ownParameters } from './tree.js';

/** Tensors by name: `fc1.weight`. */
export type StateDict = Record<string, Tensor>;

/** Own parameters, own persistent buffers, then the children. Shared modules appear under every name. */
export function collect(node: Node, prefix: string, out: StateDict): StateDict {
  for (const [name, p] of ownParameters(node)) out[prefix + name] = detach(p);
  for (const [name, { tensor, persistent }] of ownBuffers(node))
    if (tensor && persistent) out[prefix + name] = detach(tensor);
  for (const [name, child] of ownChildren(node)) collect(child, `${prefix}${name}.`, out);
  return out;
}

/** What a state dict had too little and too much. */
export interface IncompatibleKeys {
  readonly missingKeys: string[];
  readonly unexpectedKeys: string[];
}

interface Loading extends IncompatibleKeys {
  readonly state: Readonly<Record<string, Tensor>>;
  readonly assign: boolean;
  readonly errors: string[];
}

const sizeText = (shape: readonly number[]): string => `torch.Size([${shape.join(', ')}])`;

function loadOwn(node: Node, prefix: string, at: Loading): void {
  const own: [string, Tensor][] = [
    ...ownParameters(node),
    ...ownBuffers(node).flatMap(([name, slot]): [string, Tensor][] =>
      slot.tensor && slot.persistent ? [[name, slot.tensor]] : [],
    ),
  ];
  for (const [name, target] of own) {
    const key = prefix + name;
    const source = at.state[key];
    if (!source) {
      // Files older than PyTorch 0.4.1 have no counter; a counter without a value starts at 0.
      if (name !== 'num_batches_tracked') at.missingKeys.push(key);
      continue;
    }
    if (!(source instanceof Tensor)) {
      at.errors.push(
        `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but received ${typeof source}`,
      );
      continue;
    }
    if (target instanceof UninitializedParameter && target.pending) target.materialize(source.shape);
    // Files of PyTorch 0.3 have one element where there is a number now.
    const from =
      target.shape.length === 0 && source.shape.length === 1 && source.shape[0] === 1
        ? new Tensor(core.reshape(source.value, []))
        : source;
    if (from.shape.length !== target.shape.length || from.shape.some((n, d) => n !== target.shape[d])) {
      at.errors.push(
        `size mismatch for ${key}: copying a param with shape ${sizeText(from.shape)} from checkpoint, the shape in current model is ${sizeText(target.shape)}.`,
      );
      continue;
    }
    if (at.assign && from.spec.dtype !== target.spec.dtype) replaceValue(target, core.detach(from.value));
    else core.noGrad(() => (target._cell ? copy_(target, from) : write(target, from.value, 'Copy')));
  }
  const names = new Set(own.map(([name]) => name));
  const children = new Set(ownChildren(node).map(([name]) => name));
  for (const key of Object.keys(at.state)) {
    if (!key.startsWith(prefix)) continue;
    const [first, ...rest] = key.slice(prefix.length).split('.');
    if (rest.length ? !children.has(first!) : !names.has(first!)) at.unexpectedKeys.push(key);
  }
  for (const [name, child] of ownChildren(node)) loadOwn(child, `${prefix}${name}.`, at);
}

/** Copies tensors into a module by name; see `Module.loadStateDict`. */
export function load(
  node: Node,
  name: string,
  state: StateDict,
  o: { strict?: boolean; assign?: boolean },
): IncompatibleKeys {
  const at: Loading = { state, assign: o.assign ?? false, missingKeys: [], unexpectedKeys: [], errors: [] };
  loadOwn(node, '', at);
  const quoted = (keys: readonly string[]): string => keys.map((k) => `"${k}"`).join(', ');
  const errors = [...at.errors];
  if (o.strict ?? true) {
    if (at.unexpectedKeys.length) errors.unshift(`Unexpected key(s) in state_dict: ${quoted(at.unexpectedKeys)}. `);
    if (at.missingKeys.length) errors.unshift(`Missing key(s) in state_dict: ${quoted(at.missingKeys)}. `);
  }
  if (errors.length) throw new core.ValueError(`Error(s) in loading state_dict for ${name}:\n\t${errors.join('\n\t')}`);
  return { missingKeys: at.missingKeys, unexpectedKeys: at.unexpectedKeys };
}

/** Gives a parameter or buffer a value of another dtype or device; the handle stays the one that optimizers hold. */
export function replaceValue(t: Tensor, value: core.Tensor): void {
  const trainable = t._cell?.trainable ?? false;
  t._cell?.dispose();
  t._cell = null;
  t._held = value;
  promote(t, trainable);
  t._grad = null;
}
