// A composite layer in each style, and the rule that ports it: a scaled Gudermannian, y = scale * gd(x).
import { lift as liftKeras, tf, type Shape, type Tensor as KerasTensor, type Variable } from '@nn/keras';
import { definePort } from '@nn/port';
import * as torch from '@nn/torch';
import { lift as liftTorch, nn, type Tensor } from '@nn/torch';
import { gudermannian } from './gudermannian.js';

const torchGd = liftTorch(gudermannian);
const kerasGd = liftKeras('Gudermannian', gudermannian);

export class Angle extends nn.Module {
  scale: nn.Parameter;
  constructor(readonly features: number) {
    super();
    this.scale = new nn.Parameter(torch.ones([features]));
  }
  forward(x: Tensor): Tensor {
    return torchGd(x).mul(this.scale);
  }
}

export class AngleLayer extends tf.keras.layers.Layer {
  scale!: Variable;
  override build(inputShape: Shape) {
    this.scale = this.addWeight({ name: 'scale', shape: [inputShape.at(-1)!], initializer: 'ones' });
  }
  override call(inputs: KerasTensor): KerasTensor {
    return kerasGd(inputs).mul(this.scale);
  }
}

definePort(Angle, AngleLayer, {
  toKeras: () => new AngleLayer(),
  toTorch: (_layer, { inputShape }) => new Angle(inputShape.at(-1)!),
  weights: { scale: 'scale' },
});
