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
    title: 'MLP 64-128-64-10',
    torchShape: [64],
    kerasShape: [64],
    epochs: 30,
    learningRate: 0.05,
    build: () =>
      new nn.Sequential(
        new nn.Linear(64, 128),
        new nn.ReLU(),
        new nn.Linear(128, 64),
        new nn.ReLU(),
        new nn.Linear(64, 10),
      ),
  },
  cnn: {
    title: 'CNN 8 and 16 channels',
    torchShape: [1, 8, 8],
    kerasShape: [8, 8, 1],
    epochs: 20,
    learningRate: 0.05,
    build: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 8, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(8, 16, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(16 * 2 * 2, 10),
      ),
  },
};
export const batchSize = 32;
export const momentum = 0.9;
