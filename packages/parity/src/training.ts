// Five training steps of a module or a layer, eager or compiled, and everything that they computed.
import * as core from '@nn/core';
import { Tensor as KerasTensor, tf, type Layer } from '@nn/keras';
import * as torch from '@nn/torch';
import { optim, Tensor as TorchTensor, type nn } from '@nn/torch';
import { branches, valueOf } from './replay/check.js';

const steps = 5;
/** A large epsilon: with a small one, vanishing gradients make steps of their rounding. */
const rate = 1e-2;
const epsilon = 1e-3;

/** Outputs and gradients of the last step and the state after it, by name. */
export type Computed = ReadonlyMap<string, core.TypedArray>;

const leavesOf = (tree: unknown): core.Tensor[] => {
  const value = valueOf(tree);
  return value ? [value] : (branches(tree) ?? []).flatMap(leavesOf);
};

/** `sum over the outputs of mean((y - t)^2)` for fixed t. */
function lossOf(outputs: readonly core.Tensor[]): core.Tensor {
  const terms = outputs
    .filter((y) => core.isFloat(y.dtype))
    .map((y, i) =>
      core.mean(
        core.square(
          core.sub(
            y,
            core.sin(core.add(core.reshape(core.arange(0, core.sizeOf(y.shape), 1, y.dtype), y.shape), i + 1)),
          ),
        ),
      ),
    );
  return terms.reduce((sum, term) => core.add(sum, term));
}

async function collect(named: Iterable<readonly [string, core.Tensor | null | undefined]>): Promise<Computed> {
  const found = new Map<string, core.TypedArray>();
  for (const [name, value] of named) if (value) found.set(name, await core.data(value));
  return found;
}

/** Trains a torch module; its state is as before afterwards. */
export async function trainTorch(
  module: nn.Module,
  inputs: readonly core.Tensor[],
  compiled: boolean,
): Promise<Computed> {
  const before = Object.fromEntries(Object.entries(module.stateDict()).map(([name, t]) => [name, t.clone()]));
  torch.manualSeed(7);
  module.train();
  const parameters = [...module.parameters()];
  const optimizer = parameters.length > 0 ? new optim.Adam(parameters, { lr: rate, eps: epsilon }) : null;
  const forward = module as unknown as (...xs: TorchTensor[]) => unknown;
  const step = (...xs: TorchTensor[]): readonly [TorchTensor[], (TorchTensor | null)[]] => {
    const leaves = xs.map((x) => (x.isFloatingPoint() ? x.detach().requiresGrad_() : x));
    optimizer?.zeroGrad();
    const outputs = leavesOf(forward(...leaves));
    new TorchTensor(lossOf(outputs)).backward();
    optimizer?.step();
    return [outputs.map((y) => new TorchTensor(core.detach(y))), leaves.map((x) => x.grad)];
  };
  const run = compiled ? torch.compile(step) : step;
  let result = run(...inputs.map((x) => new TorchTensor(x)));
  for (let i = 1; i < steps; i++) result = run(...inputs.map((x) => new TorchTensor(x)));
  const [outputs, gradients] = result;
  const computed = await collect([
    ...outputs.map((y, i) => [`output ${i}`, y.value] as const),
    ...gradients.map((g, i) => [`gradient of input ${i}`, g?.value] as const),
    ...[...module.namedParameters()].map(([name, p]) => [`gradient of ${name}`, p.grad?.value] as const),
    ...Object.entries(module.stateDict()).map(([name, t]) => [name, t.value] as const),
  ]);
  module.loadStateDict(before);
  return computed;
}

/** Trains a keras layer; its variables are as before afterwards. */
export async function trainKeras(layer: Layer, inputs: readonly core.Tensor[], compiled: boolean): Promise<Computed> {
  const before = layer.variables.map((v) => core.detach(v.read()));
  const weights = layer.trainableWeights;
  const optimizer = new tf.keras.optimizers.Adam({ learningRate: rate, epsilon });
  const call = layer as unknown as (...xs: unknown[]) => unknown;
  // Functional models and merging layers take several tensors as one list.
  const list = inputs.length > 1 && (layer instanceof tf.keras.Model || layer.buildShapes?.length === 1);
  const step = (...xs: KerasTensor[]): { outputs: KerasTensor[]; gradients: (KerasTensor | null)[] } => {
    const leaves = xs.map((x) => new KerasTensor(core.detach(x.read())));
    const tape = new tf.GradientTape();
    tape.watch(leaves.filter((x) => x.dtype.startsWith('float')));
    const outputs = leavesOf(list ? call(leaves, { training: true }) : call(...leaves, { training: true }));
    const gradients = tape.gradient(new KerasTensor(lossOf(outputs)), [...leaves, ...weights]);
    const pairs = weights.flatMap((w, i) =>
      gradients[leaves.length + i] ? [[gradients[leaves.length + i]!, w] as [KerasTensor, typeof w]] : [],
    );
    if (pairs.length > 0) optimizer.applyGradients(pairs);
    return { outputs: outputs.map((y) => new KerasTensor(core.detach(y))), gradients };
  };
  const run = compiled ? tf.function(step) : step;
  const xs = inputs.map((x) => new KerasTensor(x));
  let result = run(...xs);
  for (let i = 1; i < steps; i++) result = run(...xs);
  const computed = await collect([
    ...result.outputs.map((y, i) => [`output ${i}`, y.read()] as const),
    ...result.gradients.map((g, i) => [`gradient ${i}`, g?.read()] as const),
    ...layer.weights.map((w) => [w.path, w.read()] as const),
  ]);
  layer.variables.forEach((v, i) => v.assign(new KerasTensor(before[i]!)));
  return computed;
}
