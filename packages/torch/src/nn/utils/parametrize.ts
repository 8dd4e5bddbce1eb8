// Parameters that are computed from others at each use: weight norm and spectral norm.
import * as core from '@nn/core';
import { Tensor } from '../../tensor/tensor.js';
import { range } from '../../tensor/range.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

/** A parametrization: the value from the stored tensors, and the stored tensors from a value. */
export interface Parametrization {
  forward(...originals: Tensor[]): Tensor;
  rightInverse(value: Tensor): Tensor | Tensor[];
}

/** The stored tensors of one parameter and how its value is made of them; under `parametrizations.<name>`. */
export class ParametrizationList extends Module {
  constructor(
    readonly chain: readonly (Module & Parametrization)[],
    value: Parameter,
  ) {
    super();
    let stored: Tensor | Tensor[] = value;
    for (const p of chain.toReversed()) stored = p.rightInverse(Array.isArray(stored) ? stored[0]! : stored);
    const make = (t: Tensor): Parameter => new Parameter(t, { requiresGrad: value.requiresGrad });
    if (Array.isArray(stored)) stored.forEach((t, i) => this.registerParameter(`original${i}`, make(t)));
    else this.registerParameter('original', make(stored));
    chain.forEach((p, i) => this.registerModule(String(i), p));
  }
  forward(): Tensor {
    const [first, ...rest] = this.chain;
    const originals = [...this.namedParameters('', false)].map(([, p]): Tensor => p);
    return rest.reduce((v, p) => p.forward(v), first!.forward(...originals));
  }
}
class Parametrizations extends Module {
  forward(): never {
    throw new core.ValueError('parametrizations cannot be called');
  }
}

/** Computes the parameter `name` of a module by parametrizations from now on. */
export function registerParametrization<M extends Module>(
  module: M,
  name: string,
  parametrization: Module & Parametrization,
): M {
  const fields = module as unknown as Record<string, unknown>;
  const value = fields[name];
  if (!(value instanceof Parameter))
    throw new core.ValueError(`Module '${module.getName()}' does not have a parameter with name '${name}'`);
  const list = new ParametrizationList([parametrization], value);
  Reflect.deleteProperty(fields, name);
  if (!fields['parametrizations']) module.registerModule('parametrizations', new Parametrizations());
  (fields['parametrizations'] as Module).registerModule(name, list);
  // Not enumerable: the value is no parameter of the module any more.
  Object.defineProperty(fields, name, { configurable: true, enumerable: false, get: () => list.forward() });
  return module;
}
/** Puts the computed value back as a plain parameter. */
export function removeParametrizations<M extends Module>(module: M, name: string): M {
  const fields = module as unknown as Record<string, unknown>;
  const all = fields['parametrizations'] as Module;
  const value = fields[name] as Tensor;
  Reflect.deleteProperty(fields, name);
  module.registerParameter(name, new Parameter(value));
  Reflect.deleteProperty(all, name);
  if ([...all.children()].length === 0) Reflect.deleteProperty(fields, 'parametrizations');
  return module;
}

/** The norm over all axes but one. */
function normExcept(v: core.Tensor, dim: number): core.Tensor {
  const axes = range(v.ndim).filter((d) => d !== dim);
  return core.sqrt(core.sum(core.square(v), { axes: dim === -1 ? range(v.ndim) : axes, keepdims: true }));
}
class WeightNorm extends Module implements Parametrization {
  constructor(readonly dim: number) {
    super();
  }
  forward(g: Tensor, v: Tensor): Tensor {
    return new Tensor(core.mul(v.value, core.div(g.value, normExcept(v.value, this.dim))), 'WeightNormInterface');
  }
  rightInverse(weight: Tensor): Tensor[] {
    const w = core.detach(weight.value);
    return [new Tensor(normExcept(w, this.dim)), new Tensor(w)];
  }
}
/** Splits a weight into its length along an axis and its direction: `w = g v / |v|` (Salimans & Kingma 2016). */
export function weightNorm<M extends Module>(
  module: M,
  name?: string | { name?: string; dim?: number | null },
  dim?: number | null,
): M {
  const o =
    typeof name === 'object' ? name : { ...(name !== undefined && { name }), ...(dim !== undefined && { dim }) };
  return registerParametrization(module, o.name ?? 'weight', new WeightNorm(o.dim === undefined ? 0 : (o.dim ?? -1)));
}

export interface SpectralOptions {
  name?: string;
  nPowerIterations?: number;
  eps?: number;
  dim?: number | null;
}
class SpectralNorm extends Module implements Parametrization {
  declare _u: Tensor | null;
  declare _v: Tensor | null;
  constructor(
    weight: Tensor,
    readonly iterations: number,
    readonly dim: number,
    readonly eps: number,
  ) {
    super();
    const m = this.matrix(core.detach(weight.value));
    const unit = (n: number): Tensor =>
      new Tensor(
        core.l2Normalize(
          core.beside(m, () => core.normal([n], { dtype: m.dtype })),
          0,
          { eps },
        ),
      );
    this.registerBuffer('_u', unit(m.shape[0]!));
    this.registerBuffer('_v', unit(m.shape[1]!));
    core.noGrad(() => this.iterate(m, 15));
  }
  private matrix(w: core.Tensor): core.Tensor {
    const axis = this.dim;
    const rest = range(w.ndim).filter((d) => d !== axis);
    return core.reshape(core.permute(w, [axis, ...rest]), [w.shape[axis]!, -1]);
  }
  private iterate(m: core.Tensor, times: number): void {
    for (let i = 0; i < times; i++) {
      this._u = new Tensor(core.l2Normalize(core.matmul(m, this._v!.value), 0, { eps: this.eps }));
      this._v = new Tensor(core.l2Normalize(core.matmul(core.transpose(m), this._u.value), 0, { eps: this.eps }));
    }
  }
  forward(weight: Tensor): Tensor {
    const w = weight.value;
    if (w.ndim === 1) return new Tensor(core.l2Normalize(w, 0, { eps: this.eps }), 'Div');
    const m = this.matrix(w);
    if (this.training) core.noGrad(() => this.iterate(core.detach(m), this.iterations));
    const sigma = core.sum(core.mul(this._u!.value, core.matmul(m, this._v!.value)));
    return new Tensor(core.div(w, sigma), 'Div');
  }
  rightInverse(value: Tensor): Tensor {
    return value;
  }
}
/** Divides a weight by its largest singular value, found by power iteration (Miyato et al. 2018). */
export function spectralNorm<M extends Module>(module: M, o: SpectralOptions = {}): M {
  const name = o.name ?? 'weight';
  const weight = (module as unknown as Record<string, unknown>)[name] as Tensor;
  const transposed = module.getName().startsWith('ConvTranspose');
  return registerParametrization(
    module,
    name,
    new SpectralNorm(weight, o.nPowerIterations ?? 1, o.dim ?? (transposed ? 1 : 0), o.eps ?? 1e-12),
  );
}
