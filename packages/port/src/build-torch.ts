// Builds torch modules out of a plan: Sequential for a chain, a module that walks the graph for anything else.
import type * as core from '@nn/core';
import { keras, type Layer } from '@nn/keras';
import { nn, Tensor } from '@nn/torch';
import { at, PortError, wayOut } from './error.js';
import { isChain, type Operation, type Value } from './flow.js';
import { type Layout, same, sameLayout } from './layout.js';
import { helperName, isAutomatic, unique } from './naming.js';
import { type Dropped, type Pair, pairsOf } from './pairs.js';
import type { Plan, PlannedCall, PlannedPart } from './plan.js';
import { checkOptions, checkRefusals, checkTrainerSettings } from './refuse.js';
import type { Module, PortContext } from './rule.js';
import { cellOf } from './torch-trace.js';
import { GraphModule, placeFor, Rearrange, runOperation, type Step } from './torch-steps.js';

/** What a layer has become. */
export interface BuiltModules {
  readonly modules: readonly Module[];
  readonly call: ((inputs: readonly Tensor[]) => readonly Tensor[]) | null;
}
type CallModule = (x: unknown) => unknown;
type SequentialLayer = nn.Layer;

const isAutoNamed = (layer: Layer): boolean => isAutomatic(layer.name, layer.className);

export class TorchBuilder {
  private readonly built = new Map<unknown, BuiltModules>();
  private readonly weights = new Map<core.Variable, Tensor>();
  private readonly later: (() => void)[] = [];
  readonly pairs: Pair[] = [];
  readonly dropped: Dropped[] = [];

  resolve(): void {
    for (const f of this.later) f();
  }

  part(planned: PlannedPart, inputs: readonly Value[], args: readonly unknown[]): BuiltModules {
    const known = this.built.get(planned.part);
    if (known) return known;
    const made = planned.record
      ? this.byRule(planned, inputs, args)
      : { modules: [this.container(planned, false)], call: null };
    this.built.set(planned.part, made);
    return made;
  }
  private byRule(planned: PlannedPart, inputs: readonly Value[], args: readonly unknown[]): BuiltModules {
    const { path, arrangement } = planned;
    const record = planned.record!;
    const layer = planned.part as Layer;
    const shapes = inputs.map((v) => v.shape.slice(1));
    const unknown = shapes.find((s) => s.some((n) => n === null));
    if (unknown && !record.rule.anySize) {
      throw new PortError(
        `toTorch: ${layer.className} '${layer.name}'${at(path)} is called on an input of unknown size [${unknown.join(', ')}]; pass { inputShape } with numbers. ${wayOut.toTorch}`,
      );
    }
    const inputShapes = shapes as readonly (readonly number[])[];
    const context: PortContext = {
      inputShape: inputShapes[0] ?? [],
      inputShapes,
      layout: arrangement.inputs[0] ?? same,
      args,
    };
    checkTrainerSettings(layer, path);
    checkRefusals('toTorch', record, layer, context, path);
    checkOptions('toTorch', record, layer, context, path);
    const parts = record.rule.toTorch!(layer, context);
    const made: BuiltModules =
      typeof parts === 'object' && 'call' in parts
        ? parts
        : { modules: (Array.isArray(parts) ? parts : [parts]) as Module[], call: null };
    this.later.push(() => {
      const main = mainOf(planned, made.modules);
      if (!main) return;
      const { pairs, dropped } = pairsOf(record, main, [layer], layer, context, path);
      this.pairs.push(...pairs);
      this.dropped.push(...dropped);
    });
    return made;
  }

  /** A module of everything that a part holds: a Sequential of a Sequential. */
  container({ part, inside }: PlannedPart, top: boolean): Module {
    const plain = part instanceof keras.Sequential && isChain(inside!.flow);
    return (plain && this.sequential(inside!, top)) || this.graph(inside!, top);
  }
  private layoutsOut({ flow, layouts }: Plan, top: boolean): Layout[] {
    return flow.outputs.map((v) => (top && layouts.get(v)!.kind === 'flat' ? same : layouts.get(v)!));
  }
  private sequential(plan: Plan, top: boolean): Module | null {
    const { flow, layouts } = plan;
    const steps: { name: string | null; module: Module }[] = [];
    const move = (value: Value, to: Layout): void => {
      const from = layouts.get(value)!;
      if (!sameLayout(from, to)) steps.push({ name: null, module: new Rearrange(from, to) });
    };
    for (const { call, arrangement, planned } of plan.calls) {
      if (this.built.has(planned!.part)) return null;
      move(call.inputs[0]!, arrangement.inputs[0]!);
      const { modules, call: connect } = this.part(planned!, call.inputs, call.args);
      if (connect) return null;
      const main = mainOf(planned!, modules);
      const layer = planned!.part as Layer;
      for (const module of modules) {
        const name = module === main || modules.length === 1 ? layer.name : helperName(layer.name, module.getName());
        steps.push({ name: isAutoNamed(layer) ? null : name, module });
      }
    }
    move(flow.outputs[0]!, this.layoutsOut(plan, top)[0]!);
    if (steps.some(({ module }) => module instanceof GraphModule && module.program.inputs.length !== 1)) return null;
    const modules = steps.map((s) => s.module as unknown as SequentialLayer);
    if (steps.some((s) => s.name === null || /^\d+$/.test(s.name) || s.name.includes('.')))
      return new nn.Sequential(...modules);
    const taken = new Set<string>();
    const named = steps.map(({ name, module }): [string, SequentialLayer] => {
      const free = unique(name!, taken);
      taken.add(free);
      return [free, module as unknown as SequentialLayer];
    });
    return new nn.Sequential(new Map(named));
  }
  private graph(plan: Plan, top: boolean): Module {
    const { flow, layouts } = plan;
    const steps: Step[] = [];
    const wanted = this.layoutsOut(plan, top);
    const outputs = flow.outputs.map((value, i) => ({ value, from: layouts.get(value)!, to: wanted[i]! }));
    const root = new GraphModule({ inputs: flow.inputs, steps, outputs, list: flow.inputs.length > 1 });
    const placed = new Set<Module>();
    for (const p of plan.calls) {
      const inputs = p.call.inputs.map((value, i) => ({
        value,
        from: layouts.get(value)!,
        to: p.arrangement.inputs[i] ?? same,
      }));
      steps.push({ inputs, outputs: p.call.outputs, run: this.step(root, p, placed) });
    }
    return root;
  }
  /** Registers what a call needs in the module, and says how it is run. */
  private step(root: GraphModule, { call, planned }: PlannedCall, placed: Set<Module>): Step['run'] {
    if (!planned) {
      const operation = call.part as Operation;
      const weights = operation.weights.map(({ name, cell }) => this.weight(root, name, cell));
      return (xs) => runOperation(operation, xs, weights);
    }
    const { modules, call: connect } = this.part(planned, call.inputs, call.args);
    const main = mainOf(planned, modules) ?? modules[0];
    for (const module of modules) {
      if (placed.has(module)) continue;
      placed.add(module);
      const { holder, key } = placeFor(root, module === main ? call.path : helperName(call.path, module.getName()));
      holder.registerModule(key, module);
    }
    if (connect) return connect;
    return (xs) => {
      let x: unknown = xs.length === 1 ? xs[0] : xs;
      modules.forEach(
        (module, i) =>
          (x =
            i === 0 && xs.length > 1
              ? (module as unknown as (...a: unknown[]) => unknown)(...xs)
              : (module as unknown as CallModule)(x)),
      );
      return (Array.isArray(x) ? x : [x]) as Tensor[];
    };
  }
  private weight(root: Module, name: string, cell: core.Variable): Tensor {
    const known = this.weights.get(cell);
    if (known) return known;
    const { holder, key } = placeFor(root, name);
    const made: Tensor = cell.trainable
      ? new nn.Parameter(new Tensor(cell.get()))
      : new nn.Buffer(new Tensor(cell.get()));
    if (made instanceof nn.Parameter) holder.registerParameter(key, made);
    else holder.registerBuffer(key, made);
    this.weights.set(cell, made);
    this.pairs.push({ torch: cellOf(made), keras: cell, slot: { to: name }, layout: same });
    return made;
  }
}

const mainOf = ({ record }: PlannedPart, modules: readonly Module[]): Module | undefined =>
  modules.find((m) => record?.torch && m instanceof record.torch) ??
  modules.find((m) => [...m.parameters()].length > 0) ??
  modules[0];
