// Kernels that are contractions: the choice of a schedule, and the arrays that are computed before it.
import { dtypes, sizeOf } from '../../../base/index.js';
import type { RowsKernel } from '../../../kernel/index.js';
import { blocked, blockedCost } from './blocked.js';
import { head, phaseSignature, type Emitted, type Phase } from '../phase.js';
import { emitRows } from '../schedule.js';
import { direct, directCost } from './direct.js';
import { dots, dotsCost } from './dots.js';
import { few, fewCost } from './few.js';
import { i32 } from '../instructions.js';
import { inputOf, type Job, type Schedule } from './job.js';
import { lanesOf } from './lanes.js';
import type { Module } from '../module.js';
import { outputSteps, productOf, type Factor, type Product } from './form.js';

const schedules: readonly { readonly cost: (job: Job) => number; readonly make: (job: Job) => Schedule }[] = [
  { cost: blockedCost, make: blocked },
  { cost: dotsCost, make: dots },
  { cost: directCost, make: direct },
  { cost: fewCost, make: few },
];
/** A kernel that computes an array for a factor. */
const makerOf = (kernel: RowsKernel, { shape, value }: Factor): RowsKernel => ({
  ...kernel,
  shape,
  stages: [],
  outputs: [{ dtype: value.dtype, over: [], body: value, replaces: [] }],
});
/** A product without depth is a map. */
const fits = ({ outer, m, n, k, a, b, dtype }: Product): boolean =>
  sizeOf(outer) * m * n * sizeOf(k) > 0 && k.length > 0 && a.value.dtype === dtype && b.value.dtype === dtype;

/** Writes the functions of a kernel that is a contraction; null where it is none, or has no schedule of its own. */
export function emitContraction(
  module: Module,
  kernel: RowsKernel,
  place: (words: Int32Array) => number,
): Emitted | null {
  const product = productOf(kernel);
  const lanes = product && lanesOf[product.dtype];
  if (!lanes || !fits(product) || !outputSteps(product)) return null;
  const phases: Phase[] = [];
  let [scratch, taken] = [0, 0];
  const places = new Map<Factor, number>();
  for (const factor of [product.a, product.b]) {
    if (factor.input !== null) continue;
    const at = taken;
    places.set(factor, at);
    taken += Math.ceil((sizeOf(factor.shape) * dtypes[product.dtype].bytes) / 64 + 1) * 64;
    const maker = makerOf(kernel, factor);
    const made = emitRows(module, maker, phaseSignature(maker));
    const own = taken;
    for (const phase of made.phases) {
      const func = module.add(phaseSignature(kernel), (f) => {
        const memory = f.param<'i32'>(3);
        const [inputs, params] = [
          f.params.slice(head, head + kernel.inputs.length),
          f.params.slice(head + kernel.inputs.length + kernel.outputs.length),
        ];
        const out = i32.add(memory, i32.const(at));
        const rest = i32.add(memory, i32.const(own));
        f.do(module.call(phase.func, ...f.params.slice(0, 3), rest, ...inputs, out, ...params));
      });
      phases.push({ ...phase, func });
    }
    scratch = Math.max(scratch, made.scratch);
    taken += Math.ceil(made.shared / 64) * 64;
  }
  const job: Job = {
    module,
    engine: module.engine,
    kernel,
    product,
    lanes,
    place,
    taken,
    arrayOf: (f, factor) =>
      factor.input === null ? i32.add(f.param<'i32'>(3), i32.const(places.get(factor)!)) : inputOf(f, factor.input),
  };
  const best = schedules
    .map((s) => ({ ...s, estimate: s.cost(job) }))
    .reduce((x, y) => (y.estimate < x.estimate ? y : x));
  const schedule = best.make(job);
  for (const { write, extent, cost } of schedule.drafts)
    phases.push({ func: module.add(phaseSignature(kernel), write), extent, cost });
  return { phases, scratch: Math.max(scratch, schedule.scratch), shared: taken + schedule.shared };
}
