// Losses as modules: called with (input, target).
import * as F from '../functional/loss.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export type { ClassOptions, LossOptions, PoissonOptions, Reduction, WeightOption } from '../functional/loss.js';

/** A loss with a reduction: 'mean' (default), 'sum' or 'none'. */
export abstract class Loss extends Module {
  readonly reduction: F.Reduction;
  constructor(o: F.LossOptions = {}) {
    super();
    this.reduction = o.reduction ?? 'mean';
  }
}
/** A loss with weights, kept as a buffer. */
abstract class WeightedLoss extends Loss {
  declare weight: Tensor | null;
  constructor(o: F.LossOptions & F.WeightOption = {}) {
    super(o);
    this.registerBuffer('weight', o.weight ?? null);
  }
}

/**
 * `(input - target)^2`
 *
 * @example
 * new nn.MSELoss()(torch.tensor([1, 2]), torch.tensor([1, 4])) // => 2
 */
export class MSELoss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, { reduction: this.reduction });
  }
}
/** `|input - target|` */
export class L1Loss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, { reduction: this.reduction });
  }
}
/** `d^2 / 2 / beta` near 0, `|d| - beta / 2` from beta (1) on. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;
  constructor(o: F.LossOptions & { beta?: number } = {}) {
    super(o);
    this.beta = o.beta ?? 1;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}
/** `d^2 / 2` near 0, `delta * (|d| - delta / 2)` from delta (1) on. */
export class HuberLoss extends Loss {
  readonly delta: number;
  constructor(o: F.LossOptions & { delta?: number } = {}) {
    super(o);
    this.delta = o.delta ?? 1;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}
/**
 * Cross-entropy of logits [n, classes, ...] with class indices [n, ...], or with probabilities in the shape of the logits.
 *
 * @param o.weight          one factor for each class
 * @param o.ignoreIndex     a target that does not count; default -100
 * @param o.labelSmoothing  default 0
 * @example
 * new nn.CrossEntropyLoss()(torch.tensor([[0, 0]]), torch.tensor([1], { dtype: 'int32' })) // => 0.693147 within 1e-5
 */
export class CrossEntropyLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  constructor(o: F.ClassOptions & { labelSmoothing?: number } = {}) {
    super(o);
    this.ignoreIndex = o.ignoreIndex ?? -100;
    this.labelSmoothing = o.labelSmoothing ?? 0;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, labelSmoothing, reduction } = this;
    return F.crossEntropy(input, target, { weight, ignoreIndex, labelSmoothing, reduction });
  }
}
/** `-input_t` for the target classes t of log-probabilities [n, classes, ...]. */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  constructor(o: F.ClassOptions = {}) {
    super(o);
    this.ignoreIndex = o.ignoreIndex ?? -100;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return F.nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}
/** `NLLLoss` under its older name. */
export class NLLLoss2d extends NLLLoss {}
/** `-(y log p + (1 - y) log(1 - p))`; logarithms are at least -100. */
export class BCELoss extends WeightedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropy(input, target, { weight: this.weight, reduction: this.reduction });
  }
}
/** `BCELoss` of `sigmoid(input)` without overflow. */
export class BCEWithLogitsLoss extends WeightedLoss {
  declare pos_weight: Tensor | null;
  constructor(o: F.LossOptions & F.WeightOption & { posWeight?: Tensor | null } = {}) {
    super(o);
    this.registerBuffer('pos_weight', o.posWeight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.binaryCrossEntropyWithLogits(input, target, {
      weight: this.weight,
      posWeight: this.pos_weight,
      reduction: this.reduction,
    });
  }
}
/** `y (log y - input)` for log-probabilities as input; 'batchmean' divides the sum by the batch size. */
export class KLDivLoss extends Module {
  readonly reduction: F.Reduction | 'batchmean';
  readonly logTarget: boolean;
  constructor(o: { reduction?: F.Reduction | 'batchmean'; logTarget?: boolean } = {}) {
    super();
    this.reduction = o.reduction ?? 'mean';
    this.logTarget = o.logTarget ?? false;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}
/** Negative log-likelihood of counts under Poisson distributions. */
export class PoissonNLLLoss extends Loss {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;
  constructor(o: F.PoissonOptions = {}) {
    super(o);
    this.logInput = o.logInput ?? true;
    this.full = o.full ?? false;
    this.eps = o.eps ?? 1e-8;
  }
  forward(input: Tensor, target: Tensor): Tensor {
    const { logInput, full, eps, reduction } = this;
    return F.poissonNllLoss(input, target, { logInput, full, eps, reduction });
  }
}
/** Negative log-likelihood under normal distributions with the given variances. */
export class GaussianNLLLoss extends Loss {
  readonly full: boolean;
  readonly eps: number;
  constructor(o: F.LossOptions & { full?: boolean; eps?: number } = {}) {
    super(o);
    this.full = o.full ?? false;
    this.eps = o.eps ?? 1e-6;
  }
  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    return F.gaussianNllLoss(input, target, variance, { full: this.full, eps: this.eps, reduction: this.reduction });
  }
}
