// What is remembered of a port: which module belongs to which layer, how inputs and outputs lie, which weights are the same.
import type { Layer } from '@nn/keras';
import type { Layout } from './layout.js';
import type { Pairs } from './pairs.js';
import type { Module } from './rule.js';

export interface Link extends Pairs {
  readonly torch: Module;
  readonly keras: Layer;
  /** How the inputs and outputs of the Keras side lie, in order. */
  readonly inputs: readonly Layout[];
  readonly outputs: readonly Layout[];
  /** The Keras side takes its inputs as one list. */
  readonly list: boolean;
}

const links: WeakMap<Layer, WeakMap<Module, Link>> = /* @__PURE__ */ new WeakMap();

export function remember(link: Link): void {
  const of = links.get(link.keras) ?? new WeakMap<Module, Link>();
  links.set(link.keras, of.set(link.torch, link));
}
/** The link of a module and a layer, if one came from the other. */
export const linkOf = (torch: Module, keras: Layer): Link | null => links.get(keras)?.get(torch) ?? null;
