// Decides how every value of a flow lies in Keras before anything is built.
import { type Arranged, type Arrangement, asIs, pointwise } from './arrange.js';
import { at, type Direction, PortError } from './error.js';
import { type Call, type Flow, isLayer, isOperation, type Operation, type Part, tensor, type Value } from './flow.js';
import { readLayer } from './keras-flow.js';
import { type Layout, same, sameLayout, type Sizes } from './layout.js';
import { checkBare } from './refuse.js';
import { ruleOf } from './registry.js';
import type { PortRecord } from './rule.js';
import { readModule } from './torch-flow.js';
import { materialize } from './torch-trace.js';

/** A part with what is decided about it. */
export interface PlannedPart {
  readonly part: Part;
  readonly path: string;
  readonly arrangement: Arrangement;
  /** The rule, or the plan of what is inside. */
  readonly record: PortRecord | null;
  readonly inside: Plan | null;
}
export interface PlannedCall {
  readonly call: Call;
  readonly arrangement: Arrangement;
  /** Null for an operation. */
  readonly planned: PlannedPart | null;
}
export interface Plan {
  readonly flow: Flow;
  readonly inputs: readonly Layout[];
  readonly calls: readonly PlannedCall[];
  readonly layouts: ReadonlyMap<Value, Layout>;
}
export interface PlanInput {
  readonly shape: Sizes;
  readonly dtype: 'f32' | 'f64' | 'i32' | 'u32' | 'u8' | 'bool';
  readonly layout: Layout;
}

const join = (path: string, name: string): string => (path ? `${path}.${name}` : name);

/** Plans one port; each part is planned once, at its first call. */
export class Planner {
  private readonly parts = new Map<Part, PlannedPart>();
  private readonly flows = new Map<Part, Flow>();
  private readonly calls = new Map<Part, { readonly settings: string; readonly ranks: string }>();
  constructor(private readonly direction: Direction) {}
  private get side(): 'torch' | 'keras' {
    return this.direction === 'toKeras' ? 'torch' : 'keras';
  }

  /** Decides about a part that is called with these inputs. */
  part(part: Part, path: string, inputs: readonly PlanInput[], args: readonly unknown[]): PlannedPart {
    const known = this.parts.get(part);
    if (known) return known;
    if (!isLayer(part)) checkBare(part, path);
    const record = ruleOf(part, this.direction, path);
    let planned: PlannedPart;
    if (record) {
      const arranged = inputs.map((x): Arranged => ({ shape: x.shape, side: this.side, layout: x.layout }));
      planned = {
        part,
        path,
        record,
        inside: null,
        arrangement: (record.rule.arrange ?? asIs)(part as never, arranged),
      };
    } else {
      const inside = this.inside(part, path, inputs, args);
      const outputs = inside.flow.outputs.map((v) => inside.layouts.get(v)!);
      planned = { part, path, record, inside, arrangement: { inputs: inside.inputs, outputs } };
    }
    this.parts.set(part, planned);
    return planned;
  }
  private flowOf(part: Part, path: string, inputs: readonly PlanInput[], args: readonly unknown[]): Flow {
    const known = this.flows.get(part);
    if (known) return known;
    if (!isLayer(part)) materialize(part, inputs, args);
    const flow = isLayer(part) ? readLayer(part, path, inputs, args) : readModule(part, path, inputs, args);
    this.flows.set(part, flow);
    return flow;
  }

  private inside(part: Part, path: string, inputs: readonly PlanInput[], args: readonly unknown[]): Plan {
    const flow = this.flowOf(part, path, inputs, args);
    const layouts = inputs.map((x) => x.layout);
    // Where the batch is not the first axis in torch, Keras has it first in any case.
    const decided = inputs.map((x) => this.side === 'torch' && x.shape[1] === null);
    for (;;) {
      const before = new Map(this.parts);
      const plan = this.propagate(flow, path, layouts, decided);
      if (plan) return plan;
      // An input has been given another layout: parts are planned anew.
      this.parts.clear();
      for (const [key, value] of before) this.parts.set(key, value);
    }
  }
  /** Follows the layouts through the calls. Null when the first part that cares wanted another layout of an input. */
  private propagate(flow: Flow, path: string, inputs: Layout[], decided: boolean[]): Plan | null {
    const layouts = new Map<Value, Layout>();
    /** Values that are an input, but for operations that take any layout. */
    const origins = new Map<Value, number>();
    flow.inputs.forEach((v, i) => {
      layouts.set(v, inputs[i]!);
      origins.set(v, i);
    });
    const calls: PlannedCall[] = [];
    for (const call of flow.calls) {
      const given = call.inputs.map((v) => ({ shape: v.shape, dtype: v.dtype, layout: layouts.get(v)! }));
      const { part } = call;
      const planned = isOperation(part) ? null : this.part(part, join(path, call.path), given, call.args);
      const arrangement = planned ? this.again(planned, given, call.args) : this.operation(call, given);
      for (const [k, v] of call.inputs.entries()) {
        const origin = origins.get(v);
        if (origin === undefined || decided[origin] || arrangement.free) continue;
        const wanted = arrangement.inputs[k] ?? same;
        decided[origin] = true;
        if (sameLayout(wanted, layouts.get(v)!)) continue;
        inputs[origin] = wanted;
        return null;
      }
      call.outputs.forEach((v, i) => {
        layouts.set(v, arrangement.outputs[i] ?? same);
        const origin = origins.get(call.inputs[0]!);
        if (arrangement.free && origin !== undefined) origins.set(v, origin);
      });
      calls.push({ call, arrangement, planned });
    }
    return { flow, inputs: [...inputs], calls, layouts };
  }
  /** A part is built for its first call: a later one has the same settings, and its own layouts only for another number of axes. */
  private again(
    { part, path, record, arrangement }: PlannedPart,
    given: readonly PlanInput[],
    args: readonly unknown[],
  ): Arrangement {
    const settings = JSON.stringify(args, (_, x: unknown) => (x === tensor ? 'tensor' : x));
    const ranks = given.map((x) => x.shape.length).join();
    const first = this.calls.get(part) ?? { settings, ranks };
    this.calls.set(part, first);
    if (first.settings !== settings) {
      throw new PortError(
        `${this.direction}: ${isLayer(part) ? `layer '${part.name}'` : part.getName()}${at(path)} is called twice with different arguments besides tensors (${first.settings} and ${settings}). Make two of it`,
      );
    }
    if (!record || first.ranks === ranks) return arrangement;
    return (record.rule.arrange ?? asIs)(part as never, this.arranged(given));
  }
  private arranged(given: readonly PlanInput[]): Arranged[] {
    return given.map((x) => ({ shape: x.shape, side: this.side, layout: x.layout }));
  }
  private operation({ part, outputs }: Call, given: readonly PlanInput[]): Arrangement {
    const one = ((part as Operation).pointwise ? pointwise : asIs)(null, this.arranged(given));
    return { ...one, outputs: outputs.map(() => one.outputs[0]!) };
  }
}
