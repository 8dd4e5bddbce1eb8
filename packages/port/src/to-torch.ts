// toTorch: rebuilds a Keras layer or model as torch modules.
import { keras, Layer, Model } from '@nn/keras';
import { nn } from '@nn/torch';
import { TorchBuilder } from './build-torch.js';
import { PortError } from './error.js';
import { onlyTensors, Value } from './flow.js';
import { same, type Sizes } from './layout.js';
import { remember } from './link.js';
import { copyToTorch } from './pairs.js';
import { type PlanInput, Planner } from './plan.js';
import type { Module } from './rule.js';
import { Connected } from './torch-steps.js';

export interface ToTorchOptions {
  /** The shape of the Keras input without the batch axis; needed where the layer has never seen one. A list for several inputs. */
  readonly inputShape?: Sizes | readonly Sizes[];
}

const isShape = (x: unknown): x is Sizes => Array.isArray(x) && x.every((n) => n === null || typeof n === 'number');
/** The shapes of the inputs with the batch axis: those that were passed, else those that the layer was built with. */
function shapesOf(layer: Layer, o: ToTorchOptions): readonly Sizes[] {
  const withBatch = (s: Sizes): Sizes => [null, ...s];
  if (o.inputShape) return isShape(o.inputShape) ? [withBatch(o.inputShape)] : o.inputShape.map(withBatch);
  if (layer instanceof Model && layer.graph) return layer.graph.inputs.map((t) => t.shape);
  const built = layer.buildShapes;
  if (!built?.length)
    throw new PortError(
      `toTorch: layer '${layer.name}' has not seen an input yet, so its sizes are not known; pass { inputShape }, without the batch axis`,
    );
  return built.flatMap((s): Sizes[] =>
    isShape(s) ? [[null, ...s.slice(1)]] : (s as readonly Sizes[]).map((x) => [null, ...x.slice(1)]),
  );
}
/** Gives the layer its weights. */
function ensureBuilt(layer: Layer, shapes: readonly Sizes[], list: boolean): void {
  if (layer.built && (layer.weights.length > 0 || !(layer instanceof Model) || layer.graph)) return;
  if (layer instanceof Model && !(layer instanceof keras.Sequential)) {
    const inputs = shapes.map((s) => keras.Input({ batchShape: s }));
    (layer as unknown as (x: unknown) => unknown)(inputs.length === 1 ? inputs[0] : inputs);
    return;
  }
  (layer.build as (...s: unknown[]) => void)(...(list ? [shapes] : shapes));
}

/**
 * Rebuilds a Keras layer or model natively in torch: the modules, their settings and their weights. A Sequential becomes
 * `nn.Sequential`; other models, functional or subclassed, become a module with the layers as children and a forward that walks the
 * graph. Images are channels first in torch.
 *
 * @param layer         stays as it is; the weights are copied
 * @param o.inputShape  of the Keras input without the batch axis; default that which the layer was built with
 * @throws PortError  for what torch does not have, with the layer, the reason and the way out
 * @example
 * const module = toTorch(new keras.layers.Dense(3, { activation: 'relu' }), { inputShape: [4] })
 * Object.keys(module.stateDict()) // => ['0.weight', '0.bias']
 */
export function toTorch<M extends Module = Module>(layer: Layer, o: ToTorchOptions = {}): M {
  if (!(layer instanceof Layer))
    throw new PortError(`toTorch: expected a Keras layer or model, received ${typeof layer}`);
  const shapes = shapesOf(layer, o);
  const list =
    shapes.length > 1 &&
    (isShape(layer.buildShapes?.[0]) ? layer.buildShapes.length === 1 : true) &&
    !takesSeparately(layer);
  ensureBuilt(layer, shapes, list);
  const inputs = shapes.map((shape): PlanInput => ({ shape, dtype: 'f32', layout: same }));
  const planned = new Planner('toTorch').part(
    layer,
    '',
    inputs,
    list ? [onlyTensors(inputs.length)] : onlyTensors(inputs.length),
  );
  const builder = new TorchBuilder();
  let module: Module;
  if (planned.inside) module = builder.container(planned, true);
  else {
    const values = inputs.map((x) => new Value(x.shape, x.dtype));
    const { modules, call } = builder.part(planned, values, []);
    if (call) {
      module = new Connected(call);
      modules.forEach((m, i) => module.registerModule(i ? `${layer.name}_${i}` : layer.name, m));
    } else module = modules.length === 1 ? modules[0]! : new nn.Sequential(...(modules as never[]));
  }
  builder.resolve();
  copyToTorch(builder.pairs, true);
  remember({
    torch: module,
    keras: layer,
    inputs: planned.arrangement.inputs,
    outputs: planned.arrangement.outputs.map((x) => (x.kind === 'flat' && planned.inside ? same : x)),
    list,
    pairs: builder.pairs,
    dropped: builder.dropped,
  });
  return module as M;
}
/** Layers whose call takes several tensors one by one, not as a list. */
const takesSeparately = (layer: Layer): boolean => layer instanceof keras.layers.MultiHeadAttention;
