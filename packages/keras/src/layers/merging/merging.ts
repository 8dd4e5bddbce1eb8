// Layers with several inputs: Add, Subtract, Multiply, Average, Maximum, Minimum, Concatenate, Dot.
import * as core from '@nn/core';
import { formatShape } from '../../tensor/format.js';
import { apply, type Shape, type Tensor } from '../../tensor/tensor.js';
import type { Nested } from '../../tensor/tree.js';
import { Layer, type ConfigKey, type LayerOptions, type Open } from '../layer.js';

/** Merges a list of tensors elementwise; shapes broadcast, missing axes come after the batch axis. */
export abstract class BaseMerge extends Layer {
  constructor(o: LayerOptions) {
    super(o);
    this.supportsMasking = true;
  }
  protected abstract merge(xs: readonly core.Tensor[]): core.Tensor;
  override build(inputShape: Open): void {
    const shapes = inputShape as readonly Shape[];
    if (!Array.isArray(shapes[0]))
      throw new core.ValueError(
        `A merge layer should be called on a list of inputs. Received: inputShape=${formatShape(inputShape as Shape)} (not a list of shapes)`,
      );
    if (shapes.length < 1)
      throw new core.ValueError(
        `A merge layer should be called on a list of at least 1 input. Received ${shapes.length} inputs. Full inputShape received: []`,
      );
    const batches = new Set(shapes.map((s) => s[0]).filter((n) => n !== null));
    if (batches.size > 1)
      throw new core.ValueError(
        `Cannot merge tensors with different batch sizes. Received tensors with shapes [${shapes.map(formatShape).join(', ')}]`,
      );
  }
  override call(inputs: readonly Tensor[]): Tensor {
    if (!Array.isArray(inputs))
      throw new core.ValueError(
        `A merge layer should be called on a list of inputs. Received: inputs=${String(inputs)} (not a list of tensors)`,
      );
    return apply(this.className, inputs, (...xs) => {
      const rank = Math.max(...xs.map((x) => x.ndim));
      const wide = xs.map((x) => {
        let y = x;
        while (y.ndim < rank) y = core.unsqueeze(y, 1);
        return y;
      });
      return this.merge(wide);
    });
  }
  /** A step counts where some input has it. */
  override computeMask(inputs: unknown, mask: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    if (!Array.isArray(inputs) || !Array.isArray(mask)) return null;
    const masks = mask as readonly (Tensor | null)[];
    if (masks.every((m) => m === null) || masks.some((m) => m === null)) return null;
    return (masks as readonly Tensor[]).reduce((a, b) => a.logicalOr(b));
  }
}
const fold = (xs: readonly core.Tensor[], f: (a: core.Tensor, b: core.Tensor) => core.Tensor): core.Tensor =>
  xs.reduce(f);

export interface Add {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The sum of its inputs. */
export class Add extends BaseMerge {
  static override readonly className = 'Add';
  constructor(o: LayerOptions = {}) {
    super(o);
  }
  protected override merge(xs: readonly core.Tensor[]): core.Tensor {
    return fold(xs, core.add);
  }
}
export interface Subtract {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The first input less the second. */
export class Subtract extends BaseMerge {
  static override readonly className = 'Subtract';
  constructor(o: LayerOptions = {}) {
    super(o);
  }
  protected override merge(xs: readonly core.Tensor[]): core.Tensor {
    if (xs.length !== 2)
      throw new core.ValueError(
        `A \`Subtract\` layer should be called on exactly 2 inputs. Received: ${xs.length} inputs`,
      );
    return core.sub(xs[0]!, xs[1]!);
  }
}
export interface Multiply {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The product of its inputs. */
export class Multiply extends BaseMerge {
  static override readonly className = 'Multiply';
  constructor(o: LayerOptions = {}) {
    super(o);
  }
  protected override merge(xs: readonly core.Tensor[]): core.Tensor {
    return fold(xs, core.mul);
  }
}
export interface Average {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The mean of its inputs. */
export class Average extends BaseMerge {
  static override readonly className = 'Average';
  constructor(o: LayerOptions = {}) {
    super(o);
  }
  protected override merge(xs: readonly core.Tensor[]): core.Tensor {
    return core.div(fold(xs, core.add), xs.length);
  }
}
export interface Maximum {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The largest of its inputs, elementwise. */
export class Maximum extends BaseMerge {
  static override readonly className = 'Maximum';
  constructor(o: LayerOptions = {}) {
    super(o);
  }
  protected override merge(xs: readonly core.Tensor[]): core.Tensor {
    return fold(xs, core.maximum);
  }
}
export interface Minimum {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The smallest of its inputs, elementwise. */
export class Minimum extends BaseMerge {
  static override readonly className = 'Minimum';
  constructor(o: LayerOptions = {}) {
    super(o);
  }
  protected override merge(xs: readonly core.Tensor[]): core.Tensor {
    return fold(xs, core.minimum);
  }
}

export interface Concatenate {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Joins its inputs along `axis` (default -1).
 *
 * @example
 * new tf.keras.layers.Concatenate()([tf.ones([2, 3]), tf.ones([2, 1])]).shape // => [2, 4]
 */
export class Concatenate extends Layer {
  static override readonly className = 'Concatenate';
  static override get configKeys(): readonly ConfigKey[] {
    return ['axis'];
  }
  readonly axis: number;
  constructor(o: LayerOptions & { axis?: number } = {}) {
    super(o);
    this.axis = o.axis ?? -1;
    this.supportsMasking = true;
  }
  override build(inputShape: Open): void {
    const shapes = inputShape as readonly Shape[];
    if (!Array.isArray(shapes[0]))
      throw new core.ValueError(
        `A \`Concatenate\` layer should be called on a list of at least 1 input. Received: inputShape=${formatShape(inputShape as Shape)}`,
      );
    const rank = shapes[0].length;
    const joined = this.axis < 0 ? rank + this.axis : this.axis;
    const differ = shapes.some(
      (s) =>
        s.length !== rank ||
        s.some((d, i) => i !== joined && d !== null && shapes[0]![i] !== null && d !== shapes[0]![i]),
    );
    if (differ)
      throw new core.ValueError(
        `A \`Concatenate\` layer requires inputs with matching shapes except for the concatenation axis. Received: inputShape=[${shapes.map(formatShape).join(', ')}]`,
      );
  }
  override call(inputs: readonly Tensor[]): Tensor {
    return apply(this.className, inputs, (...xs) => core.concat(xs, this.axis));
  }
  override computeMask(inputs: unknown, mask: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    if (!Array.isArray(inputs) || !Array.isArray(mask) || mask.every((m) => m === null)) return null;
    const parts = (inputs as readonly Tensor[]).map((x, i): Tensor => {
      const m = (mask as readonly (Tensor | null)[])[i];
      return m
        ? apply('ExpandDims', [m], (t) => core.unsqueeze(t, -1))
        : apply('OnesLike', [x], (t) => core.onesLike(t, 'bool'));
    });
    const wide = apply('Concatenate', parts, (...ms) =>
      core.concat(
        ms.map((m, i) =>
          core.expand(m, [...(inputs as readonly Tensor[])[i]!.shape.slice(0, -1), m.shape.at(-1)!] as number[]),
        ),
        this.axis,
      ),
    );
    return apply('All', [wide], (t) => core.all(t, { axes: -1 }));
  }
}

export interface Dot {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Batched dot product of two inputs over one axis of each, with L2 normalization before if asked for.
 *
 * @param axes  one axis for both, or a pair
 */
export class Dot extends Layer {
  static override readonly className = 'Dot';
  static override readonly positional: readonly string[] = ['axes'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['axes', 'normalize'];
  }
  readonly axes: number | readonly number[];
  readonly normalize: boolean;
  constructor(axes: number | readonly number[], o: LayerOptions & { normalize?: boolean } = {}) {
    super(o);
    if (Array.isArray(axes) && axes.length !== 2)
      throw new core.ValueError(
        `Invalid format for \`axes\` - must contain two elements. Received: axes=[${axes.join(', ')}]`,
      );
    this.axes = axes;
    this.normalize = o.normalize ?? false;
    this.supportsMasking = true;
  }
  override call(inputs: readonly Tensor[]): Tensor {
    if (inputs.length !== 2)
      throw new core.ValueError(
        `A \`Dot\` layer should be called on exactly 2 inputs. Received: ${inputs.length} inputs`,
      );
    return apply(this.className, inputs, (...given) => {
      const [i, j] = (typeof this.axes === 'number' ? [this.axes, this.axes] : this.axes).map((a, k) =>
        core.normalizeAxis(`Layer '${this.name}'`, a, given[k]!.ndim),
      ) as [number, number];
      const [x, y] = this.normalize
        ? [core.l2Normalize(given[0]!, i, { eps: 1e-7 }), core.l2Normalize(given[1]!, j, { eps: 1e-7 })]
        : (given as [core.Tensor, core.Tensor]);
      if (x.shape[i] !== y.shape[j])
        throw new core.ValueError(
          `Incompatible input shapes: axis values ${x.shape[i]} (at axis ${i}) != ${y.shape[j]} (at axis ${j}). Full input shapes: ${formatShape(x.shape)}, ${formatShape(y.shape)}`,
        );
      const out = core.dot(x, y, { contract: [[i], [j]], batch: [[0], [0]] });
      return out.ndim === 1 ? core.unsqueeze(out, 1) : out;
    });
  }
  override computeMask(): null {
    return null;
  }
}
