// The backward pass of a compiled function, captured beside its forward pass: what it needs of the forward values is kept from call to call.
import type { Backend } from '../backend/index.js';
import { allocate, GradError, sizeOf } from '../base/index.js';
import { allocateStorage, own, releaseStorage, upload } from './memory.js';
import { Plan } from './plan.js';
import { order, schedule } from './schedule.js';
import { isGradEnabled, placeholder, withTrace, type Trace } from './state.js';
import { Storage, Tensor, type Node, type Source } from './tensor.js';

/** Gradients of outputs by leaves, given cotangents: what floor 5 hands down. */
export type Differentiate = (
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  leaves: readonly Tensor[],
) => readonly (Tensor | null)[];

export interface Backward {
  /** Values of the forward pass that the backward pass reads. */
  readonly residuals: readonly Node[];
  /** The cotangents of the leaves; `kept` are the residuals' memory. */
  run(kept: ReadonlyMap<Source, Storage>, cotangents: readonly (Tensor | null)[]): (Tensor | null)[];
  release(): void;
}

const nodeOf = (t: Tensor): Node | null => (t.literal === null && !t.storage ? t.node : null);

/** Captures the gradients of `outputs` by `leaves`. */
export function captureBackward(
  trace: Trace,
  backend: Backend,
  outputs: readonly Tensor[],
  leaves: readonly Tensor[],
  differentiate: Differentiate,
): Backward {
  const cotangents = outputs.map((t) => placeholder(t.spec));
  const grads = withTrace(trace, () => differentiate(outputs, cotangents, leaves));
  const roots = grads.flatMap((g) => (g && nodeOf(g) ? [nodeOf(g)!] : []));
  const depends = new Set<Node>(cotangents.map((t) => t.node!));
  const residuals = new Set<Node>();
  for (const node of order(roots, new Set())) {
    const inputs = node.inputs.flatMap((t) => nodeOf(t) ?? []);
    if (!inputs.some((n) => depends.has(n))) continue;
    depends.add(node);
    for (const n of inputs) if (!depends.has(n)) residuals.add(n);
  }
  for (const n of roots) if (!depends.has(n)) residuals.add(n);
  const computed = roots.filter((n) => n.prim && !residuals.has(n));
  const { steps, resolve } = schedule(backend, computed, residuals);
  const results = [...new Set(computed.map((n) => resolve(n) as Node))];
  const plan = new Plan(backend, steps, new Set(results));
  const bind = (s: Source, storage: Storage): void => {
    const place = plan.placeOf(s);
    if (place !== undefined) plan.bind(place, storage.buffer);
  };
  const constants = [...new Set(steps.flatMap((step) => step.inputs))].flatMap((s) => (s instanceof Storage ? s : []));
  for (const s of constants) s.references++;
  return {
    residuals: [...residuals],
    release() {
      plan.release();
      for (const s of constants) releaseStorage(s);
    },
    run(kept, given) {
      if (isGradEnabled()) {
        throw new GradError(
          'second derivatives do not flow through a compiled function. Take the first gradients inside of it',
        );
      }
      const zeros = cotangents.map((hole, k) => {
        const g = given[k];
        const constant = g?.storage
          ? null
          : upload(backend, allocate(hole.dtype, hole.size).fill(g?.literal ?? 0), hole.dtype, hole.shape);
        bind(hole.node!, (g?.storage ?? constant?.storage)!);
        return constant;
      });
      for (const [n, storage] of kept) bind(n, storage);
      const made = results.map(({ spec }) => allocateStorage(backend, sizeOf(spec.shape), spec.dtype));
      results.forEach((n, k) => bind(n, made[k]!));
      plan.run();
      const out = grads.map((g) => {
        const node = g && nodeOf(g);
        if (!g || !node) return g;
        const source = resolve(node);
        const cotangent = cotangents.findIndex((t) => t.node === source);
        const storage =
          made[results.indexOf(source as Node)] ??
          kept.get(source) ??
          (given[cotangent]?.storage ?? zeros[cotangent]?.storage)!;
        storage.references++;
        return own(new Tensor(g.spec, backend, { storage }));
      });
      for (const s of made) releaseStorage(s);
      for (const z of zeros) z?.dispose();
      return out;
    },
  };
}
