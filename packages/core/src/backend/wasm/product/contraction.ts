// Kernels that are contractions: the choice of a schedule, and the arrays that are computed before it.
import { dtypes, sizeOf } from '../../../base/index.js';
import type { RowsKernel } from '../../../kernel/index.js';
import { blocked, blockedCost } from './blocked.js';
import { channelDots, channelDotsCost } from './channel-dots.js';
import { channels, channelsCost } from './channels.js';
import { head, phaseSignature, type Emitted, type Phase } from '../phase.js';
import { emitRows } from '../schedule.js';
import { direct, directCost } from './direct.js';
import { dots, dotsCost } from './dots.js';
import { few, fewCost } from './few.js';
import { tapDots, tapDotsCost } from './tap-dots.js';
import { taps, tapsCost } from './taps.js';
import { i32, type I32, type Local } from '../instructions.js';
import { inputOf, type Given, type Job, type Schedule } from './job.js';
import { lanesOf, type Lanes } from './lanes.js';
import type { Func, Module } from '../module.js';
import { outputSteps, productsOf, type Factor, type Product } from './form.js';

const schedules: readonly { readonly cost: (given: Given) => number; readonly make: (job: Job) => Schedule }[] = [
  { cost: blockedCost, make: blocked },
  { cost: dotsCost, make: dots },
  { cost: directCost, make: direct },
  { cost: fewCost, make: few },
  { cost: tapsCost, make: taps },
  { cost: tapDotsCost, make: tapDots },
  { cost: channelsCost, make: channels },
  { cost: channelDotsCost, make: channelDots },
];
/** A kernel that computes an array for a factor; made anew for positions of the outer loops, it has their variables as parameters. */
const makerOf = (kernel: RowsKernel, { outer }: Product, { shape, value, anew }: Factor): RowsKernel => ({
  ...kernel,
  params: anew ? [...kernel.params, ...outer.map(() => 'i32' as const)] : kernel.params,
  shape,
  stages: [],
  outputs: [{ dtype: value.dtype, over: [], body: value, replaces: [] }],
});
const round = (bytes: number): number => Math.ceil(bytes / 64) * 64;
/** A product without depth is a map. */
const fits = ({ outer, m, n, k, a, b, dtype }: Product): boolean =>
  sizeOf(outer) * m * n * sizeOf(k) > 0 && k.length > 0 && a.value.dtype === dtype && b.value.dtype === dtype;

interface Choice {
  readonly product: Product;
  readonly lanes: Lanes;
  readonly make: (job: Job) => Schedule;
  readonly estimate: number;
}
/** Nanoseconds for an element of an array that is made first. */
const makingCost = 0.35;
/** The product and the schedule that cost least; null where there is none. */
function choose({ engine }: Module, kernel: RowsKernel): Choice | null {
  let best: Choice | null = null;
  for (const product of productsOf(kernel)) {
    const lanes = lanesOf[product.dtype];
    if (!lanes || !fits(product) || !outputSteps(product)) continue;
    const made = [product.a, product.b].reduce(
      (sum, f) => sum + (f.input === null && !f.anew ? sizeOf(f.shape) : 0),
      0,
    );
    for (const { cost, make } of schedules) {
      const estimate = sizeOf(product.outer) * cost({ product, lanes, engine }) + made * makingCost;
      if (!best || estimate < best.estimate) best = { product, lanes, make, estimate };
    }
  }
  return best;
}
/** Writes the functions of a kernel that is a contraction; null where it is none, or has no schedule of its own. */
export function emitContraction(
  module: Module,
  kernel: RowsKernel,
  place: (words: Int32Array) => number,
): Emitted | null {
  const best = choose(module, kernel);
  if (!best) return null;
  const { product, lanes } = best;
  const phases: Phase[] = [];
  const renewals: ((f: Func, outer: readonly Local<'i32'>[]) => void)[] = [];
  let [scratch, taken, own] = [0, 0, 0];
  const places = new Map<Factor, number>();
  for (const factor of [product.a, product.b]) {
    if (factor.input !== null) continue;
    const maker = makerOf(kernel, product, factor);
    const made = emitRows(module, maker, phaseSignature(maker));
    const bytes = round(sizeOf(factor.shape) * dtypes[product.dtype].bytes + 64);
    /** The call of a phase that writes to the address `out`; memory that its threads share is at `rest`. */
    const call = (
      f: Func,
      phase: Phase,
      range: readonly I32[],
      out: I32,
      rest: I32,
      outer: readonly I32[] = [],
    ): void => {
      const [inputs, params] = [
        f.params.slice(head, head + kernel.inputs.length),
        f.params.slice(head + kernel.inputs.length + kernel.outputs.length),
      ];
      f.do(module.call(phase.func, ...range, rest, ...inputs, out, ...params, ...outer));
    };
    if (factor.anew) {
      const [at, work, rest] = [own, own + bytes, own + bytes + round(made.scratch)];
      places.set(factor, at);
      own = rest + round(made.shared);
      renewals.push((f, outer) => {
        const base = f.param<'i32'>(2);
        const [out, memory] = [i32.add(base, i32.const(at)), i32.add(base, i32.const(rest))];
        for (const phase of made.phases)
          call(f, phase, [i32.const(0), i32.const(phase.extent), i32.add(base, i32.const(work))], out, memory, outer);
      });
      continue;
    }
    const [at, rest] = [taken, taken + bytes];
    places.set(factor, at);
    for (const phase of made.phases) {
      const func = module.add(phaseSignature(kernel), (f) => {
        const memory = f.param<'i32'>(3);
        call(f, phase, f.params.slice(0, 3) as I32[], i32.add(memory, i32.const(at)), i32.add(memory, i32.const(rest)));
      });
      phases.push({ ...phase, func });
    }
    scratch = Math.max(scratch, made.scratch);
    taken = rest + round(made.shared);
  }
  const job: Job = {
    module,
    engine: module.engine,
    kernel,
    product,
    lanes,
    place,
    taken,
    own,
    renew: renewals.length ? (f, outer) => renewals.forEach((renew) => renew(f, outer)) : null,
    arrayOf: (f, factor) =>
      factor.input === null
        ? i32.add(f.param<'i32'>(factor.anew ? 2 : 3), i32.const(places.get(factor)!))
        : inputOf(f, factor.input),
  };
  const schedule = best.make(job);
  for (const { write, extent, cost } of schedule.drafts)
    phases.push({ func: module.add(phaseSignature(kernel), write), extent, cost });
  return { phases, scratch: Math.max(scratch, own + schedule.scratch), shared: taken + schedule.shared };
}
