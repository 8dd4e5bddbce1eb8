// Replays layers of keras: outputs, masks, gradients, changed weights, states, losses and the config.
import * as core from '@nn/core';
import type { CoreArray } from '@nn/formats';
import { tf, type Layer, type Tensor, type Variable } from '@nn/keras';
import type { GoldenCase } from '../golden/group.js';
import { tensorsIn } from '../golden/value.js';
import { inputsOf, namedTensors, withValues, type Call } from './call.js';
import { compareConfig } from './keras-config.js';
import { kerasArguments, kerasTensor, makeStep } from './keras-run.js';
import { NotCovered } from './outcome.js';
import type { Adapter, Replay } from './run.js';

export interface Serialized {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface LayerCase extends GoldenCase {
  readonly layer: string;
  readonly object: Serialized;
  readonly config: Readonly<Record<string, unknown>>;
  readonly training: boolean | null;
  readonly steps: number;
  readonly call: Call;
  readonly before: readonly string[];
  readonly trainable: readonly string[];
  readonly out: unknown;
  readonly outputs: readonly string[];
  readonly mask: readonly string[];
  readonly cot: readonly string[];
  readonly grad_in: readonly string[];
  readonly grad_param: readonly string[];
  readonly after: readonly string[];
  readonly states: readonly string[];
  readonly losses?: readonly number[];
  readonly tol: { readonly out: number; readonly grad: number; readonly after: number };
}

type AnyLayer = Layer & ((...args: unknown[]) => unknown);
interface Stateful {
  readonly states: unknown;
  resetState(): void;
}

/** A layer from its serialized form, or NotCovered when keras has no class of that name here, itself or inside. */
export function deserializeLayer(object: Serialized): AnyLayer {
  assertClasses(object);
  return tf.keras.layers.deserialize(object) as AnyLayer;
}

/** Asks the face for every class that a serialized object names. */
export function assertClasses(object: unknown): void {
  if (Array.isArray(object)) for (const item of object as readonly unknown[]) assertClasses(item);
  else if (typeof object === 'object' && object !== null) {
    const { module, class_name: name } = object as { module?: unknown; class_name?: unknown };
    const space = /^keras\.(layers|initializers|regularizers|constraints|optimizers)$/.exec(String(module))?.[1];
    if (space !== undefined && !(String(name) in namespaces[space]!))
      throw new NotCovered(`no ${space}.${String(name)}`);
    for (const value of Object.values(object)) assertClasses(value);
  }
}
const { layers, initializers, regularizers, constraints } = tf.keras;
const namespaces: Readonly<Record<string, object>> = { layers, initializers, regularizers, constraints };

export const replayLayer: Adapter<LayerCase> = async (golden, replay) => {
  const { tensors, check, compiled } = replay;
  const layer = deserializeLayer(golden.object);
  const inputs = inputsOf(golden.call, tensors, kerasTensor);
  const call = (...xs: Tensor[]): unknown => {
    const { args, kwargs } = withValues(golden.call, inputs, xs);
    const training = golden.training === null ? {} : { training: golden.training };
    return layer(...kerasArguments(layer.call, { args, kwargs: { ...kwargs, ...training } }));
  };
  // The first call builds the layer; what it changes is set back below.
  core.noGrad(() => call(...inputs.map(({ tensor }) => tensor)));
  check.same(
    'the weights',
    layer.weights.map(pathOf),
    golden.before.map((name) => name.replace(/#\d+$/, '')),
  );
  check.same('the trainable weights', layer.trainableWeights.map(pathOf), golden.trainable);
  compareConfig(check, `layers.${golden.layer}`, layer.getConfig(), golden.config);
  if (layer.weights.length !== golden.before.length) return;

  const step = makeStep(
    {
      inputs,
      variables: layer.weights,
      cotangents: namedTensors('cot', golden.cot, tensors, kerasTensor),
      call,
    },
    replay,
  );
  const get = (key: string): CoreArray => tensors.get(key);
  for (let round = 0; round < (compiled ? 2 : 1); round++) {
    layer.setWeights(golden.before.map((name) => kerasTensor(tensors.get(`before/${name}`))));
    if (golden.states.length > 0) (layer as unknown as Stateful).resetState();
    let result = step();
    for (let i = 1; i < golden.steps; i++) result = step();

    await check.tree('out', result.out, golden.out, get, golden.tol.out);
    await check.gradients('grad_in', result.gradIn, golden.grad_in, get, golden.tol.grad);
    const gradients = new Map(golden.before.map((name, i) => [name, result.gradVariable[i]]));
    await check.gradients('grad_param', gradients, golden.grad_param, get, golden.tol.grad);
    await compareMasks(golden, result.masks, replay);
    await compareState(layer, golden, replay);
  }
  if (golden.losses && !compiled) {
    const losses = await Promise.all(layer.losses.map((loss) => loss.item()));
    check.numbers('losses', losses, golden.losses, golden.tol.out);
  }
};

/** The path of a variable as Keras writes it. */
export const pathOf = (variable: Variable): string => variable.path;

async function compareMasks(
  { out, mask }: LayerCase,
  masks: readonly (Tensor | null)[],
  { check, tensors }: Replay,
): Promise<void> {
  for (const [i, { path }] of [...tensorsIn(out)].entries()) {
    if (mask.includes(path)) await check.tensor(`mask/${path}`, masks[i], tensors.get(`mask/${path}`), 0);
    else if (masks[i]) check.fail(`mask/${path} is there, expected none`);
  }
}

/** Weights that changed, that all others did not, and the states. */
async function compareState(layer: AnyLayer, golden: LayerCase, { check, tensors }: Replay): Promise<void> {
  const changed = new Set(golden.after);
  for (const [i, name] of golden.before.entries()) {
    const key = `${changed.has(name) ? 'after' : 'before'}/${name}`;
    await check.tensor(key, layer.weights[i]!.value, tensors.get(key), changed.has(name) ? golden.tol.after : 0);
  }
  const states = golden.states.length > 0 ? variablesIn((layer as unknown as Stateful).states) : [];
  for (const [i, name] of golden.states.entries())
    await check.tensor(`states/${name}`, states[i]?.value, tensors.get(`states/${name}`), golden.tol.after);
}

const variablesIn = (tree: unknown): Variable[] =>
  Array.isArray(tree) ? tree.flatMap(variablesIn) : [tree as Variable];
