// A buffer plan: the memory of a compiled function, laid out once by the lifetimes of its values, and the replay of its steps.
import type { Backend, Buffer, Sequence } from '../backend/index.js';
import { sizeOf } from '../base/index.js';
import { allocateStorage, releaseStorage } from './memory.js';
import type { Step } from './schedule.js';
import { Storage, type Node, type Source } from './tensor.js';

const keyOf = (node: Node): string => `${node.spec.dtype}:${sizeOf(node.spec.shape)}`;

/** The steps of a compiled function with the places of their values. */
export class Plan {
  readonly steps: readonly Step[];
  /** Memory by place: what the plan holds between runs, and what `bind` has put there for the next run. */
  private readonly table: Buffer[] = [];
  private readonly places = new Map<Source, number>();
  private readonly slots: { readonly place: number; readonly like: Node; storage: Storage | null }[] = [];
  private readonly sequence: Sequence;
  private ready = false;

  /** @param leaving  values that leave the plan: their memory is bound at each run */
  constructor(
    private readonly backend: Backend,
    steps: readonly Step[],
    leaving: ReadonlySet<Node>,
  ) {
    this.steps = steps;
    let count = 0;
    const lastUse = new Map<Source, number>();
    steps.forEach((step, k) => step.inputs.forEach((s) => lastUse.set(s, k)));
    const free = new Map<string, number[]>();
    const isSlot = new Set<number>();
    const giveBack = (s: Source): void => {
      const place = this.places.get(s)!;
      if (!isSlot.has(place)) return;
      const key = keyOf(s as Node);
      (free.get(key) ?? free.set(key, []).get(key)!).push(place);
    };
    steps.forEach((step, k) => {
      for (const s of step.inputs) if (!this.places.has(s)) this.places.set(s, count++);
      const dying = new Set(step.inputs.filter((s) => lastUse.get(s) === k));
      step.outs.forEach((out, n) => {
        if (leaving.has(out)) {
          this.places.set(out, count++);
          return;
        }
        const { kernel } = step;
        const replaced = (kernel.form === 'rows' ? kernel.outputs[n]!.replaces : [])
          .map((j) => step.inputs[j]!)
          .find((s) => dying.has(s) && isSlot.has(this.places.get(s)!));
        let place = replaced ? this.places.get(replaced) : free.get(keyOf(out))?.pop();
        if (replaced) dying.delete(replaced);
        if (place === undefined) {
          this.slots.push({ place: (place = count++), like: out, storage: null });
          isSlot.add(place);
        }
        this.places.set(out, place);
      });
      for (const s of dying) giveBack(s);
      // A value that nobody reads: its memory is free at once.
      for (const out of step.outs) if (!lastUse.has(out)) giveBack(out);
    });
    for (const s of this.places.keys()) if (s instanceof Storage) this.table[this.places.get(s)!] = s.buffer;
    const placeOf = (s: Source): number => this.places.get(s)!;
    this.sequence = backend.sequence(
      steps.map(({ kernel, inputs, outs }) => ({ kernel, inputs: inputs.map(placeOf), outputs: outs.map(placeOf) })),
    );
  }
  /** The generated source of each step. */
  get sources(): readonly string[] {
    return this.sequence.sources;
  }
  /** Where a value's memory is bound; undefined when no step reads or writes it. */
  placeOf(s: Source): number | undefined {
    return this.places.get(s);
  }
  /** Gives the memory of an input or of a result for the next run. */
  bind(place: number, buffer: Buffer): void {
    this.table[place] = buffer;
  }
  /** Runs all steps on the memory that is bound. */
  run(): void {
    if (!this.ready) {
      for (const slot of this.slots) {
        slot.storage = allocateStorage(this.backend, sizeOf(slot.like.spec.shape), slot.like.spec.dtype);
        this.table[slot.place] = slot.storage.buffer;
      }
      this.ready = true;
    }
    this.sequence.run(this.table);
  }
  /**
   * Results that may be written to the memory of an input: the input is not read after the step that writes the result, and by that step
   * only at the element that is written.
   */
  mayReplace(result: Node, input: Source): boolean {
    const at = this.steps.findIndex((step) => step.outs.includes(result));
    const { kernel, inputs, outs } = this.steps[at]!;
    const slot = inputs.indexOf(input);
    if (kernel.form !== 'rows' || this.steps.slice(at + 1).some((step) => step.inputs.includes(input))) return false;
    return slot < 0 || kernel.outputs[outs.indexOf(result)]!.replaces.includes(slot);
  }
  /** Buffers that the plan holds between runs. */
  get held(): number {
    return this.slots.length;
  }
  /** Gives those buffers back. */
  release(): void {
    for (const slot of this.slots) {
      if (slot.storage) releaseStorage(slot.storage);
      slot.storage = null;
    }
    this.ready = false;
    this.sequence.release?.();
  }
}
