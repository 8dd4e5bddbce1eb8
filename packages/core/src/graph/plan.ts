// A buffer plan: the memory of a compiled function, laid out once by the lifetimes of its values, and the replay of its steps.
import type { Backend, Buffer, Sequence } from '../backend/index.js';
import { dtypes, sizeOf, type DType } from '../base/index.js';
import { forgetExpressions } from '../kernel/index.js';
import { allocateStorage, releaseStorage } from './memory.js';
import type { Step } from './schedule.js';
import { Storage, type Node, type Source } from './tensor.js';

/** Values that share memory one after another, the later ones in place of the earlier: from the first's step to the last read. */
interface Life {
  readonly values: Node[];
  readonly size: number;
  readonly dtype: DType;
  readonly from: number;
  to: number;
}
/** The lives of the values that steps hand to one another. */
function livesOf(steps: readonly Step[], leaving: ReadonlySet<Node>): Life[] {
  const lastUse = new Map<Source, number>();
  steps.forEach((step, k) => {
    for (const s of step.inputs) lastUse.set(s, k);
  });
  const lifeOf = new Map<Source, Life>();
  const all: Life[] = [];
  steps.forEach(({ kernel, inputs, outs }, k) => {
    const taken = new Set<Life>();
    outs.forEach((out, n) => {
      if (leaving.has(out)) return;
      const to = lastUse.get(out) ?? k;
      const replaces = kernel.form === 'rows' ? kernel.outputs[n]!.replaces : [];
      const dying = replaces.map((j) => lifeOf.get(inputs[j]!)).find((life) => life?.to === k && !taken.has(life));
      if (dying) {
        dying.values.push(out);
        dying.to = to;
        taken.add(dying);
        lifeOf.set(out, dying);
        return;
      }
      const { dtype, shape } = out.spec;
      const life: Life = { values: [out], size: sizeOf(shape), dtype, from: k, to };
      all.push(life);
      lifeOf.set(out, life);
      taken.add(life);
    });
  });
  return all;
}
/** Memory that the plan holds between runs, for lives that do not overlap. */
interface Slot {
  readonly size: number;
  readonly dtype: DType;
  readonly lives: Life[];
  storage: Storage | null;
}
/** Slots for all lives, the large ones first: so each slot is as large as its first life, and the total is near the most that is alive at once. */
function slotsFor(lives: readonly Life[]): Slot[] {
  const slots: Slot[] = [];
  for (const life of [...lives].sort((a, b) => b.size - a.size)) {
    // The smallest that is free comes last.
    const slot = slots.findLast(
      ({ dtype, lives: others }) =>
        dtype === life.dtype && others.every((other) => other.to < life.from || life.to < other.from),
    );
    if (slot) slot.lives.push(life);
    else slots.push({ size: life.size, dtype: life.dtype, lives: [life], storage: null });
  }
  return slots;
}

/** The steps of a compiled function with the places of their values. */
export class Plan {
  readonly steps: readonly Step[];
  /** Memory by place: what the plan holds between runs, and what `bind` has put there for the next run. */
  private readonly table: Buffer[] = [];
  private readonly places = new Map<Source, number>();
  /** The slots' places are the first ones. */
  private readonly slots: readonly Slot[];
  private readonly sequence: Sequence;
  private ready = false;

  /** @param leaving  values that leave the plan: their memory is bound at each run */
  constructor(
    private readonly backend: Backend,
    steps: readonly Step[],
    leaving: ReadonlySet<Node>,
  ) {
    this.steps = steps;
    this.slots = slotsFor(livesOf(steps, leaving));
    this.slots.forEach(({ lives }, place) => {
      for (const life of lives) for (const value of life.values) this.places.set(value, place);
    });
    let count = this.slots.length;
    for (const { inputs, outs } of steps)
      for (const s of [...inputs, ...outs]) if (!this.places.has(s)) this.places.set(s, count++);
    for (const [s, place] of this.places) if (s instanceof Storage) this.table[place] = s.buffer;
    const placeOf = (s: Source): number => this.places.get(s)!;
    this.sequence = backend.sequence(
      steps.map(({ kernel, inputs, outs }) => ({ kernel, inputs: inputs.map(placeOf), outputs: outs.map(placeOf) })),
    );
    forgetExpressions();
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
    if (!this.ready) this.prepare();
    this.sequence.run(this.table);
  }
  private prepare(): void {
    try {
      this.slots.forEach((slot, place) => {
        slot.storage = allocateStorage(this.backend, slot.size, slot.dtype);
        this.table[place] = slot.storage.buffer;
      });
    } catch (error) {
      this.giveBack();
      throw error;
    }
    this.ready = true;
  }
  private giveBack(): void {
    for (const slot of this.slots) {
      if (slot.storage) releaseStorage(slot.storage);
      slot.storage = null;
    }
    this.ready = false;
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
  /** Their bytes. */
  get heldBytes(): number {
    return this.slots.reduce((n, { size, dtype }) => n + size * dtypes[dtype].bytes, 0);
  }
  /** Gives those buffers back. */
  release(): void {
    this.giveBack();
    this.sequence.release?.();
  }
}
