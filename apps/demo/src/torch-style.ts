// Training and testing in PyTorch's style: a loop over batches around a compiled step.
import * as torch from '@nn/torch';
import { nn, optim, type Tensor } from '@nn/torch';
import { Presets, SingleBar } from 'cli-progress';
import type { Digits } from './digits.js';
import { batchSize, momentum, type Network } from './networks.js';

const tensors = (digits: Digits, shape: readonly number[]): [Tensor, Tensor] => [
  torch.tensor(digits.pixels).reshape([digits.count, ...shape]),
  torch.tensor(digits.labels),
];

/** Trains for `epochs` passes and returns the mean loss of each. */
export async function trainTorch(
  model: nn.Sequential,
  network: Network,
  train: Digits,
  epochs: number,
): Promise<number[]> {
  const loader = new torch.utils.data.DataLoader(
    new torch.utils.data.TensorDataset(...tensors(train, network.torchShape)),
    { batchSize },
  );
  const optimizer = new optim.SGD(model.parameters(), { lr: network.learningRate, momentum });
  const criterion = new nn.CrossEntropyLoss();
  const step = torch.compile((x: Tensor, y: Tensor) => {
    optimizer.zeroGrad();
    const loss = criterion(model(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  const steps = Math.ceil(train.count / batchSize);
  const live = process.stdout.isTTY;
  const bar = new SingleBar(
    {
      format: '  Epoch {epoch} {bar} {value}/{total} batches, {duration_formatted}, loss {loss}',
      barsize: 24,
      hideCursor: true,
      noTTYOutput: false,
    },
    Presets.shades_classic,
  );
  if (live) bar.start(steps * epochs, 0, { epoch: `1/${epochs}`, loss: '-' });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let total = 0;
    let done = 0;
    for await (const [x, y] of loader as AsyncIterable<[Tensor, Tensor]>) {
      const loss = await step(x, y).item();
      total += loss * x.shape[0]!;
      done += x.shape[0]!;
      if (live) bar.increment(1, { epoch: `${epoch + 1}/${epochs}`, loss: (total / done).toFixed(4) });
    }
    losses.push(total / done);
    if (!live && (epoch === epochs - 1 || epoch % 5 === 0))
      console.log(`  Epoch ${epoch + 1}/${epochs}, loss ${(total / done).toFixed(4)}`);
  }
  if (live) bar.stop();
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
