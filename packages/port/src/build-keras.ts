// Builds Keras layers out of a plan: Sequential for a chain, a functional model for anything else.
import type * as core from '@nn/core';
import { keras, type Layer, Model, Tensor, Variable } from '@nn/keras';
import { nn } from '@nn/torch';
import { at, PortError, wayOut } from './error.js';
import { isChain, type Operation, type Value } from './flow.js';
import { OperationLayer, rearrange, rearrangingLayers } from './keras-steps.js';
import { batchSecond, type Layout, same, shapeToKeras } from './layout.js';
import { helperName, layerName, unique } from './naming.js';
import { type Dropped, type Pair, pairsOf } from './pairs.js';
import type { Plan, PlannedCall, PlannedPart } from './plan.js';
import { checkOptions, checkRefusals } from './refuse.js';
import type { Module, PortContext } from './rule.js';

/** What a part has become. */
export interface BuiltLayers {
  readonly layers: readonly Layer[];
  /** Set where the layers are not simply called in a row. */
  readonly call: ((inputs: readonly Tensor[]) => readonly Tensor[]) | null;
}
type CallLayer = (x: unknown) => unknown;

const dtypeNames: Readonly<Record<core.DType, string>> = {
  f32: 'float32',
  f64: 'float64',
  i32: 'int32',
  u32: 'uint32',
  u8: 'uint8',
  bool: 'bool',
};
export const inputFor = (value: Value, layout: Layout): Tensor =>
  keras.Input({ batchShape: shapeToKeras(value.shape, layout), dtype: dtypeNames[value.dtype] });
const rename = (layer: Layer, name: string): void => void ((layer as { name: string }).name = name);

export class KerasBuilder {
  private readonly built = new Map<unknown, BuiltLayers>();
  private readonly variables = new Map<core.Variable, Variable>();
  private readonly later: (() => void)[] = [];
  readonly pairs: Pair[] = [];
  readonly dropped: Dropped[] = [];

  /** To be called when all layers have their weights. */
  resolve(): void {
    for (const f of this.later) f();
  }

  /** The layers of a part. */
  part(
    planned: PlannedPart,
    inputs: readonly Value[],
    args: readonly unknown[],
    name: string | null,
    taken: Set<string>,
  ): BuiltLayers {
    const known = this.built.get(planned.part);
    if (known) return known;
    const made = planned.record
      ? this.byRule(planned, inputs, args)
      : { layers: [this.container(planned, false)], call: null };
    const main = this.mainOf(planned, made.layers);
    for (const layer of made.layers) {
      const wanted =
        name === null
          ? layer.name
          : layer === main
            ? name
            : layer.constructor === main?.constructor
              ? name
              : helperName(name, layer.className);
      const free = unique(wanted, taken);
      if (free !== layer.name) rename(layer, free);
      taken.add(free);
    }
    this.built.set(planned.part, made);
    return made;
  }
  private mainOf({ record }: PlannedPart, layers: readonly Layer[]): Layer | undefined {
    return (
      layers.find((l) => record?.keras && l.constructor === record.keras) ??
      layers.find((l) => record?.keras && l instanceof record.keras) ??
      layers[0]
    );
  }
  private byRule(planned: PlannedPart, inputs: readonly Value[], args: readonly unknown[]): BuiltLayers {
    const { part, path, arrangement } = planned;
    const record = planned.record!;
    const module = part as Module;
    const shapes = inputs.map((v, i) => shapeToKeras(v.shape, arrangement.inputs[i] ?? same).slice(1));
    const unknown = shapes.find((s) => s.includes(null));
    if (unknown)
      throw new PortError(
        `toKeras: ${module.getName()}${at(path)} is called on an input of which more than the batch size is unknown ([${unknown.map(String).join(', ')}]). ${wayOut.toKeras}`,
      );
    const inputShapes = shapes as readonly (readonly number[])[];
    const context: PortContext = {
      inputShape: inputShapes[0] ?? [],
      inputShapes,
      layout: arrangement.inputs[0] ?? same,
      args,
    };
    checkRefusals('toKeras', record, module, context, path);
    checkOptions('toKeras', record, module, context, path);
    const parts = record.rule.toKeras!(module, context);
    const made: BuiltLayers =
      typeof parts === 'object' && 'call' in parts
        ? parts
        : { layers: (Array.isArray(parts) ? parts : [parts]) as Layer[], call: null };
    this.later.push(() => {
      const { pairs, dropped } = pairsOf(
        record,
        module,
        made.layers,
        this.mainOf(planned, made.layers)!,
        context,
        path,
      );
      this.pairs.push(...pairs);
      this.dropped.push(...dropped);
    });
    return made;
  }

  /** A model of everything that a part holds: a Sequential of a Sequential. At the top it has an Input and plain outputs. */
  container({ part, inside }: PlannedPart, top: boolean): Model {
    const plain = (part as Module).forward === nn.Sequential.prototype.forward && isChain(inside!.flow);
    return (plain && this.sequential(inside!, top)) || this.functional(inside!, top);
  }
  /** How the outputs lie: at the top in torch's order of features, and with the batch first. */
  layoutsOut({ flow, layouts }: Plan, top: boolean): Layout[] {
    return flow.outputs.map((v) => {
      const layout = layouts.get(v)!;
      if (!top) return layout;
      if (layout.kind === 'same' && v.shape[1] === null) return batchSecond(v.shape.length);
      return layout.kind === 'flat' ? same : layout;
    });
  }
  /** A Sequential, if layers alone can do it. */
  private sequential(plan: Plan, top: boolean): Model | null {
    const { flow, layouts, inputs } = plan;
    const taken = new Set<string>();
    const steps: Layer[] = [];
    const move = (value: Value, to: Layout): boolean => {
      const between = rearrangingLayers(layouts.get(value)!, to, value.shape);
      steps.push(...(between ?? []));
      return between !== null;
    };
    for (const { call, arrangement, planned } of plan.calls) {
      if (this.built.has(planned!.part) || !move(call.inputs[0]!, arrangement.inputs[0]!)) return null;
      const { layers, call: connect } = this.part(planned!, call.inputs, call.args, layerName(call.path), taken);
      if (connect) return null;
      steps.push(...layers);
    }
    if (!move(flow.outputs[0]!, this.layoutsOut(plan, top)[0]!) || !steps.length) return null;
    return new keras.Sequential(top ? [inputFor(flow.inputs[0]!, inputs[0]!), ...steps] : steps);
  }
  private functional(plan: Plan, top: boolean): Model {
    const { flow, layouts } = plan;
    const taken = new Set<string>();
    const values = new Map<Value, Tensor>();
    flow.inputs.forEach((v, i) => values.set(v, inputFor(v, plan.inputs[i]!)));
    const placed = (v: Value, to: Layout): Tensor => rearrange(values.get(v)!, layouts.get(v)!, to, v.shape);
    for (const planned of plan.calls) {
      const { call, arrangement } = planned;
      const inputs = call.inputs.map((v, i) => placed(v, arrangement.inputs[i] ?? same));
      const outputs = this.call(planned, inputs, taken);
      call.outputs.forEach((v, i) => values.set(v, outputs[i]!));
    }
    const wanted = this.layoutsOut(plan, top);
    const results = flow.outputs.map((v, i) => placed(v, wanted[i]!));
    const sources = flow.inputs.map((v) => values.get(v)!);
    return new Model({
      inputs: sources.length === 1 ? sources[0]! : sources,
      outputs: results.length === 1 ? results[0]! : results,
    });
  }
  private call({ call, planned }: PlannedCall, inputs: readonly Tensor[], taken: Set<string>): readonly Tensor[] {
    if (!planned) return this.operation(call.part as Operation, inputs, taken);
    const { layers, call: connect } = this.part(planned, call.inputs, call.args, layerName(call.path), taken);
    if (connect) return connect(inputs);
    let x: unknown = inputs.length === 1 ? inputs[0]! : inputs;
    for (const layer of layers) x = (layer as unknown as CallLayer)(x);
    return (Array.isArray(x) ? x : [x]) as Tensor[];
  }
  private operation(part: Operation, inputs: readonly Tensor[], taken: Set<string>): readonly Tensor[] {
    if (part.weights.length) {
      const layer = new OperationLayer(
        part,
        part.weights.map((w) => this.variable(w.name, w.cell)),
      );
      rename(layer, unique(part.weights[0]!.name, taken));
      taken.add(layer.name);
      const y = layer(inputs.length === 1 ? inputs[0]! : inputs);
      return Array.isArray(y) ? y : [y];
    }
    const y = inputs[0]!.defer(part.name, inputs, (...xs) => {
      const results = part.run(xs as core.Tensor[], []);
      return results.length === 1 ? results[0]! : results;
    });
    return Array.isArray(y) ? y : [y];
  }
  private variable(name: string, cell: core.Variable): Variable {
    const known = this.variables.get(cell);
    if (known) return known;
    const made = new Variable(new Tensor(cell.get()), { name, trainable: cell.trainable });
    this.variables.set(cell, made);
    this.pairs.push({ torch: cell, keras: made.cell, slot: { to: name }, layout: same });
    return made;
  }
}
