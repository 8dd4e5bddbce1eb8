// From a primitive to a kernel: the lowering's functions are called on loop variables.
import type { Shape, Spec } from '../base/index.js';
import {
  forgetExpressions,
  loops,
  ravel,
  type Access,
  type Contraction,
  type Expr,
  type Kernel,
} from '../kernel/index.js';
import type { LoweredContraction, LoweredFactor, Lowering, Primitive } from './tensor.js';

/** Asks a primitive for its lowering. */
export const lowerCall = (
  prim: Primitive,
  inputs: readonly Access[],
  attrs: unknown,
  specs: { inputs: readonly Spec[]; out: Spec },
): Lowering => prim.lower(inputs, attrs, specs);

/** The description of a contraction on its own loop variables. */
function buildContraction({ batch, m, n, k, a, b, at }: LoweredContraction, shape: Shape): Contraction {
  const i = loops('i', [...batch, ...m, ...n]);
  const [ib, im, ir] = [i.slice(0, batch.length), i.slice(batch.length, batch.length + m.length), loops('r', k)];
  const inn = i.slice(batch.length + m.length);
  const factor = (f: LoweredFactor, side: readonly Expr[]) => {
    const index = f.at(ib, side, ir);
    return { shape: f.shape, value: f.value(loops('i', f.shape)), at: ravel(index, f.shape), read: f.value(index) };
  };
  return { batch, m, n, k, a: factor(a, im), b: factor(b, inn), at: ravel(at(ib, im, inn), shape) };
}

/** Builds the kernel of a lowering. `slots` lists the inputs and parameters after the expressions have been built, so it is read last. */
export function buildKernel(
  name: string,
  lowering: Lowering,
  out: Spec,
  slots: { inputs: readonly Spec['dtype'][]; params: readonly Spec['dtype'][] },
): Kernel {
  const over: Shape = lowering.over ?? [];
  const i = loops('i', out.shape);
  const r = loops('r', over);
  const body = lowering.body(i, r);
  const init = lowering.init?.(i) ?? null;
  const index = lowering.index ? ravel(lowering.index(r), out.shape) : null;
  const kernel: Kernel = {
    name,
    form: lowering.form,
    inputs: [...slots.inputs],
    params: [...slots.params],
    dtype: out.dtype,
    shape: out.shape,
    over,
    body,
    init,
    index,
    attrs: lowering.attrs ?? {},
    ...(lowering.contraction && { contraction: buildContraction(lowering.contraction, out.shape) }),
  };
  forgetExpressions();
  return kernel;
}
