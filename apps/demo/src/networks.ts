// The two networks of the demo, with the input that each style expects.
import { nn } from '@nn/torch';
import type { ModelName } from './options.js';

export interface Network {
  readonly title: string;
  /** One sample, in PyTorch's order (channels first) and in Keras's (channels last). */
  readonly torchShape: readonly number[];
  readonly kerasShape: readonly number[];
  readonly epochs: number;
  /** The share of digits, none of them trained on, that it recognizes at the least. */
  readonly accuracy: number;
  build(): nn.Sequential;
}

/**
 * Smooth throughout. The styles sum in another order, so their numbers differ in the last digits; a kink (ReLU, the maximum of a
 * window) would now and then turn such a difference into another gradient.
 */
export const networks: Readonly<Record<ModelName, Network>> = {
  mlp: {
    title: 'MLP, 64 - 256 - 10',
    torchShape: [64],
    kerasShape: [64],
    epochs: 10,
    accuracy: 0.97,
    build: () => new nn.Sequential(new nn.Linear(64, 256), new nn.GELU(), new nn.Linear(256, 10)),
  },
  cnn: {
    title: 'CNN, 8 and 32 channels',
    torchShape: [1, 8, 8],
    kerasShape: [8, 8, 1],
    epochs: 4,
    accuracy: 0.98,
    build: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 8, 3, { padding: 1 }),
        new nn.GELU(),
        new nn.Conv2d(8, 32, 3, { stride: 2, padding: 1 }),
        new nn.GELU(),
        new nn.Flatten(),
        new nn.Linear(4 * 4 * 32, 10),
      ),
  },
};

/**
 * Plain SGD whose rate falls to 0 along half a cosine: the same formula in both frameworks, step by step. (Momentum is not, while the
 * rate changes; nor is Adam, whose epsilon stands at another place.)
 */
export const learningRate = 0.5;
export const batchSize = 32;
/** The steps of a training. */
export const stepsOf = (count: number, epochs: number): number => Math.ceil(count / batchSize) * epochs;

/** How many parameters a network has. */
export const parameterCount = (model: nn.Module): number =>
  [...model.parameters()].reduce((sum, p) => sum + p.shape.reduce((a, b) => a * b, 1), 0);
