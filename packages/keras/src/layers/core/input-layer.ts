// Input: where a functional model begins.
import { ValueError } from '@nn/core';
import { KerasTensor, Node } from '../../graph/node.js';
import { coreDType, dtypeName, type DTypeName } from '../../tensor/dtype.js';
import { formatShape } from '../../tensor/format.js';
import type { Shape, Tensor } from '../../tensor/tensor.js';
import { autoName } from '../../naming.js';
import type { Config } from '../../object.js';
import { Layer } from '../layer.js';

export interface InputOptions {
  /** Without the batch axis; null for an unknown size. */
  shape?: Shape;
  /** Default unknown. */
  batchSize?: number | null;
  /** With the batch axis, instead of `shape`. */
  batchShape?: Shape;
  /** Default 'float32'. */
  dtype?: string;
  name?: string | null;
  optional?: boolean;
}
export interface InputLayer {
  (...args: Parameters<this['call']>): ReturnType<this['call']>;
}
/** The layer behind `Input`. */
export class InputLayer extends Layer {
  static override readonly className = 'InputLayer';
  readonly batchShape: Shape;
  readonly inputDtype: DTypeName;
  readonly optional: boolean;
  constructor(o: InputOptions = {}) {
    super({ name: o.name ?? autoName('input_layer') });
    if (o.shape && o.batchShape)
      throw new ValueError('You cannot pass both `shape` and `batchShape` at the same time.');
    if (!o.shape && !o.batchShape) throw new ValueError('You must pass a `shape` argument.');
    this.batchShape = o.batchShape ?? [o.batchSize ?? null, ...o.shape!];
    for (const d of this.batchShape) {
      if (d !== null && (!Number.isInteger(d) || d < 0))
        throw new ValueError(
          `Cannot convert '${formatShape(this.batchShape)}' to a shape. Sizes are integers of 0 or more, or null. Received: ${String(d)}`,
        );
    }
    this.inputDtype = dtypeName(coreDType('Input', o.dtype ?? 'float32'));
    this.optional = o.optional ?? false;
    this.built = true;
    this.supportsMasking = true;
    new Node(this, [], new KerasTensor(this.batchShape, this.inputDtype, o.name ?? undefined));
  }
  override call(inputs: Tensor): Tensor {
    return inputs;
  }
  override getConfig(): Config {
    return {
      batch_shape: [...this.batchShape],
      dtype: this.inputDtype,
      sparse: false,
      ragged: false,
      name: this.name,
      optional: this.optional,
    };
  }
}

/**
 * A symbolic tensor: layers called on it record a graph, from which `Model({ inputs, outputs })` is made.
 *
 * @example
 * tf.keras.Input({ shape: [10] }).shape // => [null, 10]
 */
export const Input = (o: InputOptions): Tensor => new InputLayer(o).output as Tensor;
