// asLayer: a live torch module inside of Keras models.
import type * as core from '@nn/core';
import { Layer, type Shape, Tensor, Variable } from '@nn/keras';
import { nn, Tensor as TorchTensor } from '@nn/torch';
import { PortError } from '../error.js';
import { onlyTensors } from '../flow.js';
import { remember } from '../link.js';
import type { Module } from '../rule.js';
import { cellOf, mapTensors, materialize, withMode } from '../torch-trace.js';
import { mapLeaves } from '../keras-flow.js';
import { handles, LayerModule } from './handles.js';

type Forward = (...args: unknown[]) => unknown;
const isLazy = (m: Module): boolean =>
  [...m.parameters()].some((p) => p instanceof nn.UninitializedParameter && p.pending);

/** A Keras layer that calls a torch module; its weights are the module's parameters and buffers. */
export class TorchModuleLayer extends Layer {
  static override readonly className: string = 'TorchModuleLayer';
  readonly module: Module;
  readonly held: Variable[] = [];
  constructor(module: Module, o: { readonly name?: string } = {}) {
    super(o.name === undefined ? {} : { name: o.name });
    this.module = module;
    if (!isLazy(module)) this.build();
  }
  override build(...shapes: Shape[]): void {
    if (this.held.length) return;
    materialize(
      this.module,
      shapes.map((shape) => ({ shape, dtype: 'f32' })),
      onlyTensors(shapes.length),
    );
    for (const [name, t] of [...this.module.namedParameters(), ...this.module.namedBuffers()]) {
      const cell: core.Variable = cellOf(t);
      handles.set(cell, t);
      this.held.push(new Variable(cell, { name, trainable: t instanceof nn.Parameter }));
    }
    remember({
      torch: this.module,
      keras: this,
      inputs: [],
      outputs: [],
      list: false,
      dropped: [],
      pairs: this.held.map((v) => ({ torch: v.cell, keras: v.cell, slot: { to: v.name }, layout: { kind: 'same' } })),
    });
  }
  /** Tensors in the arrangement of torch; the module is in training mode when the Keras call is. */
  override call(...args: (Tensor | readonly Tensor[] | { readonly training?: boolean })[]): Tensor {
    const last = args.at(-1);
    const options =
      last instanceof Tensor || Array.isArray(last) || last === undefined ? null : (last as { training?: boolean });
    const inputs = (options ? args.slice(0, -1) : args).map((x) =>
      mapLeaves(x, (t) => (t instanceof Tensor ? new TorchTensor(t.read()) : t)),
    );
    const result = withMode(this.module, options?.training ?? false, () =>
      (this.module as unknown as Forward)(...inputs),
    );
    return mapTensors(result, (t) => new Tensor(t.value)) as Tensor;
  }
}

const classes: WeakMap<object, typeof TorchModuleLayer> = /* @__PURE__ */ new WeakMap();
/** The layer class of a module class: under its name, so that summaries and automatic names tell what it is. */
function classFor(module: Module): typeof TorchModuleLayer {
  const known = classes.get(module.constructor);
  if (known) return known;
  class Named extends TorchModuleLayer {
    static override readonly className: string = module.getName();
  }
  classes.set(module.constructor, Named);
  return Named;
}

/**
 * Wraps a live torch module as a Keras layer: the same parameters, no copy. It works in functional models, under `fit` and
 * `tf.function`; training either side trains both. Inputs and outputs lie as the module has them (channels first).
 *
 * @param o.name  default the name of the module's class in snake case
 * @example
 * const fc = new nn.Linear(3, 2)
 * const layer = asLayer(fc)
 * layer(tf.ones([4, 3])).shape // => [4, 2]
 * layer.weights.map((w) => w.path) // => ['linear/weight', 'linear/bias']
 */
export function asLayer(module: Module, o: { readonly name?: string } = {}): TorchModuleLayer {
  if (!(module instanceof nn.Module))
    throw new PortError(`asLayer: expected a torch module, received ${module === null ? 'null' : typeof module}`);
  return module instanceof LayerModule ? (module.layer as TorchModuleLayer) : new (classFor(module))(module, o);
}
