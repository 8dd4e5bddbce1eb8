// Training and testing in PyTorch's style: a loop over batches around a compiled step.
import * as torch from '@nn/torch';
import { nn, optim, type Tensor } from '@nn/torch';
import type { Digits } from './digits.js';
import { batchSize, learningRate, stepsOf, type Network } from './networks.js';

const tensors = (digits: Digits, shape: readonly number[]): [Tensor, Tensor] => [
  torch.tensor(digits.pixels).reshape([digits.count, ...shape]),
  torch.tensor(digits.labels),
];

/** What a loop shows of its progress. */
export interface Progress {
  step(epoch: number, loss: number): void;
  epochEnd(epoch: number, loss: number): void;
  end(): void;
}

export const silentProgress: Progress = { step: () => {}, epochEnd: () => {}, end: () => {} };

/** Trains for `epochs` passes and returns the mean loss of each. */
export async function trainTorch(
  model: nn.Sequential,
  network: Network,
  train: Digits,
  epochs: number,
  progress: Progress,
): Promise<number[]> {
  const data = new torch.utils.data.TensorDataset(...tensors(train, network.torchShape));
  const loader = new torch.utils.data.DataLoader(data, { batchSize });
  const optimizer = new optim.SGD(model.parameters(), { lr: learningRate });
  const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, stepsOf(train.count, epochs));
  const criterion = new nn.CrossEntropyLoss();
  const step = torch.compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion(model(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const losses: number[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      let [total, count] = [0, 0];
      for await (const [x, y] of loader as AsyncIterable<[Tensor, Tensor]>) {
        const loss = await step(x, y).item();
        schedule.step();
        total += loss * x.shape[0]!;
        count += x.shape[0]!;
        progress.step(epoch, total / count);
      }
      losses.push(total / count);
      progress.epochEnd(epoch, total / count);
    }
  } finally {
    progress.end();
  }
  return losses;
}

/** The share of digits that are recognized. */
export async function testTorch(
  model: nn.Module & ((x: Tensor) => Tensor),
  network: Network,
  test: Digits,
): Promise<number> {
  model.eval();
  const [x, y] = tensors(test, network.torchShape);
  const right = torch.noGrad(() => model(x).argmax(1).eq(y).to('float32').mean());
  model.train();
  return right.item();
}
