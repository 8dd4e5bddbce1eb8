// Both sides of a comparison behind one interface: run, differentiate, take optimizer steps, and be as before.
import * as core from '@nn/core';
import { keras, type Layer, Tensor as KerasTensor, type Variable } from '@nn/keras';
import { nn, optim, Tensor as TorchTensor } from '@nn/torch';
import { kerasTensorsIn } from '../keras-flow.js';
import { type Layout, valueToKeras, valueToTorch } from '../layout.js';
import type { Link } from '../link.js';
import type { Module } from '../rule.js';
import { cellOf, tensorsIn, withMode } from '../torch-trace.js';

/** One optimizer step with these gradients; gradients are missing where nothing depends on the weight. */
export interface Stepper {
  step(gradients: ReadonlyMap<core.Variable, core.Tensor>): void;
  /** Frees the state of the optimizer. */
  end(): void;
}
export interface Side {
  /** Outputs in torch's arrangement for inputs in torch's arrangement. */
  run(inputs: readonly core.Tensor[], training: boolean): core.Tensor[];
  /** Weights that are trained and statistics, by name. */
  readonly names: ReadonlyMap<core.Variable, string>;
  optimizer(o: OptimizerSettings): Stepper;
}
export interface OptimizerSettings {
  readonly name: 'adam' | 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

const libraryModules: () => ReadonlySet<unknown> = () => new Set(Object.values(nn));
/** Library modules that train by statistics; all others differ in training by random numbers only. */
const keepsStatistics = (m: Module): boolean => 'running_mean' in m;
/** Runs `f` in training mode, without anything random. */
function withoutNoise<R>(module: Module, f: () => R): R {
  const library = libraryModules();
  return withMode(module, true, () => {
    for (const m of module.modules()) if (library.has(m.constructor) && !keepsStatistics(m)) m.training = false;
    return f();
  });
}

export function torchSide({ torch, pairs }: Link): Side {
  const names = new Map<core.Variable, string>();
  for (const [name, t] of [...torch.namedParameters(), ...torch.namedBuffers()]) names.set(cellOf(t), name);
  const forward = torch as unknown as (...xs: unknown[]) => unknown;
  /** Of two biases that only act as their sum, one is trained. */
  const second = new Set(pairs.filter((p) => p.slot.add).map((p) => p.torch));
  return {
    names,
    run(inputs, training) {
      const run = (): core.Tensor[] => tensorsIn(forward(...inputs.map((x) => new TorchTensor(x)))).map((t) => t.value);
      return training ? withoutNoise(torch, run) : withMode(torch, false, run);
    },
    optimizer({ name, learningRate: lr, epsilon: eps, weightDecay }) {
      const trained = [...torch.parameters()].filter((p) => p.requiresGrad && !second.has(cellOf(p)));
      const made =
        name === 'sgd'
          ? new optim.SGD(trained, { lr })
          : name === 'adam'
            ? new optim.Adam(trained, { lr, eps })
            : new optim.AdamW(trained, { lr, eps, weightDecay });
      const step: Stepper['step'] = (gradients) => {
        const before = trained.map((p) => p.grad?.value ?? null);
        for (const p of trained) {
          const g = gradients.get(cellOf(p));
          p.grad = g ? new TorchTensor(g) : null;
        }
        made.step();
        trained.forEach((p, i) => (p.grad = before[i] ? new TorchTensor(before[i]) : null));
      };
      const end = (): void => {
        for (const state of made.state.values()) for (const t of Object.values(state)) t.dispose();
      };
      return { step, end };
    },
  };
}

type CallFunction = (...args: unknown[]) => unknown;
const isNoise = (l: object): boolean =>
  [keras.layers.Dropout, keras.layers.AlphaDropout, keras.layers.GaussianNoise, keras.layers.GaussianDropout].some(
    (c) => l instanceof c,
  );
/** Runs `f` while layers that add noise pass their input on. */
function quiet<R>(layer: Layer, f: () => R): R {
  const noisy = layer.flattenLayers().filter(isNoise);
  for (const l of noisy)
    Object.defineProperty(l, 'call', { configurable: true, writable: true, value: (x: unknown) => x });
  try {
    return f();
  } finally {
    for (const l of noisy) Reflect.deleteProperty(l, 'call');
  }
}
const arranged = (x: core.Tensor, layout: Layout | undefined, convert: typeof valueToKeras): core.Tensor =>
  layout ? convert(x, layout) : x;

export function kerasSide({ keras: layer, inputs: layouts, outputs, list }: Link): Side {
  const names = new Map<core.Variable, string>();
  const own = layer.name;
  for (const v of layer.weights)
    names.set(v.cell, v.path.startsWith(`${own}/`) ? v.path.slice(own.length + 1) : v.path);
  const call = layer as unknown as CallFunction;
  return {
    names,
    run(inputs, training) {
      const given = inputs.map((x, i) => new KerasTensor(arranged(x, layouts[i], valueToKeras)));
      const run = (): unknown => (list ? call(given, { training }) : call(...given, { training }));
      const results = kerasTensorsIn(quiet(layer, run));
      return results.map((t, i) => arranged(t.read(), outputs[i], valueToTorch));
    },
    optimizer({ name, learningRate, epsilon, weightDecay }) {
      const trained = layer.trainableVariables;
      const made =
        name === 'sgd'
          ? new keras.optimizers.SGD({ learningRate })
          : name === 'adam'
            ? new keras.optimizers.Adam({ learningRate, epsilon })
            : new keras.optimizers.AdamW({ learningRate, epsilon, weightDecay });
      let count = 0;
      const step: Stepper['step'] = (gradients) => {
        // Keras adds epsilon before the bias correction of the root, torch after it: with this one both do the same.
        count++;
        if (name !== 'sgd') (made as { epsilon: number }).epsilon = epsilon * Math.sqrt(1 - 0.999 ** count);
        const pairs = trained.flatMap((v): [KerasTensor, Variable][] => {
          const g = gradients.get(v.cell);
          return g ? [[new KerasTensor(g), v]] : [];
        });
        made.applyGradients(pairs);
      };
      const end = (): void => {
        for (const v of made.variables) v.cell.dispose();
      };
      return { step, end };
    },
  };
}

/** Runs `f` and gives all cells the values back that they had. */
export function restoring<R>(cells: Iterable<core.Variable>, f: () => R): R {
  const before = [...cells].map((cell) => [cell, core.detach(cell.get())] as const);
  try {
    return f();
  } finally {
    for (const [cell, value] of before) cell.set(value);
  }
}
