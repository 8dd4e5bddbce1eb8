// toKeras: rebuilds a torch module as Keras layers.
import { keras, type Layer, type Model } from '@nn/keras';
import { nn } from '@nn/torch';
import { KerasBuilder, inputFor } from './build-keras.js';
import { PortError } from './error.js';
import { onlyTensors, Value } from './flow.js';
import { batchSecond, type Layout, same } from './layout.js';
import { remember } from './link.js';
import { copyToKeras } from './pairs.js';
import { type PlanInput, Planner } from './plan.js';
import { ruleOf } from './registry.js';
import type { Module } from './rule.js';

type DTypeName = 'float32' | 'int32' | 'bool';
export interface ToKerasOptions {
  /**
   * The shape of the torch input without the batch axis, which is the first one; or with it, as null, where it is another one
   * (`[7, null, 3]`). A list of shapes for several inputs.
   */
  readonly inputShape: readonly (number | null)[] | readonly (readonly (number | null)[])[];
  /** Of the inputs; default 'int32' where an Embedding comes first, else 'float32'. */
  readonly dtype?: DTypeName | readonly DTypeName[];
}

const dtypes = { float32: 'f32', int32: 'i32', bool: 'bool' } as const;
/** The first module without children that is called, as far as the order of the fields tells. */
function firstLeaf(module: Module): Module {
  const [first] = module.children();
  return first ? firstLeaf(first) : module;
}
const isList = (shape: ToKerasOptions['inputShape']): shape is readonly (readonly (number | null)[])[] =>
  Array.isArray(shape[0]);

function planInputs(module: Module, o: ToKerasOptions): PlanInput[] {
  if (!Array.isArray(o?.inputShape))
    throw new PortError(
      'toKeras: pass { inputShape }: the shape of the torch input without the batch axis, such as [3, 32, 32]',
    );
  const shapes = isList(o.inputShape) ? o.inputShape : [o.inputShape];
  const second = ruleOf(module, 'toKeras', '') !== null && (module as { batchFirst?: boolean }).batchFirst === false;
  const indices = firstLeaf(module) instanceof nn.Embedding;
  return shapes.map((given, i): PlanInput => {
    const shape = given.includes(null) ? given : second ? [given[0]!, null, ...given.slice(1)] : [null, ...given];
    const batch = shape.indexOf(null);
    if (batch > 1 || shape.lastIndexOf(null) !== batch)
      throw new PortError(
        `toKeras: inputShape [${shape.map(String).join(', ')}] must have one null, for the batch axis, in the first or second place`,
      );
    const name =
      o.dtype === undefined
        ? indices
          ? 'int32'
          : 'float32'
        : typeof o.dtype === 'string'
          ? o.dtype
          : (o.dtype[i] ?? 'float32');
    const layout: Layout = batch === 1 ? batchSecond(shape.length) : same;
    return { shape, dtype: dtypes[name], layout };
  });
}

/**
 * Rebuilds a torch module natively in Keras: the layers, their settings and their weights. Containers and modules with their own
 * forward become models (the forward is traced); a module that a rule names becomes that rule's layer. Images are channels last
 * in Keras: kernels are transposed, and layers after a Flatten are reordered.
 *
 * @param module        stays as it is; the weights are copied
 * @param o.inputShape  of the torch input, without the batch axis
 * @returns  a Model; the layer itself where the module is a single one that has a rule
 * @throws PortError  for what Keras does not have, with the layer, the reason and the way out
 * @example
 * const model = toKeras(new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU()), { inputShape: [4] })
 * model.layers.map((l) => l.className) // => ['Dense', 'ReLU']
 * model.countParams() // => 15
 */
export function toKeras<L extends Layer = Model>(module: Module, o: ToKerasOptions): L {
  const inputs = planInputs(module, o);
  const planned = new Planner('toKeras').part(module, '', inputs, onlyTensors(inputs.length));
  const builder = new KerasBuilder();
  const values = inputs.map((x) => new Value(x.shape, x.dtype));
  const { inputs: layouts, outputs } = planned.arrangement;
  let layer: Layer;
  if (planned.inside) layer = builder.container(planned, true);
  else {
    const { layers, call } = builder.part(planned, values, [], null, new Set());
    const entries = values.map((v, i) => inputFor(v, layouts[i] ?? same));
    if (call)
      layer = new keras.Model({
        inputs: entries.length === 1 ? entries[0]! : entries,
        outputs: call(entries) as never,
      });
    else if (layers.length > 1) layer = new keras.Sequential([entries[0]!, ...layers]);
    else {
      layer = layers[0]!;
      if (!layer.buildShapes) (layer.build as (...shapes: unknown[]) => void)(...entries.map((e) => e.shape));
    }
  }
  builder.resolve();
  copyToKeras(builder.pairs, true);
  remember({
    torch: module,
    keras: layer,
    inputs: layouts,
    outputs: planned.inside ? builder.layoutsOut(planned.inside, true) : outputs,
    list: inputs.length > 1,
    pairs: builder.pairs,
    dropped: builder.dropped,
  });
  return layer as L;
}
