// Training and testing in PyTorch's style: a loop over batches around a compiled step.
import * as torch from '@nn/torch';
import { nn, optim, type Tensor } from '@nn/torch';
import { SingleBar } from 'cli-progress';
import type { Digits } from './digits.js';
import { batchSize, learningRate, stepsOf, type Network } from './networks.js';
import { interactive, paint, say, torchColour } from './terminal.js';

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

/** One bar over all epochs. */
function bar(steps: number, epochs: number): Progress {
  const drawn = new SingleBar({
    format: `  {bar}  {value}/{total} steps  epoch {epoch}/${epochs}  loss {loss}`,
    formatBar: (progress) => {
      const done = Math.round(progress * 24);
      return paint(torchColour, '━'.repeat(done)) + paint('dim', '━'.repeat(24 - done));
    },
    hideCursor: true,
    stream: process.stdout,
  });
  const values = (epoch: number, loss: number): object => ({ epoch: epoch + 1, loss: loss.toFixed(4) });
  drawn.start(steps * epochs, 0, { epoch: 1, loss: '-' });
  return {
    step: (epoch, loss) => drawn.increment(1, values(epoch, loss)),
    epochEnd: () => {},
    end: () => drawn.stop(),
  };
}

/** A line for each epoch, where lines cannot be redrawn. */
const lines = (epochs: number): Progress => ({
  step: () => {},
  epochEnd: (epoch, loss) => say(`  epoch ${String(epoch + 1).padStart(2)}/${epochs}  loss ${loss.toFixed(4)}`),
  end: () => {},
});

/** A bar on a terminal, lines elsewhere. */
export const shownProgress = (count: number, epochs: number): Progress =>
  interactive() ? bar(stepsOf(count, 1), epochs) : lines(epochs);
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
