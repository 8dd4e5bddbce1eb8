// Activation functions of Keras as torch modules, and torch's settings as Keras functions.
import { keras, Tensor as KerasTensor } from '@nn/keras';
import { nn, Tensor } from '@nn/torch';
import type { Module, PortContext } from '../rule.js';
import { Apply } from '../torch-steps.js';

export type Activation = (x: KerasTensor) => KerasTensor;
/** Where an axis of Keras is in torch. */
export function torchAxis(axis: number, rank: number, { layout }: PortContext): number {
  const a = axis < 0 ? axis + rank : axis;
  return layout.kind === 'permuted' ? layout.perm[a]! : a;
}
/** Where an axis of torch is in Keras. */
export function kerasAxis(dim: number, rank: number, { layout }: PortContext): number {
  const d = dim < 0 ? dim + rank : dim;
  return layout.kind === 'permuted' ? layout.perm.indexOf(d) : d;
}

/** By Keras's names. `dim` is where the last axis of Keras lies in torch. */
const modules: Readonly<Record<string, (dim: number) => Module>> = {
  relu: () => new nn.ReLU(),
  relu6: () => new nn.ReLU6(),
  leaky_relu: () => new nn.LeakyReLU(0.2),
  sigmoid: () => new nn.Sigmoid(),
  tanh: () => new nn.Tanh(),
  softmax: (dim) => new nn.Softmax(dim),
  log_softmax: (dim) => new nn.LogSoftmax(dim),
  elu: () => new nn.ELU(),
  celu: () => new nn.CELU(),
  selu: () => new nn.SELU(),
  gelu: () => new nn.GELU(),
  silu: () => new nn.SiLU(),
  mish: () => new nn.Mish(),
  softplus: () => new nn.Softplus(),
  softsign: () => new nn.Softsign(),
  log_sigmoid: () => new nn.LogSigmoid(),
  tanh_shrink: () => new nn.Tanhshrink(),
  hard_sigmoid: () => new nn.Hardsigmoid(),
  hard_silu: () => new nn.Hardswish(),
  hard_tanh: () => new nn.Hardtanh(),
  hard_shrink: () => new nn.Hardshrink(),
  soft_shrink: () => new nn.Softshrink(),
  glu: (dim) => new nn.GLU(dim),
};
/** Functions that stand for a torch module with settings that no Keras name has. */
const settings: WeakMap<Activation, () => Module> = /* @__PURE__ */ new WeakMap();
/** A Keras function for a torch module with settings; the way back finds the module again. */
export function withSettings(f: Activation, module: () => Module): Activation {
  settings.set(f, module);
  return f;
}

/** A module that runs a function of Keras on the same array. */
export const applying = (label: string, f: Activation): Module =>
  new Apply(label, (x) => new Tensor(f(new KerasTensor(x.value)).read(), label));

/** The module of a Keras activation; none for 'linear'. */
export function activationModules(activation: Activation | null, context: PortContext, rank: number): Module[] {
  if (activation === null || activation === keras.activations.linear) return [];
  const known = settings.get(activation);
  if (known) return [known()];
  let name: string | null = null;
  try {
    name = keras.activations.serialize(activation);
  } catch {
    // A function of the user: the module applies it as it is.
  }
  const make = name === null ? undefined : modules[name];
  return [make ? make(torchAxis(-1, rank, context)) : applying(name ?? (activation.name || 'activation'), activation)];
}
