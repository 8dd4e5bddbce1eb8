// A buffer plan: the memory of a compiled function, laid out once by the lifetimes of its values, and the replay of its steps.
import type { Backend, Buffer } from '../backend/index.js';
import { sizeOf } from '../base/index.js';
import { allocateStorage, releaseStorage } from './memory.js';
import type { Source, Step } from './schedule.js';
import { Storage, type Node } from './tensor.js';

interface Slot {
  readonly key: string;
  storage: Storage | null;
}
const keyOf = (node: Node): string => `${node.spec.dtype}:${sizeOf(node.spec.shape)}`;

/** The steps of a compiled function with the places of their values. */
export class Plan {
  private readonly slots: Slot[] = [];
  private readonly slotOf = new Map<Node, Slot>();
  /** Values that leave the plan: they get new memory at each run. */
  private readonly leaving: ReadonlySet<Node>;
  private readonly backend: Backend;
  readonly steps: readonly Step[];

  constructor(backend: Backend, steps: readonly Step[], leaving: ReadonlySet<Node>) {
    this.backend = backend;
    this.steps = steps;
    this.leaving = leaving;
    const lastUse = new Map<Source, number>();
    steps.forEach((step, k) => step.inputs.forEach((s) => lastUse.set(s, k)));
    const free: Slot[] = [];
    steps.forEach((step, k) => {
      if (!leaving.has(step.out)) {
        const key = keyOf(step.out);
        const at = free.findIndex((slot) => slot.key === key);
        const slot = at < 0 ? { key, storage: null } : free.splice(at, 1)[0]!;
        if (at < 0) this.slots.push(slot);
        this.slotOf.set(step.out, slot);
      }
      for (const s of new Set(step.inputs)) {
        const slot = lastUse.get(s) === k ? this.slotOf.get(s as Node) : undefined;
        if (slot) free.push(slot);
      }
    });
  }

  /** Runs all steps. `holes` gives the memory of the inputs; the result the memory of what leaves. */
  run(holes: ReadonlyMap<Source, Storage>): Map<Node, Storage> {
    const results = new Map<Node, Storage>();
    const bufferOf = (s: Source): Buffer => {
      if (s instanceof Storage) return s.buffer;
      return (holes.get(s) ?? results.get(s) ?? this.slotOf.get(s)!.storage!).buffer;
    };
    for (const { program, inputs, out } of this.steps) {
      const slot = this.slotOf.get(out);
      let storage = slot?.storage;
      if (!storage) {
        storage = allocateStorage(this.backend, sizeOf(out.spec.shape), out.spec.dtype);
        if (slot) slot.storage = storage;
        else results.set(out, storage);
      }
      program.run(inputs.map(bufferOf), storage.buffer, []);
    }
    return results;
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
  }
}
