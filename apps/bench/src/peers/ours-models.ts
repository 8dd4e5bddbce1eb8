// The models of the training tasks as a user of @nn/torch writes them, with the weights that every peer begins with.
import * as torch from '@nn/torch';
import { nn, optim, type Tensor } from '@nn/torch';
import {
  lenetNumbers,
  mlpNumbers,
  permute,
  transformerNumbers,
  type BlockNumbers,
  type Given,
} from '../work/numbers.js';
import type { TrainTask, TransformerModel } from '../work/task.js';

export const tensor = ({ shape, data }: Given): Tensor => torch.tensor(data).reshape([...shape]);
/** Weights [in, out] as a linear layer keeps them, [out, in]. */
function linear({ shape, data }: Given): Tensor {
  const [n, m] = shape as [number, number];
  return tensor({ shape: [m, n], data: permute(data, [n, m], [1, 0]) });
}

type Model = nn.Module & ((x: Tensor) => Tensor);
interface Network {
  readonly model: Model;
  readonly criterion: (output: Tensor, target: Tensor) => Tensor;
  readonly x: Tensor;
  readonly target: Tensor;
}

/** Puts the weights of `layers` in place; biases begin at zero. */
function fill(layers: readonly (nn.Linear | nn.Conv2d)[], weights: readonly Tensor[]): void {
  layers.forEach((layer, i) =>
    layer.loadStateDict({ weight: weights[i]!, ...(layer.bias && { bias: torch.zeros([layer.weight.shape[0]!]) }) }),
  );
}

function mlp(sizes: readonly number[], batch: number): Network {
  const numbers = mlpNumbers(sizes, batch);
  const layers = sizes.slice(1).map((out, i) => new nn.Linear(sizes[i]!, out));
  fill(layers, numbers.dense.map(linear));
  const model = new nn.Sequential(...layers.flatMap((layer, i) => (i > 0 ? [new nn.ReLU(), layer] : [layer])));
  return { model, criterion: new nn.CrossEntropyLoss(), x: tensor(numbers.x), target: torch.tensor(numbers.classes) };
}

function lenet(batch: number): Network {
  const numbers = lenetNumbers(batch, 'channels first');
  const convolutions = [new nn.Conv2d(1, 6, 5, { padding: 2 }), new nn.Conv2d(6, 16, 5)] as const;
  const dense = [new nn.Linear(400, 120), new nn.Linear(120, 84), new nn.Linear(84, 10)] as const;
  fill([...convolutions, ...dense], [...numbers.convolutions.map(tensor), ...numbers.dense.map(linear)]);
  const model = new nn.Sequential(
    convolutions[0],
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    convolutions[1],
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    dense[0],
    new nn.ReLU(),
    dense[1],
    new nn.ReLU(),
    dense[2],
  );
  return { model, criterion: new nn.CrossEntropyLoss(), x: tensor(numbers.x), target: torch.tensor(numbers.classes) };
}

class Block extends nn.Module {
  norm1: nn.LayerNorm;
  qkv: nn.Linear;
  out: nn.Linear;
  norm2: nn.LayerNorm;
  up: nn.Linear;
  gelu = new nn.GELU({ approximate: 'tanh' });
  down: nn.Linear;
  constructor(
    readonly sizes: TransformerModel,
    readonly batch: number,
    numbers: BlockNumbers,
  ) {
    super();
    const { width } = sizes;
    this.norm1 = new nn.LayerNorm(width);
    this.qkv = new nn.Linear(width, 3 * width, { bias: false });
    this.out = new nn.Linear(width, width, { bias: false });
    this.norm2 = new nn.LayerNorm(width);
    this.up = new nn.Linear(width, 4 * width);
    this.down = new nn.Linear(4 * width, width);
    const layers = ['qkv', 'out', 'up', 'down'] as const;
    fill(
      layers.map((name) => this[name]),
      layers.map((name) => linear(numbers[name])),
    );
  }
  /** x is [batch * length, width]. */
  forward(x: Tensor): Tensor {
    const { width, heads, length } = this.sizes;
    const size = width / heads;
    const [q, k, v] = torch
      .chunk(this.qkv(this.norm1(x)), 3, 1)
      .map((t) => t.reshape([this.batch, length, heads, size]).transpose(1, 2)) as [Tensor, Tensor, Tensor];
    const attention = torch.softmax(torch.matmul(q, k.transpose(-1, -2)).mul(1 / Math.sqrt(size)), -1);
    const mixed = torch
      .matmul(attention, v)
      .transpose(1, 2)
      .reshape([this.batch * length, width]);
    const h = x.add(this.out(mixed));
    return h.add(this.down(this.gelu(this.up(this.norm2(h)))));
  }
}

function transformer(sizes: TransformerModel, batch: number): Network {
  const numbers = transformerNumbers(sizes, batch);
  const model = new nn.Sequential(...numbers.blocks.map((block) => new Block(sizes, batch, block)));
  return { model, criterion: new nn.MSELoss(), x: tensor(numbers.x), target: tensor(numbers.target) };
}

function network({ model, batch }: TrainTask): Network {
  if (model.name === 'mlp') return mlp(model.sizes, batch);
  return model.name === 'lenet' ? lenet(batch) : transformer(model, batch);
}

/** A training step and what it is called with. */
export interface Training {
  readonly step: (x: Tensor, target: Tensor) => Tensor;
  readonly x: Tensor;
  readonly target: Tensor;
}
export function training(task: TrainTask): Training {
  const { model, criterion, x, target } = network(task);
  const optimizer = new optim.Adam(model.parameters());
  const step = (x: Tensor, target: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = criterion(model(x), target);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { step, x, target };
}
