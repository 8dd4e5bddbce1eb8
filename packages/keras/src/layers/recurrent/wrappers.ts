// Layers around another layer: Bidirectional, TimeDistributed.
import * as core from '@nn/core';
import { isInferring } from '../../graph/node.js';
import { construct, nested, type Config, type Constructible, type Resolve } from '../../object.js';
import { formatShape } from '../../tensor/format.js';
import { apply, Tensor, type Shape } from '../../tensor/tensor.js';
import { flattenTree, type Nested } from '../../tensor/tree.js';
import { cloneLayer } from '../clone.js';
import { askedOptions } from '../call-arguments.js';
import { callTraining, Layer, type CallOptions, type ConfigKey, type LayerOptions, type Open } from '../layer.js';
import { RNN, type RNNCallOptions } from './rnn.js';

export interface Wrapper {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** A layer around one other layer. */
export class Wrapper extends Layer {
  static override readonly className: string = 'Wrapper';
  static override readonly positional: readonly string[] = ['layer'];
  static override get configKeys(): readonly ConfigKey[] {
    return ['layer'];
  }
  readonly layer: Layer;
  constructor(layer: Layer, o: LayerOptions = {}) {
    if (!(layer instanceof Layer))
      throw new core.ValueError(
        `Layer ${String(layer)} supplied to Wrapper isn't a supported layer type. Please ensure wrapped layer is a valid Keras layer.`,
      );
    super(o);
    this.layer = layer;
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config, resolve?: Resolve): T {
    return construct(this, { ...config, layer: nested(resolve, config['layer']) });
  }
  override build(inputShape: Shape, ..._more: Open[]): void {
    if (!this.layer.built) this.layer.build(inputShape);
  }
}

const mergeModes = ['sum', 'mul', 'ave', 'concat', null] as const;
export type MergeMode = (typeof mergeModes)[number];
type Run = (x: Tensor, o: object) => Tensor | Tensor[];
const merges: Readonly<Record<Exclude<MergeMode, null>, (a: Tensor, b: Tensor) => Tensor>> = {
  concat: (a, b) => apply('Concatenate', [a, b], (x, y) => core.concat([x, y], -1)),
  sum: (a, b) => a.add(b),
  ave: (a, b) => a.add(b).div(2),
  mul: (a, b) => a.mul(b),
};

export interface Bidirectional {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Runs a recurrent layer forwards and a copy of it backwards, and merges the outputs.
 *
 * @example
 * new tf.keras.layers.Bidirectional(new tf.keras.layers.LSTM(4))(tf.ones([2, 5, 3])).shape // => [2, 8]
 */
export class Bidirectional extends Layer {
  static override readonly className = 'Bidirectional';
  static override readonly positional: readonly string[] = ['layer'];
  readonly forwardLayer: RNN;
  readonly backwardLayer: RNN;
  readonly mergeMode: MergeMode;

  constructor(layer: RNN, o: LayerOptions & { mergeMode?: MergeMode; backwardLayer?: RNN | null } = {}) {
    if (!(layer instanceof RNN))
      throw new core.ValueError(
        `Please initialize \`Bidirectional\` layer with a \`keras.layers.RNN\` instance (LSTM, GRU, SimpleRNN, RNN). Received: ${String(layer)}`,
      );
    super(o);
    this.mergeMode = o.mergeMode === undefined ? 'concat' : o.mergeMode;
    if (!mergeModes.includes(this.mergeMode))
      throw new core.ValueError(
        `Invalid merge mode. Received: ${String(this.mergeMode)}. Merge mode should be one of {"sum", "mul", "ave", "concat", null}`,
      );
    const named = (prefix: string): string =>
      `${prefix}_${layer.name.startsWith(`${prefix}_`) ? layer.name.slice(prefix.length + 1) : layer.name}`;
    this.forwardLayer = cloneLayer(layer, { name: named('forward') });
    this.backwardLayer = o.backwardLayer ?? cloneLayer(layer, { name: named('backward'), go_backwards: true });
    const [forward, backward] = [this.forwardLayer, this.backwardLayer];
    if (forward.goBackwards === backward.goBackwards) {
      throw new core.ValueError(
        `Forward layer and backward layer should have different \`goBackwards\` value. Received: forwardLayer.goBackwards ${forward.goBackwards}, backwardLayer.goBackwards=${backward.goBackwards}`,
      );
    }
    for (const key of ['stateful', 'returnSequences', 'returnState'] as const) {
      if (forward[key] !== backward[key])
        throw new core.ValueError(
          `Forward layer and backward layer are expected to have the same value for attribute "${key}", got "${forward[key]}" for forward layer and "${backward[key]}" for backward layer`,
        );
    }
    for (const l of [forward, backward]) l.zeroOutputForMask = l.returnSequences;
    this.supportsMasking = true;
    this.inputSpec = layer.inputSpec;
  }
  static override fromConfig<T>(this: Constructible<T>, config: Config, resolve?: Resolve): T {
    return construct(this, {
      ...config,
      layer: nested(resolve, config['layer']),
      backward_layer: nested(resolve, config['backward_layer'] ?? null),
    });
  }
  get returnSequences(): boolean {
    return this.forwardLayer.returnSequences;
  }
  get returnState(): boolean {
    return this.forwardLayer.returnState;
  }
  override build(inputShape: Shape, ..._more: Open[]): void {
    for (const l of [this.forwardLayer, this.backwardLayer]) if (!l.built) l.build(inputShape);
  }
  override call(sequences: Tensor, o: RNNCallOptions = {}): Open {
    const passed = { training: callTraining(o), ...(o.mask && { mask: o.mask }) };
    const initial = o.initialState as readonly Nested<Tensor>[] | undefined | null;
    const half = (initial?.length ?? 0) / 2;
    const run = (layer: RNN, states?: readonly Nested<Tensor>[]): Tensor[] => {
      const y = (layer as unknown as Run)(sequences, states ? { ...passed, initialState: states } : passed);
      return Array.isArray(y) ? y : [y];
    };
    const [forward, ...forwardStates] = run(this.forwardLayer, initial?.slice(0, half)) as [Tensor, ...Tensor[]];
    const [raw, ...backwardStates] = run(this.backwardLayer, initial?.slice(half)) as [Tensor, ...Tensor[]];
    const backward = this.returnSequences ? apply('Flip', [raw], (x) => core.flip(x, 1)) : raw;
    const states = [...forwardStates, ...backwardStates];
    if (this.mergeMode === null) return [forward, backward, ...states];
    const merged = merges[this.mergeMode](forward, backward);
    return this.returnState ? [merged, ...states] : merged;
  }
  override computeMask(_inputs: unknown, mask: Nested<Tensor | null> | null): Nested<Tensor | null> | null {
    const first = (flattenTree(mask)[0] as Tensor | null) ?? null;
    const output: (Tensor | null)[] = this.mergeMode === null ? [first, first] : [first];
    const shown = this.returnSequences ? output : output.map(() => null);
    if (this.returnState) return [...shown, ...this.forwardLayer.stateSize.flatMap(() => [null, null])];
    return this.mergeMode === null ? shown : shown[0]!;
  }
  resetState(): void {
    this.forwardLayer.resetState();
    this.backwardLayer.resetState();
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      merge_mode: this.mergeMode,
      layer: this.forwardLayer.serialize(),
      backward_layer: this.backwardLayer.serialize(),
    };
  }
}

export interface TimeDistributed {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Applies a layer to every step of [batch, steps, ...].
 *
 * @example
 * new tf.keras.layers.TimeDistributed(new tf.keras.layers.Dense(4))(tf.ones([2, 5, 3])).shape // => [2, 5, 4]
 */
export class TimeDistributed extends Wrapper {
  static override readonly className = 'TimeDistributed';
  constructor(layer: Layer, o: LayerOptions = {}) {
    super(layer, o);
    this.supportsMasking = true;
  }
  override build(inputShape: Shape): void {
    if (inputShape.length < 3)
      throw new core.ValueError(
        `\`TimeDistributed\` Layer should be passed an \`inputShape\` with at least 3 dimensions, received: ${formatShape(inputShape)}`,
      );
    super.build([inputShape[0]!, ...inputShape.slice(2)]);
  }
  override call(inputs: Tensor, o: CallOptions = {}): Tensor {
    const mask = (flattenTree(o.mask ?? null)[0] as Tensor | null) ?? null;
    if (mask && (mask.ndim < 2 || mask.shape[0] !== inputs.shape[0] || mask.shape[1] !== inputs.shape[1])) {
      throw new core.ValueError(
        `The \`mask\` passed to the \`TimeDistributed\` layer has a shape ${formatShape(mask.shape)} that is incompatible with the input shape ${formatShape(inputs.shape)}. The first two dimensions of the mask (batch size and timesteps) must match the input's first two dimensions. Expected mask shape prefix: ${formatShape(inputs.shape.slice(0, 2))}.`,
      );
    }
    const length = inputs.shape[1]!;
    const asks = askedOptions(this.layer.call);
    const at = (x: Tensor, t: number): Tensor => apply('Step', [x], (v) => core.select(v, 1, t));
    const one = (t: number): core.Tensor => {
      const options = {
        ...(asks.mask && mask && { mask: at(mask, t) }),
        ...(asks.training && { training: callTraining(o) }),
      };
      const y: unknown = Object.keys(options).length
        ? this.layer.call(at(inputs, t), options)
        : this.layer.call(at(inputs, t));
      if (!(y instanceof Tensor))
        throw new core.ValueError(`TimeDistributed: layer '${this.layer.name}' must return one tensor`);
      return y.read();
    };
    if (isInferring()) {
      const first = one(0);
      return new Tensor(core.expand(core.unsqueeze(first, 1), [first.shape[0]!, length, ...first.shape.slice(1)]));
    }
    return new Tensor(
      core.stack(
        Array.from({ length }, (_, t) => one(t)),
        1,
      ),
    );
  }
}
