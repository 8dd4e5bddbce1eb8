// The two networks of the demo, with the input that each style expects.
import { nn } from '@nn/torch';
import type { ModelName } from './options.js';

export interface Network {
  readonly title: string;
  /** One sample, in PyTorch's order (channels first) and in Keras's (channels last). */
  readonly torchShape: readonly number[];
  readonly kerasShape: readonly number[];
  readonly epochs: number;
  readonly learningRate: number;
  build(): nn.Sequential;
}

export const networks: Readonly<Record<ModelName, Network>> = {
  mlp: {
    title: 'MLP, 64 - 128 - 10',
    torchShape: [64],
    kerasShape: [64],
    epochs: 15,
    learningRate: 0.1,
    build: () => new nn.Sequential(new nn.Linear(64, 128), new nn.ReLU(), new nn.Linear(128, 10)),
  },
  cnn: {
    title: 'CNN, 16 and 32 channels',
    torchShape: [1, 8, 8],
    kerasShape: [8, 8, 1],
    epochs: 8,
    learningRate: 0.05,
    build: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 16, 3),
        new nn.ReLU(),
        new nn.Conv2d(16, 32, 3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(2 * 2 * 32, 10),
      ),
  },
};

export const batchSize = 32;
/** SGD with momentum is the same formula in both frameworks, as long as the rate stands still; Adam's epsilon is not at the same place. */
export const momentum = 0.9;

/** How many parameters a network has. */
export const parameterCount = (model: nn.Module): number =>
  [...model.parameters()].reduce((sum, p) => sum + p.shape.reduce((a, b) => a * b, 1), 0);
