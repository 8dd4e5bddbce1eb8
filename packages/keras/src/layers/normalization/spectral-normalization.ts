// SpectralNormalization: divides the kernel of a layer by its largest singular value.
import * as core from '@nn/core';
import { TruncatedNormal } from '../../initializers/index.js';
import { applyMany, type Shape, type Tensor } from '../../tensor/tensor.js';
import { Variable } from '../../tensor/variable.js';
import { InputSpec } from '../input-spec.js';
import { callTraining, type CallOptions, type ConfigKey, type Layer, type LayerOptions } from '../layer.js';
import { Wrapper } from '../recurrent/wrappers.js';

export interface SpectralNormalization {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/**
 * In training, writes `kernel / sigma` into the wrapped layer before each call, sigma from `powerIterations` steps of power iteration
 * that go on from the last batch.
 */
export class SpectralNormalization extends Wrapper {
  static override readonly className = 'SpectralNormalization';
  static override get configKeys(): readonly ConfigKey[] {
    return ['layer', 'power_iterations'];
  }
  readonly powerIterations: number;
  /** The weight of the wrapped layer that is normalized. */
  kernel!: Variable;
  vectorU!: Variable;
  constructor(layer: Layer, o: LayerOptions & { powerIterations?: number } = {}) {
    super(layer, o);
    this.powerIterations = o.powerIterations ?? 1;
    if (this.powerIterations <= 0)
      throw new core.ValueError(
        `\`power_iterations\` should be greater than zero. Received: \`power_iterations=${this.powerIterations}\``,
      );
  }
  override build(inputShape: Shape): void {
    super.build(inputShape);
    this.inputSpec = new InputSpec({ minNdim: 1, axes: { [-1]: inputShape.at(-1)! } });
    const { kernel, embeddings } = this.layer as unknown as { kernel?: unknown; embeddings?: unknown };
    const found = kernel ?? embeddings;
    if (!(found instanceof Variable))
      throw new core.ValueError(`${this.layer.className} object has no attribute 'kernel' nor 'embeddings'`);
    this.kernel = found;
    this.vectorU = this.addWeight({
      name: 'vector_u',
      shape: [1, this.kernel.shape.at(-1)!],
      initializer: new TruncatedNormal({ stddev: 0.02 }),
      trainable: false,
    });
  }
  override call(inputs: Tensor, o: CallOptions = {}): Tensor {
    if (callTraining(o)) {
      const [u, kernel] = applyMany('SpectralNormalization', [this.vectorU, this.kernel], (u0, k) => {
        const weights = core.reshape(k, [-1, k.shape.at(-1)!]);
        const unit = (x: core.Tensor): core.Tensor => core.l2Normalize(x, undefined, { eps: 1e-7 });
        let next = u0;
        let v = next;
        for (let i = 0; i < this.powerIterations; i++) {
          v = unit(core.matmul(next, core.transpose(weights)));
          next = unit(core.matmul(v, weights));
        }
        const sigma = core.matmul(core.matmul(v, weights), core.transpose(next));
        const dead = core.all(core.equal(k, 0));
        return [core.where(dead, u0, next), core.where(dead, k, core.div(k, core.reshape(sigma, [])))];
      }) as [Tensor, Tensor];
      this.vectorU.assign(u);
      this.kernel.assign(kernel);
    }
    return (this.layer as unknown as (x: Tensor) => Tensor)(inputs);
  }
}
