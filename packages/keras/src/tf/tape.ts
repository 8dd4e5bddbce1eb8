// GradientTape: which variables and tensors a computation read, and gradients by them.
import * as core from '@nn/core';
import { asTensor, Tensor } from '../tensor/tensor.js';
import { flattenTree, packTree, type Nested } from '../tensor/tree.js';
import { onVariableRead, Variable } from '../tensor/variable.js';

export interface GradientTapeOptions {
  /** May be asked for gradients more than once; default false. */
  persistent?: boolean;
  /** Trainable variables that are read count by themselves; default true. */
  watchAccessedVariables?: boolean;
}
let recording = 0;
/** A place to differentiate by. */
export type Source = Tensor | Variable;

/**
 * Records a computation for gradients. Recording starts when the tape is made and ends with `gradient`, `stopRecording` or the end of `using`.
 *
 * @example
 * const x = new tf.Variable(3)
 * const tape = new tf.GradientTape()
 * const y = x.mul(x)
 * tape.gradient(y, x).itemSync() // => 6
 */
export class GradientTape {
  private readonly persistent: boolean;
  private readonly leaves = new Map<Variable, Set<core.Tensor>>();
  private readonly stop: () => void;
  private done = false;
  private used = false;
  private readonly wasEnabled: boolean;

  constructor(o: GradientTapeOptions = {}) {
    this.persistent = o.persistent ?? false;
    this.wasEnabled = core.setGradEnabled(true);
    recording++;
    this.stop =
      (o.watchAccessedVariables ?? true) ? onVariableRead((v, leaf) => this.note(v, leaf)) : (): void => undefined;
  }
  private note(v: Variable, leaf: core.Tensor): void {
    const seen = this.leaves.get(v) ?? this.leaves.set(v, new Set()).get(v)!;
    seen.add(leaf);
  }
  /** Also records what is computed from these tensors. */
  watch(...tensors: (Source | readonly Source[])[]): void {
    for (const t of (tensors as Source[][]).flat()) {
      if (t instanceof Variable) this.note(t, t.read());
      else {
        if (!core.isFloat(t.read().dtype))
          console.warn(`The dtype of the watched tensor must be floating (e.g. float32), got ${t.dtype}`);
        t.requireGrad();
      }
    }
  }
  /** Runs `f` on the tape and gives back its result. */
  record<R>(f: () => R): R {
    return f();
  }
  /** Ends the recording. */
  stopRecording(): void {
    if (this.done) return;
    this.done = true;
    recording--;
    this.stop();
    core.setGradEnabled(this.wasEnabled);
  }
  [Symbol.dispose](): void {
    this.stopRecording();
  }

  /**
   * The gradients of the target by the sources, in the structure of the sources; null where the target does not depend on one.
   *
   * @param unconnectedGradients  'none' (default): null, or 'zero'
   * @throws GradError  for a second call on a tape that is not persistent
   */
  gradient(target: Tensor | readonly Tensor[], sources: Source, o?: GradientOptions): Tensor | null;
  gradient(target: Tensor | readonly Tensor[], sources: readonly Source[], o?: GradientOptions): (Tensor | null)[];
  gradient(target: Tensor | readonly Tensor[], sources: Nested<Source>, o?: GradientOptions): Nested<Tensor | null>;
  gradient(
    target: Tensor | readonly Tensor[],
    sources: Nested<Source>,
    o: GradientOptions = {},
  ): Nested<Tensor | null> {
    if (this.used && !this.persistent)
      throw new core.GradError(
        'A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)',
      );
    this.used = true;
    if (!this.persistent) this.stopRecording();
    const ys = (flattenTree(target) as Tensor[]).map((t) => asTensor(t).read()).filter((t) => t.needsGrad);
    const list = flattenTree(sources) as Source[];
    const leaves = list.map((s) =>
      s instanceof Variable ? [...new Set([...(this.leaves.get(s) ?? []), s.read()])] : [s.read()],
    );
    const targets = [...new Set(leaves.flat())].filter((t) => t.needsGrad);
    const given = o.outputGradients
      ? (flattenTree(o.outputGradients) as Tensor[]).map((t) => t.read())
      : ys.map((y) => (y.size === 1 ? null : core.onesLike(core.detach(y))));
    const found =
      ys.length && targets.length
        ? core.gradients(ys, {
            targets,
            cotangents: given,
            retainGraph: this.persistent || recording > 0,
            createGraph: recording > 0,
          })
        : new Map<core.Tensor, core.Tensor>();
    return packTree(
      sources,
      leaves.map((places, k) => {
        const parts = places.flatMap((t) => found.get(t) ?? []);
        if (parts.length) return new Tensor(parts.reduce((a, b) => core.add(a, b)));
        return o.unconnectedGradients === 'zero' ? new Tensor(core.zerosLike(core.detach(list[k]!.read()))) : null;
      }),
    );
  }
}
export interface GradientOptions {
  /** Cotangents of the targets; ones by default. */
  outputGradients?: Tensor | readonly Tensor[];
  unconnectedGradients?: 'none' | 'zero';
}
