// The losses as objects: a formula with its options.
import { configOf, type Config } from '../object.js';
import type { Tensor } from '../tensor/tensor.js';
import * as f from './formulas.js';
import { Loss, type LossOptions } from './loss.js';

/** `mean((y - x)^2)` */
export class MeanSquaredError extends Loss {
  static override readonly className = 'MeanSquaredError';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.meanSquaredError(yTrue, yPred);
  }
}
/** `mean(|y - x|)` */
export class MeanAbsoluteError extends Loss {
  static override readonly className = 'MeanAbsoluteError';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.meanAbsoluteError(yTrue, yPred);
  }
}
/** `100 * mean(|y - x| / |y|)` */
export class MeanAbsolutePercentageError extends Loss {
  static override readonly className = 'MeanAbsolutePercentageError';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.meanAbsolutePercentageError(yTrue, yPred);
  }
}
/** `mean((log(y + 1) - log(x + 1))^2)` */
export class MeanSquaredLogarithmicError extends Loss {
  static override readonly className = 'MeanSquaredLogarithmicError';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.meanSquaredLogarithmicError(yTrue, yPred);
  }
}
/** Minus the cosine similarity along `axis` (default -1). */
export class CosineSimilarity extends Loss {
  static override readonly className = 'CosineSimilarity';
  readonly axis: number;
  constructor(o: LossOptions & { axis?: number } = {}) {
    super(o);
    this.axis = o.axis ?? -1;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.cosineSimilarity(yTrue, yPred, { axis: this.axis });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['axis']) };
  }
}
/** Quadratic up to `delta` (default 1), linear beyond. */
export class Huber extends Loss {
  static override readonly className = 'Huber';
  readonly delta: number;
  constructor(o: LossOptions & { delta?: number } = {}) {
    super({ ...o, name: o.name ?? 'huber_loss' });
    this.delta = o.delta ?? 1;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.huber(yTrue, yPred, { delta: this.delta });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['delta']) };
  }
}
/** `mean(log(cosh(x - y)))` */
export class LogCosh extends Loss {
  static override readonly className = 'LogCosh';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.logCosh(yTrue, yPred);
  }
}
/** `mean(max(1 - y x, 0))` */
export class Hinge extends Loss {
  static override readonly className = 'Hinge';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.hinge(yTrue, yPred);
  }
}
/** `mean(max(1 - y x, 0)^2)` */
export class SquaredHinge extends Loss {
  static override readonly className = 'SquaredHinge';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.squaredHinge(yTrue, yPred);
  }
}
/** `max(neg - pos + 1, 0)` */
export class CategoricalHinge extends Loss {
  static override readonly className = 'CategoricalHinge';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.categoricalHinge(yTrue, yPred);
  }
}
/** `sum(y log(y / x))` */
export class KLDivergence extends Loss {
  static override readonly className = 'KLDivergence';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.klDivergence(yTrue, yPred);
  }
}
/** `mean(x - y log x)` */
export class Poisson extends Loss {
  static override readonly className = 'Poisson';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.poisson(yTrue, yPred);
  }
}

/** What the cross-entropies share: their options and their config. */
abstract class Crossentropy extends Loss {
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  readonly axis: number;
  constructor(o: LossOptions & f.CrossentropyOptions = {}) {
    super(o);
    this.fromLogits = o.fromLogits ?? false;
    this.labelSmoothing = o.labelSmoothing ?? 0;
    this.axis = o.axis ?? -1;
  }
  protected get options(): Required<f.CrossentropyOptions> {
    return { fromLogits: this.fromLogits, labelSmoothing: this.labelSmoothing, axis: this.axis };
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['from_logits', 'label_smoothing', 'axis']) };
  }
}
/** `-(y log x + (1 - y) log(1 - x))`, for independent labels. */
export class BinaryCrossentropy extends Crossentropy {
  static override readonly className: string = 'BinaryCrossentropy';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.binaryCrossentropy(yTrue, yPred, this.options);
  }
}
/** `-sum(y log x)`, for one-hot targets. */
export class CategoricalCrossentropy extends Crossentropy {
  static override readonly className: string = 'CategoricalCrossentropy';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.categoricalCrossentropy(yTrue, yPred, this.options);
  }
}
/** Binary cross-entropy with less weight on what is already right. */
export class BinaryFocalCrossentropy extends Crossentropy {
  static override readonly className = 'BinaryFocalCrossentropy';
  readonly applyClassBalancing: boolean;
  readonly alpha: number;
  readonly gamma: number;
  constructor(
    o: LossOptions & f.CrossentropyOptions & { applyClassBalancing?: boolean; alpha?: number; gamma?: number } = {},
  ) {
    super(o);
    this.applyClassBalancing = o.applyClassBalancing ?? false;
    this.alpha = o.alpha ?? 0.25;
    this.gamma = o.gamma ?? 2;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.binaryFocalCrossentropy(yTrue, yPred, {
      ...this.options,
      applyClassBalancing: this.applyClassBalancing,
      alpha: this.alpha,
      gamma: this.gamma,
    });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['apply_class_balancing', 'alpha', 'gamma']) };
  }
}
/** Categorical cross-entropy with less weight on what is already right. */
export class CategoricalFocalCrossentropy extends Crossentropy {
  static override readonly className = 'CategoricalFocalCrossentropy';
  readonly alpha: number;
  readonly gamma: number;
  constructor(o: LossOptions & f.CrossentropyOptions & { alpha?: number; gamma?: number } = {}) {
    super(o);
    this.alpha = o.alpha ?? 0.25;
    this.gamma = o.gamma ?? 2;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.categoricalFocalCrossentropy(yTrue, yPred, { ...this.options, alpha: this.alpha, gamma: this.gamma });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['alpha', 'gamma']) };
  }
}
/** Cross-entropy with integer targets; `ignoreClass` does not count. */
export class SparseCategoricalCrossentropy extends Loss {
  static override readonly className = 'SparseCategoricalCrossentropy';
  readonly fromLogits: boolean;
  readonly ignoreClass: number | null;
  readonly axis: number;
  constructor(o: LossOptions & { fromLogits?: boolean; ignoreClass?: number | null; axis?: number } = {}) {
    super(o);
    this.fromLogits = o.fromLogits ?? false;
    this.ignoreClass = o.ignoreClass ?? null;
    this.axis = o.axis ?? -1;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.sparseCategoricalCrossentropy(yTrue, yPred, {
      fromLogits: this.fromLogits,
      ignoreClass: this.ignoreClass,
      axis: this.axis,
    });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['from_logits', 'ignore_class', 'axis']) };
  }
}
/** `(1 - p_t^q) / q` with integer targets. */
export class CategoricalGeneralizedCrossEntropy extends Loss {
  static override readonly className = 'CategoricalGeneralizedCrossEntropy';
  readonly q: number;
  constructor(o: LossOptions & { q?: number } = {}) {
    super(o);
    this.q = o.q ?? 0.5;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.categoricalGeneralizedCrossEntropy(yTrue, yPred, { q: this.q });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['q']) };
  }
}
/** `1 - 2 sum(x y) / (sum x + sum y)` over `axis`. */
export class Dice extends Loss {
  static override readonly className = 'Dice';
  readonly axis: number | readonly number[] | null;
  constructor(o: LossOptions & { axis?: number | readonly number[] | null } = {}) {
    super(o);
    this.axis = o.axis ?? null;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.dice(yTrue, yPred, { axis: this.axis });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['axis']) };
  }
}
/** Dice with weights: alpha for `y (1 - x)`, beta for `x (1 - y)`. */
export class Tversky extends Loss {
  static override readonly className = 'Tversky';
  readonly alpha: number;
  readonly beta: number;
  readonly axis: number | readonly number[] | null;
  constructor(o: LossOptions & { alpha?: number; beta?: number; axis?: number | readonly number[] | null } = {}) {
    super(o);
    this.alpha = o.alpha ?? 0.5;
    this.beta = o.beta ?? 0.5;
    this.axis = o.axis ?? null;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.tversky(yTrue, yPred, { alpha: this.alpha, beta: this.beta, axis: this.axis });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['alpha', 'beta', 'axis']) };
  }
}
/** Attracts embeddings of one label and repels others. */
export class Circle extends Loss {
  static override readonly className = 'Circle';
  readonly gamma: number;
  readonly margin: number;
  readonly removeDiagonal: boolean;
  constructor(o: LossOptions & { gamma?: number; margin?: number; removeDiagonal?: boolean } = {}) {
    super(o);
    this.gamma = o.gamma ?? 80;
    this.margin = o.margin ?? 0.4;
    this.removeDiagonal = o.removeDiagonal ?? true;
  }
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.circle(yTrue, yPred, { gamma: this.gamma, margin: this.margin, removeDiagonal: this.removeDiagonal });
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this, ['gamma', 'margin', 'remove_diagonal']) };
  }
}
/** Negative log-likelihood of label sequences under all alignments. */
export class CTC extends Loss {
  static override readonly className = 'CTC';
  override call(yTrue: Tensor, yPred: Tensor): Tensor {
    return f.ctc(yTrue, yPred);
  }
}
