// From a primitive to a kernel: the lowering's functions are called on loop variables.
import type { DType, Shape, Spec } from '../base/index.js';
import {
  acc,
  loops,
  ravel,
  type Access,
  type Contraction,
  type Expr,
  type Kernel,
  type SerialKernel,
  type Stage,
} from '../kernel/index.js';
import type { LoweredContraction, LoweredFactor, Lowering, Primitive } from './tensor.js';

/** The arrays and numbers that a kernel reads, in order; filled while its expressions are built. */
export interface Slots {
  readonly inputs: DType[];
  readonly params: DType[];
}
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

/** The result of a reduction as a stage of a kernel. */
export function buildStage(lowering: Lowering, { shape, dtype }: Spec, i: readonly Expr[]): Stage {
  const over = lowering.over ?? [];
  return {
    op: lowering.attrs!.op!,
    dtype,
    over,
    body: lowering.body(i, loops('r', over)),
    ...(lowering.contraction && { contraction: buildContraction(lowering.contraction, shape) }),
  };
}
/** Builds the kernel of a lowering that stands for itself: scans, scatters and sorts. */
export function buildSerial(name: string, lowering: Lowering, out: Spec, slots: Slots): Kernel {
  const form = lowering.form as SerialKernel['form'];
  const over = lowering.over ?? [];
  const i = loops('i', out.shape);
  const r = loops('r', over);
  const body = lowering.body(i, r);
  const init = lowering.init?.(i) ?? null;
  const index = lowering.index ? ravel(lowering.index(r), out.shape) : null;
  const { shape, dtype } = out;
  const { inputs, params } = slots;
  return { name, form, inputs, params, dtype, shape, over, body, init, index, attrs: lowering.attrs ?? {} };
}

/** Builds the kernel of one lowering. */
export function buildKernel(name: string, lowering: Lowering, out: Spec, slots: Slots): Kernel {
  if (lowering.form !== 'map' && lowering.form !== 'reduce') return buildSerial(name, lowering, out, slots);
  const { shape, dtype } = out;
  const i = loops('i', shape);
  const stages = lowering.form === 'reduce' ? [buildStage(lowering, out, i)] : [];
  const body = stages.length ? acc(0, dtype) : lowering.body(i, []);
  const { inputs, params } = slots;
  return {
    name,
    form: 'rows',
    inputs,
    params,
    shape,
    stages,
    outputs: [{ dtype, over: [], body, replaces: [] }],
  };
}
