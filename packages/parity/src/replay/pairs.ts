// Replays the pairs: one model in both frameworks, with the losses of five Adam steps in each.
import { item } from '@nn/core';
import * as torch from '@nn/torch';
import type { Tensor as TorchTensor } from '@nn/torch';
import { tf, type Tensor as KerasTensor, type Variable } from '@nn/keras';
import type { CoreArray } from '@nn/formats';
import type { GoldenCase } from '../golden/group.js';
import { valueOf } from './check.js';
import { assertClasses, pathOf, type Serialized } from './keras-layers.js';
import { makeLoss } from './keras-losses.js';
import { makeOptimizer as makeKerasOptimizer } from './keras-optimizers.js';
import { kerasTensor } from './keras-run.js';
import type { Adapter, Replay } from './run.js';
import { callFunction } from './torch-functions.js';
import { makeOptimizer as makeTorchOptimizer } from './torch-optim.js';
import { torchTensor } from './torch-run.js';
import { modelFromSource } from './torch-source.js';

interface PairCase extends GoldenCase {
  readonly torch_source: string;
  readonly torch_state: readonly string[];
  readonly torch_grads: readonly string[];
  readonly keras_object: Serialized;
  readonly keras_weights: readonly string[];
  readonly keras_grads: readonly string[];
  readonly task: 'class' | 'binary' | 'real' | 'image';
  readonly adam: { readonly learning_rate: number; readonly steps: number };
  readonly inputs: readonly string[];
  readonly eval_loss: Readonly<Record<'torch' | 'keras', number>>;
  readonly train_losses: Readonly<Record<'torch' | 'keras', readonly number[]>>;
  readonly tol: { readonly out: number; readonly losses: number; readonly grad: number };
}

export const replayPair: Adapter<PairCase> = async (golden, replay) => {
  await replayTorch(golden, replay);
  await replayKeras(golden, replay);
};

const torchLosses: Readonly<Record<PairCase['task'], string>> = {
  class: 'torch.nn.functional.cross_entropy',
  binary: 'torch.nn.functional.binary_cross_entropy_with_logits',
  real: 'torch.nn.functional.mse_loss',
  image: 'torch.nn.functional.mse_loss',
};

async function replayTorch(golden: PairCase, { tensors, check, compiled }: Replay): Promise<void> {
  const model = modelFromSource(golden.torch_source);
  const state = golden.torch_state.map((name) => [name, torchTensor(tensors.get(`torch_state/${name}`))] as const);
  check.same('torch state', Object.keys(model.stateDict()), golden.torch_state);
  model.loadStateDict(Object.fromEntries(state));
  const inputs = golden.inputs.map((name) => torchTensor(tensors.get(`in/${name}`)));
  const target = torchTensor(tensors.get('target/0'));
  const lossOf = (out: TorchTensor, y: TorchTensor): TorchTensor =>
    callFunction(torchLosses[golden.task], [out, y], {}) as TorchTensor;

  model.eval();
  const out = torch.noGrad(() => model(...inputs));
  await check.tensor('out/torch', out, tensors.get('out/torch'), golden.tol.out);
  const evaluated = await lossOf(out, target).item();
  check.numbers('eval_loss/torch', [evaluated], [golden.eval_loss.torch], golden.tol.losses);

  model.train();
  const parameters = [...model.namedParameters()];
  const optimizer = makeTorchOptimizer(
    'Adam',
    parameters.map(([, p]) => p),
    { lr: golden.adam.learning_rate },
  );
  const step = (...xs: TorchTensor[]): readonly [TorchTensor, (TorchTensor | null)[]] => {
    const y = xs.pop()!;
    optimizer.zeroGrad();
    const loss = lossOf(model(...xs), y);
    loss.backward();
    const grads = parameters.map(([, p]) => p.grad?.clone() ?? null);
    optimizer.step();
    return [loss, grads];
  };
  const run = compiled ? torch.compile(step) : step;
  const losses: number[] = [];
  for (let i = 0; i < golden.adam.steps; i++) {
    const [loss, grads] = run(...inputs, target);
    losses.push(await loss.item());
    if (i > 0) continue;
    const byName = new Map(parameters.map(([name], k) => [name, grads[k]]));
    for (const name of golden.torch_grads) {
      await check.tensor(`torch_grads/${name}`, byName.get(name), tensors.get(`torch_grads/${name}`), golden.tol.grad);
    }
  }
  losses.push(await torch.noGrad(() => lossOf(model(...inputs), target)).item());
  check.numbers('train_losses/torch', losses, golden.train_losses.torch, golden.tol.losses);
}

const kerasLosses = (task: PairCase['task']): ReturnType<typeof makeLoss> => {
  if (task === 'class') return makeLoss('SparseCategoricalCrossentropy', { from_logits: true });
  return task === 'binary' ? makeLoss('BinaryCrossentropy', { from_logits: true }) : makeLoss('MeanSquaredError', {});
};

/** Images have their channels last in Keras. */
function channelsLast(array: CoreArray): KerasTensor {
  const tensor = kerasTensor(array);
  return array.shape.length === 4 ? tensor.transpose([0, 2, 3, 1]) : tensor;
}

type KerasModel = ((...args: unknown[]) => KerasTensor) & {
  readonly weights: readonly Variable[];
  readonly trainableWeights: readonly Variable[];
  setWeights(values: readonly KerasTensor[]): void;
};

async function replayKeras(golden: PairCase, { tensors, check, compiled }: Replay): Promise<void> {
  assertClasses(golden.keras_object);
  const model = tf.keras.models.modelFromConfig(golden.keras_object) as unknown as KerasModel;
  check.same('keras weights', model.weights.map(pathOf), golden.keras_weights);
  model.setWeights(golden.keras_weights.map((name) => kerasTensor(tensors.get(`keras_weights/${name}`))));
  const inputs = golden.inputs.map((name) => channelsLast(tensors.get(`in/${name}`)));
  const target = channelsLast(tensors.get('target/0'));
  const lossOf = kerasLosses(golden.task);
  const call = (xs: readonly KerasTensor[], training: boolean): KerasTensor =>
    model(xs.length === 1 ? xs[0] : xs, { training });

  const out = call(inputs, false);
  await check.tensor('out/keras', out, tensors.get('out/keras'), golden.tol.out);
  check.numbers(
    'eval_loss/keras',
    [await item(valueOf(lossOf(target, out))!)],
    [golden.eval_loss.keras],
    golden.tol.losses,
  );

  const optimizer = makeKerasOptimizer('Adam', { learning_rate: golden.adam.learning_rate });
  const weights = model.trainableWeights;
  const step = (...xs: KerasTensor[]): readonly [KerasTensor, readonly (KerasTensor | null)[]] => {
    const y = xs.pop()!;
    const tape = new tf.GradientTape();
    const loss = lossOf(y, call(xs, true));
    const grads = tape.gradient(loss, weights);
    optimizer.applyGradients(grads.map((grad, i) => [grad, weights[i]!] as const));
    return [loss, grads];
  };
  const run = compiled ? tf.function(step) : step;
  const losses: number[] = [];
  for (let i = 0; i < golden.adam.steps; i++) {
    const [loss, grads] = run(...inputs, target);
    losses.push(await loss.item());
    if (i > 0) continue;
    const byPath = new Map(weights.map((weight, k) => [weight.path, grads[k]]));
    for (const name of golden.keras_grads) {
      await check.tensor(`keras_grads/${name}`, byPath.get(name), tensors.get(`keras_grads/${name}`), golden.tol.grad);
    }
  }
  losses.push(await item(valueOf(lossOf(target, call(inputs, true)))!));
  check.numbers('train_losses/keras', losses, golden.train_losses.keras, golden.tol.losses);
}
