// Connectionist temporal classification: the likelihood of a label sequence under all alignments with blanks.
import { describe, ShapeError } from '../base/index.js';
import { detach } from '../graph/create.js';
import type { Tensor } from '../graph/tensor.js';
import { add, equal, greater, less, logicalAnd, mul, neg, notEqual, sub, where } from '../ops/arithmetic.js';
import { iota } from '../ops/creation.js';
import { toType, type Operand } from '../ops/define.js';
import { gather } from '../ops/indexing.js';
import { concat, stack } from '../ops/joining.js';
import { expand, permute, reshape, select, slice, unsqueeze } from '../ops/movement.js';
import { full } from '../ops/creation.js';
import { logSumExp, sum } from '../ops/reduce.js';
import { exp } from '../ops/transcendental.js';
import { beside } from '../graph/state.js';
import type { Form } from './form.js';

/** Stands for log 0: finite, so that gradients of impossible paths are 0 and not NaN. */
const never = -1e30;

export interface CtcOptions {
  /** The class that means "no label". Default 0. */
  readonly blank?: number;
  /**
   * 'torch' (default): the gradient by the log-probabilities is that of PyTorch, which has the one of a log-softmax before it in it.
   * 'keras': the plain derivative.
   */
  readonly form?: Form;
}
/**
 * Negative log-likelihood of each label sequence: the sum over all alignments that give it when repeats are merged and blanks dropped.
 *
 * @param logProbs       f32[T, N, C]
 * @param targets        i32[N, S], padded with anything after each one's length
 * @param inputLengths   i32[N], at most T
 * @param targetLengths  i32[N], at most S
 * @returns              f32[N]; Infinity where no alignment fits
 * @throws ShapeError    "ctc: logProbs f32[3,4] should be [time, batch, classes]"
 * @see Graves et al. 2006, Connectionist Temporal Classification
 * @example
 * const p = log(full([2, 1, 2], 0.5))
 * ctc(p, ones([1, 1], 'i32'), full([1], 2, 'i32'), ones([1], 'i32')) // => [0.287682] within 1e-5
 */
export function ctc(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Operand,
  targetLengths: Operand,
  { blank = 0, form = 'torch' }: CtcOptions = {},
): Tensor {
  if (logProbs.ndim !== 3)
    throw new ShapeError(`ctc: logProbs ${describe(logProbs.spec)} should be [time, batch, classes]`);
  const [time, batch] = logProbs.shape as [number, number, number];
  if (targets.ndim !== 2 || targets.shape[0] !== batch)
    throw new ShapeError(`ctc: targets ${describe(targets.spec)} should be [${batch}, labels]`);
  const labels = targets.shape[1]!;
  const states = 2 * labels + 1;
  const lengths = (x: Operand): Tensor => expand(unsqueeze(toType(x, 'i32'), -1), [batch, 1]);
  const [frames, counts] = [lengths(inputLengths), lengths(targetLengths)];
  const filled = (...of: Parameters<typeof full>): Tensor => beside(logProbs, () => full(...of));
  // blank, first label, blank, second label, …, blank
  const blanks = filled([batch, labels], blank, 'i32');
  const extended = concat(
    [reshape(stack([blanks, toType(targets, 'i32')], 2), [batch, 2 * labels]), filled([batch, 1], blank, 'i32')],
    1,
  );
  const at = beside(logProbs, () => iota([batch, states], 1));
  const known = less(at, add(mul(counts, 2), 1));
  const classes = where(known, extended, blank);
  const emissions = gather(logProbs, expand(unsqueeze(classes, 0), [time, batch, states]), 2);
  const shifted = (x: Tensor, by: number, fill: number): Tensor =>
    concat(
      [
        filled([batch, Math.min(by, states)], fill, x.dtype),
        slice(x, [undefined, 0], [undefined, Math.max(0, states - by)]),
      ],
      1,
    );
  // A label may follow the one before it without a blank, unless they are the same.
  const jumps = logicalAnd(notEqual(classes, blank), notEqual(classes, shifted(classes, 2, blank)));
  const first = where(logicalAnd(less(at, 2), known), select(emissions, 0, 0), never);
  let alpha = first;
  for (let t = 1; t < time; t++) {
    const paths = stack([alpha, shifted(alpha, 1, never), where(jumps, shifted(alpha, 2, never), never)], 0);
    const next = where(known, add(logSumExp(paths, { axes: 0 }), select(emissions, 0, t)), never);
    alpha = where(less(t, frames), next, alpha);
  }
  const last = mul(counts, 2);
  const ends = where(logicalAnd(greater(add(at, 2), last), less(at, add(last, 1))), alpha, never);
  const likelihood = logSumExp(ends, { axes: 1 });
  const loss = where(less(likelihood, never / 10), Infinity, neg(likelihood));
  if (form !== 'torch') return loss;
  const running = less(
    beside(logProbs, () => iota([time, batch], 0)),
    permute(frames, [1, 0]),
  );
  const scale = sum(where(running, sum(exp(logProbs), { axes: 2 }), 0), { axes: 0 });
  return add(loss, where(equal(loss, Infinity), 0, sub(scale, detach(scale))));
}
