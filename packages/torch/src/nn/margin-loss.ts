// Losses with a margin, and CTC, as modules.
import { ctcLoss, type CtcOptions } from '../functional/ctc.js';
import type { LossOptions } from '../functional/loss.js';
import * as F from '../functional/margin-loss.js';
import type { Tensor } from '../tensor/tensor.js';
import { Loss } from './loss.js';

export type { MarginOptions, TripletOptions } from '../functional/margin-loss.js';

abstract class MarginLoss extends Loss {
  readonly margin: number;
  constructor(margin: number, o: LossOptions) {
    super(o);
    this.margin = margin;
  }
}
/** `1 - cos(x1, x2)` for targets 1, `max(0, cos(x1, x2) - margin)` for -1. */
export class CosineEmbeddingLoss extends MarginLoss {
  constructor(o: F.MarginOptions = {}) {
    super(o.margin ?? 0, o);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.cosineEmbeddingLoss(input1, input2, target, { margin: this.margin, reduction: this.reduction });
  }
}
/** x for targets 1, `max(0, margin - x)` for -1; margin 1. */
export class HingeEmbeddingLoss extends MarginLoss {
  constructor(o: F.MarginOptions = {}) {
    super(o.margin ?? 1, o);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.hingeEmbeddingLoss(input, target, { margin: this.margin, reduction: this.reduction });
  }
}
/** `max(0, -y (x1 - x2) + margin)` */
export class MarginRankingLoss extends MarginLoss {
  constructor(o: F.MarginOptions = {}) {
    super(o.margin ?? 0, o);
  }
  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    return F.marginRankingLoss(input1, input2, target, { margin: this.margin, reduction: this.reduction });
  }
}
/** `sum over other classes of max(0, margin - x_y + x_i)^p / classes` */
export class MultiMarginLoss extends MarginLoss {
  readonly p: number;
  declare weight: Tensor | null;
  constructor(o: F.MarginOptions & { p?: number; weight?: Tensor | null } = {}) {
    super(o.margin ?? 1, o);
    this.p = o.p ?? 1;
    this.registerBuffer('weight', o.weight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multiMarginLoss(input, target, {
      margin: this.margin,
      p: this.p,
      weight: this.weight,
      reduction: this.reduction,
    });
  }
}
/** `MultiMarginLoss` for several targets, which end at the first -1. */
export class MultiLabelMarginLoss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelMarginLoss(input, target, { reduction: this.reduction });
  }
}
/** `log(1 + exp(-y x))` */
export class SoftMarginLoss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return F.softMarginLoss(input, target, { reduction: this.reduction });
  }
}
/** The mean over classes of binary cross-entropies of logits. */
export class MultiLabelSoftMarginLoss extends Loss {
  declare weight: Tensor | null;
  constructor(o: LossOptions & { weight?: Tensor | null } = {}) {
    super(o);
    this.registerBuffer('weight', o.weight ?? null);
  }
  forward(input: Tensor, target: Tensor): Tensor {
    return F.multilabelSoftMarginLoss(input, target, { weight: this.weight, reduction: this.reduction });
  }
}
/** `max(0, d(anchor, positive) - d(anchor, negative) + margin)` with p-norm distances. */
export class TripletMarginLoss extends MarginLoss {
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;
  constructor(o: F.TripletOptions = {}) {
    super(o.margin ?? 1, o);
    this.p = o.p ?? 2;
    this.eps = o.eps ?? 1e-6;
    this.swap = o.swap ?? false;
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return F.tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}
/** `TripletMarginLoss` with any distance. */
export class TripletMarginWithDistanceLoss extends MarginLoss {
  readonly distanceFunction: F.Distance | null;
  readonly swap: boolean;
  constructor(o: F.MarginOptions & { distanceFunction?: F.Distance | null; swap?: boolean } = {}) {
    super(o.margin ?? 1, o);
    this.distanceFunction = o.distanceFunction ?? null;
    this.swap = o.swap ?? false;
  }
  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distanceFunction, margin, swap, reduction } = this;
    return F.tripletMarginWithDistanceLoss(anchor, positive, negative, { distanceFunction, margin, swap, reduction });
  }
}
/** Connectionist temporal classification of log-probabilities [t, n, classes]. */
export class CTCLoss extends Loss {
  readonly blank: number;
  readonly zeroInfinity: boolean;
  constructor(o: CtcOptions = {}) {
    super(o);
    this.blank = o.blank ?? 0;
    this.zeroInfinity = o.zeroInfinity ?? false;
  }
  forward(
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Tensor | readonly number[],
    targetLengths: Tensor | readonly number[],
  ): Tensor {
    const { blank, reduction, zeroInfinity } = this;
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, { blank, reduction, zeroInfinity });
  }
}
