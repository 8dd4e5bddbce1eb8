// Hashing: categories as the bins of a hash function.
import * as core from '@nn/core';
import { isInferring } from '../../graph/node.js';
import type { Config } from '../../object.js';
import { apply, type Tensor } from '../../tensor/tensor.js';
import { Layer, type LayerOptions } from '../layer.js';
import { encode, modeOf, type OutputMode } from './encoding.js';
import { farmHash64, sipHash64 } from './stable-hash.js';

export interface HashingOptions extends LayerOptions {
  /** What goes into bin 0, which nothing else does then. */
  maskValue?: number | null;
  /** One or two numbers; hashes with SipHash64 instead of FarmHash64. */
  salt?: number | readonly [number, number] | null;
  /** 'int' (the default), 'one_hot', 'multi_hot' or 'count'. */
  outputMode?: string;
}
export interface Hashing {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * Integers in the bins that their decimal text hashes to: the bins of Keras. It reads the values, so it does not run inside tf.function.
 *
 * @example
 * new tf.keras.layers.Hashing(3)(tf.constant([[1], [2]], { dtype: 'int32' })).shape // => [2, 1]
 */
export class Hashing extends Layer {
  static override readonly className = 'Hashing';
  static override readonly positional: readonly string[] = ['num_bins'];
  readonly numBins: number;
  readonly maskValue: number | null;
  readonly salt: readonly [number, number] | null;
  readonly outputMode: OutputMode;
  private readonly policy: string;
  constructor(numBins: number, o: HashingOptions = {}) {
    const { dtype, ...rest } = o;
    super({ ...rest, ...(o.outputMode && o.outputMode !== 'int' && { dtype }) });
    if (!(numBins > 0)) {
      throw new core.ValueError(
        `The \`num_bins\` for \`Hashing\` cannot be \`None\` or non-positive values. Received: num_bins=${numBins}.`,
      );
    }
    this.numBins = numBins;
    this.maskValue = o.maskValue ?? null;
    this.salt = typeof o.salt === 'number' ? [o.salt, o.salt] : (o.salt ?? null);
    this.outputMode = modeOf(this.name, o.outputMode, 'int');
    this.policy = this.outputMode === 'int' ? 'int64' : this.dtype;
    this.built = true;
  }
  override call(inputs: Tensor): Tensor {
    const one = this.outputMode === 'one_hot' && inputs.shape.at(-1) === 1;
    return apply(this.className, [inputs], (given) => {
      const x = one ? core.squeeze(given, given.ndim - 1) : given;
      // the shape of the result does not depend on the values
      const bins = isInferring()
        ? core.zeros(x.shape, 'i32')
        : core.tensor(
            Int32Array.from(core.dataSync(x), (v) => this.binOf(v)),
            { shape: x.shape },
          );
      return encode(bins, this.outputMode, this.numBins);
    });
  }
  private binOf(value: number): number {
    const masks = this.maskValue !== null && this.numBins > 1;
    if (masks && value === this.maskValue) return 0;
    const text = new TextEncoder().encode(String(Math.trunc(value)));
    const hash = this.salt ? sipHash64(text, this.salt) : farmHash64(text);
    return masks ? Number(hash % BigInt(this.numBins - 1)) + 1 : Number(hash % BigInt(this.numBins));
  }
  override getConfig(): Config {
    const config = super.getConfig();
    return {
      ...config,
      dtype: { ...(config['dtype'] as Config), config: { name: this.policy } },
      num_bins: this.numBins,
      salt: this.salt && [...this.salt],
      mask_value: this.maskValue,
      output_mode: this.outputMode,
      sparse: false,
    };
  }
}
