// What a torch model needs between ported modules: a module of a graph, and other arrangements of the axes.
import type * as core from '@nn/core';
import { nn, Tensor } from '@nn/torch';
import type { Operation, Value } from './flow.js';
import { type Layout, sameLayout, valueToKeras, valueToTorch } from './layout.js';
import type { Module } from './rule.js';

/** A torch value in another arrangement relative to the same Keras array. */
export const rearrangeTorch = (t: Tensor, from: Layout, to: Layout): Tensor =>
  sameLayout(from, to) ? t : new Tensor(valueToTorch(valueToKeras(t.value, from), to), 'Permute');

const layoutText = (x: Layout): string =>
  x.kind === 'same'
    ? 'same'
    : x.kind === 'permuted'
      ? `permuted [${x.perm.join(', ')}]`
      : `flat [${x.sizes.join(', ')}]`;
/** Reorders the axes between two modules that lay out their values differently. */
export class Rearrange extends nn.Module {
  readonly before: Layout;
  readonly after: Layout;
  constructor(before: Layout, after: Layout) {
    super();
    this.before = before;
    this.after = after;
  }
  forward(x: Tensor): Tensor {
    return rearrangeTorch(x, this.before, this.after);
  }
  override extraRepr(): string {
    return `${layoutText(this.before)} -> ${layoutText(this.after)}`;
  }
}

/** Applies a function without parameters: a Keras layer that is an operation in torch. */
export class Apply extends nn.Module {
  readonly label: string;
  readonly f: (x: Tensor) => Tensor;
  constructor(label: string, f: (x: Tensor) => Tensor) {
    super();
    this.label = label;
    this.f = f;
  }
  forward(x: Tensor): Tensor {
    return this.f(x);
  }
  override extraRepr(): string {
    return this.label;
  }
}

/** One step of a graph: reads some values and makes others. */
export interface Step {
  readonly inputs: readonly { readonly value: Value; readonly from: Layout; readonly to: Layout }[];
  readonly outputs: readonly Value[];
  run(inputs: readonly Tensor[]): readonly Tensor[];
}
/** The steps of a ported model: its forward walks them. */
export interface Program {
  readonly inputs: readonly Value[];
  readonly steps: readonly Step[];
  readonly outputs: readonly { readonly value: Value; readonly from: Layout; readonly to: Layout }[];
  /** One list of tensors as the only argument, as Keras models take several inputs. */
  readonly list: boolean;
}

/** A model whose forward walks a graph; the layers of the graph are its children. */
export class GraphModule extends nn.Module {
  declare readonly program: Program;
  constructor(program: Program) {
    super();
    Object.defineProperty(this, 'program', { value: program });
  }
  forward(...args: (Tensor | readonly Tensor[])[]): Tensor | Tensor[] {
    const { inputs, steps, outputs } = this.program;
    const given: readonly Tensor[] = args.flat();
    const values = new Map<Value, Tensor>(inputs.map((v, i) => [v, given[i]!]));
    const read = (x: { value: Value; from: Layout; to: Layout }): Tensor =>
      rearrangeTorch(values.get(x.value)!, x.from, x.to);
    for (const step of steps) {
      const results = step.run(step.inputs.map(read));
      step.outputs.forEach((v, i) => values.set(v, results[i]!));
    }
    const results = outputs.map(read);
    return results.length === 1 ? results[0]! : results;
  }
}

/** Runs an operation on torch tensors. */
export const runOperation = (operation: Operation, inputs: readonly Tensor[], weights: readonly Tensor[]): Tensor[] =>
  operation
    .run(
      inputs.map((t) => t.value),
      weights.map((t) => t.value),
    )
    .map((t: core.Tensor) => new Tensor(t, operation.name));

/** Children that a function connects. */
export class Connected extends nn.Module {
  declare readonly connect: (inputs: readonly Tensor[]) => readonly Tensor[];
  constructor(connect: (inputs: readonly Tensor[]) => readonly Tensor[]) {
    super();
    Object.defineProperty(this, 'connect', { value: connect });
  }
  forward(...args: (Tensor | readonly Tensor[])[]): Tensor | Tensor[] {
    const results = this.connect(args.flat());
    return results.length === 1 ? results[0]! : [...results];
  }
}

type Fields = Record<string, unknown>;
/** Where a path such as `blocks.0.weight` ends: the module that holds it, made of ModuleDicts where there is none, and a free field. */
export function placeFor(root: Module, path: string): { holder: Module; key: string } {
  const parts = path.split('.');
  let holder = root;
  for (const part of parts.slice(0, -1)) {
    const inner = (holder as unknown as Fields)[part];
    if (!(inner instanceof nn.Module)) holder.registerModule(part, new nn.ModuleDict());
    holder = (holder as unknown as Fields)[part] as Module;
  }
  let key = parts.at(-1)!;
  while (key in holder) key += '_';
  return { holder, key };
}
