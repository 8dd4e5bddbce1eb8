// Connectionist temporal classification (Graves et al. 2006): the likelihood of a label sequence under all its alignments.
import * as core from '@nn/core';
import { isTraced, Tensor } from '../tensor/handle.js';
import { type Reduction, reduced } from './loss.js';

export interface CtcOptions {
  /** The class that stands for no label; default 0. */
  blank?: number;
  reduction?: Reduction;
  /** Losses of sequences that cannot be aligned count as 0; default false. */
  zeroInfinity?: boolean;
}
function lengths(x: Tensor | readonly number[], like: core.Tensor): core.Tensor {
  return x instanceof Tensor
    ? core.reshape(core.cast(x.value, 'i32'), [-1])
    : core.beside(like, () => core.tensor(Int32Array.from(x)));
}
/** Labels as one row per sequence, [n, longest]. */
function rows(targets: core.Tensor, counts: core.Tensor): core.Tensor {
  if (targets.ndim === 2) return targets;
  // While traced, or on a device that has to be waited for, the lengths are not known; no sequence is longer than all labels together.
  const known = !isTraced(counts) && counts.backend.readSync !== undefined;
  const longest = !known ? targets.size : Math.max(0, ...core.dataSync(counts));
  const first = core.cumsum(counts, 0, { exclusive: true });
  const place = core.add(
    core.unsqueeze(first, 1),
    core.beside(first, () => core.iota([1, longest], 1)),
  );
  return core.take(targets, core.clamp(place, { min: 0, max: Math.max(0, targets.size - 1) }), 0);
}
/**
 * CTC loss of log-probabilities [t, n, classes] (or [t, classes]) with labels [n, s], or all labels in one vector.
 * The gradient supposes that the input comes from logSoftmax, as PyTorch's does.
 *
 * @param inputLengths   steps of each sequence
 * @param targetLengths  labels of each sequence; 'mean' divides each loss by it
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Tensor | readonly number[],
  targetLengths: Tensor | readonly number[],
  o: CtcOptions = {},
): Tensor {
  const single = logProbs.shape.length === 2;
  const lp = single ? core.unsqueeze(logProbs.value, 1) : logProbs.value;
  const [inputs, counts] = [lengths(inputLengths, lp), lengths(targetLengths, lp)];
  const labels = rows(single && targets.shape.length === 1 ? core.unsqueeze(targets.value, 0) : targets.value, counts);
  const found = core.ctc(lp, labels, inputs, counts, { blank: o.blank ?? 0 });
  const loss = o.zeroInfinity ? core.where(core.equal(found, Infinity), 0, found) : found;
  if ((o.reduction ?? 'mean') === 'mean') return new Tensor(core.mean(core.div(loss, core.maximum(counts, 1))), 'Mean');
  return reduced(single ? core.squeeze(loss, [0]) : loss, o.reduction, 'CtcLoss');
}
