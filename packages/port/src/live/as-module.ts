// asModule: a live Keras layer or model as a torch module.
import { Layer, Model } from '@nn/keras';
import { PortError } from '../error.js';
import { remember } from '../link.js';
import { TorchModuleLayer } from './as-layer.js';
import { LayerModule } from './handles.js';

/**
 * Wraps a live Keras layer or model as a torch module: the same weights, no copy. `parameters()` are its trainable weights and
 * buffers the others, under their Keras paths with dots. Inputs and outputs lie as the layer has them (channels last); penalties
 * of regularizers are not added to anything: read them from `layer.losses`.
 *
 * @param layer         built, or with `inputShape`
 * @param o.inputShape  without the batch axis
 * @throws PortError  when the layer has no weights yet
 * @example
 * const module = asModule(new keras.layers.Dense(2), { inputShape: [3] })
 * module(torch.ones([4, 3])).shape // => [4, 2]
 * Array.from(module.namedParameters(), ([name]) => name) // => ['kernel', 'bias']
 */
export function asModule(layer: Layer, o: { readonly inputShape?: readonly (number | null)[] } = {}): LayerModule {
  if (!(layer instanceof Layer))
    throw new PortError(
      `asModule: expected a Keras layer or model, received ${layer === null ? 'null' : typeof layer}`,
    );
  if (layer instanceof TorchModuleLayer) return layer.module as LayerModule;
  if (!layer.built && o.inputShape) layer.build([null, ...o.inputShape]);
  if (!layer.built)
    throw new PortError(
      `asModule: layer '${layer.name}' has no weights yet, so there would be nothing to train. Build it, call it once, or pass { inputShape }, without the batch axis`,
    );
  const module = new LayerModule(layer);
  remember({
    torch: module,
    keras: layer,
    inputs: [],
    outputs: [],
    list: layer instanceof Model && (layer.graph?.inputs.length ?? 1) > 1,
    dropped: [],
    pairs: layer.weights.map((v) => ({ torch: v.cell, keras: v.cell, slot: { to: v.name }, layout: { kind: 'same' } })),
  });
  return module;
}
