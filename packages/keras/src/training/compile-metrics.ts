// The metrics of a compiled model: those without and those with sample weights, for each output.
import {
  Metric,
  MeanMetricWrapper,
  accuracyFor,
  crossentropyFor,
  get as getMetric,
  type MetricLike,
} from '../metrics/index.js';
import { snakeCase } from '../naming.js';
import type { Tensor } from '../tensor/tensor.js';
import { flattenTree, type Nested } from '../tensor/tree.js';
import { byOutput, namesOf, settingsFor, type PerOutput } from './outputs.js';

interface Measured {
  readonly output: number;
  readonly metric: Metric;
  readonly weighted: boolean;
  /** Before the name, where there are several outputs. */
  readonly prefix: string;
}
interface Updatable {
  updateState(yTrue: Tensor, yPred: Tensor, o?: { sampleWeight?: Tensor | null }): void;
}

function metricOf(identifier: MetricLike, yTrue: Tensor | null, yPred: Tensor): Metric {
  if (typeof identifier !== 'string') {
    const metric = getMetric(identifier);
    if (typeof identifier === 'function' && !(identifier instanceof Metric))
      metric.name = snakeCase(identifier.name || 'metric');
    return metric;
  }
  const name = identifier.toLowerCase();
  const shapes = [yTrue?.shape ?? [], yPred.shape] as const;
  const automatic =
    name === 'accuracy' || name === 'acc'
      ? accuracyFor(...shapes)
      : name === 'crossentropy' || name === 'ce'
        ? crossentropyFor(...shapes)
        : null;
  const metric = automatic ? new MeanMetricWrapper(automatic, { name: identifier }) : getMetric(identifier);
  metric.name = identifier;
  return metric;
}

/** The metrics that `compile` was given, applied to all outputs. */
export class CompileMetrics {
  private list: readonly Measured[] | null = null;
  constructor(
    private readonly given: PerOutput<MetricLike> | null,
    private readonly weighted: PerOutput<MetricLike> | null,
    private readonly outputNames: readonly string[] | null,
  ) {}
  get built(): boolean {
    return this.list !== null;
  }
  get metrics(): readonly Metric[] {
    return this.list?.map((m) => m.metric) ?? [];
  }

  build(yTrue: Nested<Tensor> | null, yPred: Nested<Tensor>): void {
    const names = namesOf(yPred, this.outputNames);
    const predictions = byOutput(yPred, names);
    const targets = byOutput(yTrue, names);
    const make = (argument: string, given: PerOutput<MetricLike> | null, weighted: boolean): Measured[] =>
      settingsFor(argument, given, names).flatMap((entry, output) =>
        (flattenTree(entry === null || entry === undefined ? [] : [entry]) as MetricLike[]).map((identifier) => ({
          output,
          weighted,
          metric: metricOf(identifier, targets[output] ?? null, predictions[output]!),
          prefix: names.length > 1 && names[output] ? `${names[output]}_` : '',
        })),
      );
    this.list = [...make('metrics', this.given, false), ...make('weightedMetrics', this.weighted, true)];
  }
  update(yTrue: Nested<Tensor> | null, yPred: Nested<Tensor>, sampleWeight: Nested<Tensor> | null): void {
    if (!this.list) this.build(yTrue, yPred);
    const names = namesOf(yPred, this.outputNames);
    const [targets, predictions, weights] = [
      byOutput(yTrue, names),
      byOutput(yPred, names),
      byOutput(sampleWeight, names),
    ];
    for (const { output, metric, weighted } of this.list!) {
      const target = targets[output];
      if (target)
        (metric as unknown as Updatable).updateState(
          target,
          predictions[output]!,
          weighted ? { sampleWeight: weights[output] ?? null } : {},
        );
    }
  }
  /** Values by name: a second metric of a name is numbered, or `weighted_` comes before it. */
  result(): Record<string, Tensor> {
    const values: Record<string, Tensor> = {};
    const seen = new Map<string, number>();
    for (const { metric, weighted, prefix } of this.list ?? []) {
      let name = `${prefix}${metric.name}`;
      if (weighted && seen.has(name)) name = `${prefix}weighted_${metric.name}`;
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      const result = metric.result();
      if (typeof (result as Tensor).read === 'function') values[times ? `${name}_${times}` : name] = result as Tensor;
      else Object.assign(values, result);
    }
    return values;
  }
}
