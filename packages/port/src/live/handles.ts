// A Keras layer as a torch module, and the torch tensors that stand for cells of core: one for each.
import * as core from '@nn/core';
import { type Layer, Model, Tensor as KerasTensor } from '@nn/keras';
import { nn, Tensor } from '@nn/torch';
import { mapLeaves } from '../keras-flow.js';
import { mapTensors } from '../torch-trace.js';
import { placeFor } from '../torch-steps.js';

/** The torch tensors of cells, so that a parameter has one gradient whichever way it is reached. */
export const handles: WeakMap<core.Variable, Tensor> = /* @__PURE__ */ new WeakMap();

/** A parameter, or a plain tensor, whose value lives in a cell that is there already. */
function handleOf(cell: core.Variable, trained: boolean): Tensor {
  const known = handles.get(cell);
  if (known) return known;
  const on = cell.trainable;
  const start = new Tensor(core.detach(cell.get()));
  const made = trained ? new nn.Parameter(start, { requiresGrad: false }) : start;
  made._cell?.dispose();
  made._held = null;
  made._cell = cell;
  if (trained) {
    // Setting the flag makes the cell's gradients find their way to this tensor.
    cell.trainable = false;
    made.requiresGrad = on;
  }
  handles.set(cell, made);
  return made;
}

type CallLayer = (...args: unknown[]) => unknown;
/** A torch module that calls a Keras layer; its parameters and buffers are the layer's weights. */
export class LayerModule extends nn.Module {
  declare readonly layer: Layer;
  constructor(layer: Layer) {
    super();
    Object.defineProperty(this, 'layer', { value: layer });
    for (const v of layer.weights) {
      const path = v.path.startsWith(`${layer.name}/`) ? v.path.slice(layer.name.length + 1) : v.path;
      const { holder, key } = placeFor(this, path.replaceAll('/', '.'));
      const t = handleOf(v.cell, v.madeTrainable);
      if (t instanceof nn.Parameter) holder.registerParameter(key, t);
      else holder.registerBuffer(key, t);
    }
  }
  /** Tensors in the arrangement of Keras; the layer trains when the module is in training mode. */
  forward(...args: (Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>)[]): unknown {
    const inputs = args.map((x) => mapTensors(x, (t) => new KerasTensor(t.value)));
    const { layer } = this;
    const several = layer instanceof Model && (layer.graph?.inputs.length ?? 1) > 1 && inputs.length > 1;
    const result = (layer as unknown as CallLayer)(...(several ? [inputs] : inputs), { training: this.training });
    return mapLeaves(result, (t) => (t instanceof KerasTensor ? new Tensor(t.read(), layer.className) : t));
  }
  override extraRepr(): string {
    return `${this.layer.className} '${this.layer.name}'`;
  }
}
