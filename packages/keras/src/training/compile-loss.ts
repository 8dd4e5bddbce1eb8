// The loss of a compiled model: the weighted sum over outputs.
import { ValueError } from '@nn/core';
import { Loss, LossFunctionWrapper, get as getLoss, type LossLike } from '../losses/index.js';
import { crossentropyFor } from '../metrics/index.js';
import { Mean } from '../metrics/mean.js';
import { snakeCase } from '../naming.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Nested } from '../tensor/tree.js';
import { byOutput, namesOf, settingsFor, type PerOutput } from './outputs.js';

interface Term {
  readonly output: number;
  readonly loss: Loss;
  readonly weight: number | null;
  readonly name: string;
}
/** The loss that an identifier stands for, given the shapes of targets and predictions. */
function lossOf(identifier: LossLike, yTrue: Tensor | null, yPred: Tensor): Loss {
  const automatic = typeof identifier === 'string' && ['crossentropy', 'ce'].includes(identifier.toLowerCase());
  const found = automatic ? crossentropyFor(yTrue?.shape ?? [], yPred.shape) : getLoss(identifier)!;
  if (found instanceof Loss) return found;
  return new LossFunctionWrapper(found, {
    name: typeof identifier === 'string' ? identifier : snakeCase(found.name || 'loss'),
  });
}

/** The loss that `compile` was given, applied to all outputs. */
export class CompileLoss {
  private terms: readonly Term[] | null = null;
  /** The losses of single outputs, where there are several. */
  metrics: readonly Mean[] = [];
  constructor(
    private readonly loss: PerOutput<LossLike>,
    private readonly weights: PerOutput<number> | null,
    private readonly outputNames: readonly string[] | null,
  ) {}
  get built(): boolean {
    return this.terms !== null;
  }

  build(yTrue: Nested<Tensor> | null, yPred: Nested<Tensor>): void {
    const names = namesOf(yPred, this.outputNames);
    const losses = settingsFor('loss', this.loss, names);
    const weights = settingsFor('lossWeights', this.weights, names);
    const predictions = byOutput(yPred, names);
    const targets = this.align(byOutput(yTrue, names), losses);
    const terms = losses.flatMap((given, output): Term[] => {
      if (given === null || given === undefined) return [];
      const list = Array.isArray(given) ? (given as readonly LossLike[]) : [given as LossLike];
      return list.map((identifier, k): Term => {
        const loss = lossOf(identifier, targets[output] ?? null, predictions[output]!);
        const own = weights[output] ?? null;
        return {
          output,
          loss,
          weight: (Array.isArray(own) ? (own[k] as number) : (own as number | null)) ?? null,
          name: names[output] ?? loss.name,
        };
      });
    });
    this.terms = terms;
    this.metrics = terms.length > 1 ? terms.map((t) => new Mean({ name: `${t.name}_loss` })) : [];
  }
  /** Targets of outputs that have a loss, where only those are given. */
  private align(targets: readonly (Tensor | null)[], losses: readonly unknown[]): readonly (Tensor | null)[] {
    if (targets.length === losses.length) return targets;
    const wanted = losses.flatMap((l, i) => (l === null || l === undefined ? [] : [i]));
    if (targets.length !== wanted.length)
      throw new ValueError(
        `y_true and y_pred have different structures: ${targets.length} targets for ${losses.length} outputs with ${wanted.length} losses`,
      );
    return losses.map((_, i) => (wanted.includes(i) ? targets[wanted.indexOf(i)]! : null));
  }
  /** The total; null when no output has a loss. */
  call(yTrue: Nested<Tensor> | null, yPred: Nested<Tensor>, sampleWeight: Nested<Tensor> | null): Tensor | null {
    if (!this.terms) this.build(yTrue, yPred);
    const names = namesOf(yPred, this.outputNames);
    const predictions = byOutput(yPred, names);
    const targets = this.align(byOutput(yTrue, names), settingsFor('loss', this.loss, names));
    const weights = byOutput(sampleWeight, names);
    const values = this.terms!.map(({ output, loss, weight }, k) => {
      const target = targets[output];
      if (!target)
        throw new ValueError(
          `The loss '${loss.name}' needs a target, but \`y\` is missing. Pass y to fit, or batches [x, y].`,
        );
      const value = loss(target, predictions[output]!, weights[output] ?? null);
      this.metrics[k]?.updateState(value, { sampleWeight: predictions[output]!.shape[0] ?? 1 });
      return weight === null ? value : value.mul(weight);
    });
    return values.length ? values.reduce((a, b) => a.add(b)) : null;
  }
}
