// checkParity: runs a torch module and a Keras layer side by side and measures how far they are apart.
import * as core from '@nn/core';
import { Layer, Tensor as KerasTensor } from '@nn/keras';
import { nn, Tensor as TorchTensor } from '@nn/torch';
import { PortError } from '../error.js';
import { type Layout, shapeToKeras, valueToTorch } from '../layout.js';
import type { Link } from '../link.js';
import { copyToKeras, copyToTorch, kerasValue, type Pair } from '../pairs.js';
import type { Module } from '../rule.js';
import { convertSlot, partOf } from '../slot.js';
import { pairUp } from './pairing.js';
import { type Comparison, type Gradients, gradientsOf, measure } from './measure.js';
import { ParityReport, type RowKind } from './report.js';
import { kerasSide, type OptimizerSettings, restoring, type Side, torchSide } from './sides.js';

export interface TrainOptions {
  /** How many optimizer steps. */
  readonly steps: number;
  /** Default 'adam'. */
  readonly optimizer?: 'adam' | 'adamw' | 'sgd';
  /** Default 1e-3; for SGD 1e-2. */
  readonly learningRate?: number;
  /** Of Adam, on both sides at the same place (after the bias correction). Default 1e-3: smaller ones make steps of the rounding of vanishing gradients. */
  readonly epsilon?: number;
  /** Of AdamW, on both sides; default 1e-2. */
  readonly weightDecay?: number;
}
export interface ParityOptions {
  /** One for each argument: torch tensors, Keras tensors (arranged as Keras has them), or nested arrays in torch's arrangement. */
  readonly inputs: readonly (TorchTensor | KerasTensor | core.NestedArray)[];
  /** First copies the weights of the first argument into the second; default false. */
  readonly copyWeights?: boolean;
  /** Also trains both, and compares the weights. They are as before afterwards. */
  readonly train?: TrainOptions;
  /** Largest `|a - b| / (1 + |b|)`; default 1e-5. */
  readonly tolerance?: number;
}
const shown = (x: core.Tensor, layout: Layout | undefined): readonly number[] =>
  (layout ? shapeToKeras(x.shape, layout) : x.shape) as readonly number[];
/** A comparison of one module with one layer. */
class Check {
  readonly torch: Side;
  readonly keras: Side;
  constructor(
    readonly link: Link,
    readonly inputs: readonly core.Tensor[],
  ) {
    this.torch = torchSide(link);
    this.keras = kerasSide(link);
  }
  private get cells(): core.Variable[] {
    return [
      ...new Set([
        ...this.torch.names.keys(),
        ...this.keras.names.keys(),
        ...this.link.keras.variables.map((v) => v.cell),
      ]),
    ];
  }
  private name(pair: Pair): string {
    const { take } = pair.slot;
    return `${this.torch.names.get(pair.torch) ?? '?'}${take ? ` (${take.index + 1} of ${take.of})` : ''}`;
  }
  private shapes(pair: Pair): { torchShape: readonly number[]; kerasShape: readonly number[] } {
    return { torchShape: pair.torch.shape, kerasShape: pair.keras.shape };
  }

  weights(
    kind: RowKind,
    torch: (c: core.Variable) => core.Tensor,
    keras: (c: core.Variable) => core.Tensor,
  ): Comparison[] {
    const groups = new Map<core.Variable, Pair[]>();
    for (const p of this.link.pairs) groups.set(p.keras, [...(groups.get(p.keras) ?? []), p]);
    return [...groups].map(([cell, list]): Comparison => {
      const note = kind === 'trained weight' ? list.find((p) => p.slot.differs)?.slot.differs : undefined;
      const names = list.map((p) => this.name(p)).join(list.some((p) => p.slot.add) ? ' + ' : ', ');
      const same = list.some((p) => p.torch === cell);
      const a = same ? torch(cell) : kerasValue(list, torch);
      return {
        kind,
        torch: names,
        keras: this.keras.names.get(cell) ?? '?',
        ...this.shapes(list[0]!),
        a,
        b: keras(cell),
        ...(note !== undefined && { note }),
      };
    });
  }
  outputs(): Comparison[] {
    const run = (side: Side): core.Tensor[] => restoring(this.cells, () => side.run(this.inputs, false));
    const [a, b] = [run(this.torch), run(this.keras)];
    if (a.length !== b.length)
      throw new PortError(`checkParity: the torch module gives ${a.length} tensors, the Keras layer ${b.length}`);
    return a.map((x, i): Comparison => {
      const name = a.length > 1 ? `output ${i}` : 'output';
      return {
        kind: 'output',
        torch: name,
        keras: name,
        torchShape: x.shape,
        kerasShape: shown(b[i]!, this.link.outputs[i]),
        a: x,
        b: b[i]!,
      };
    });
  }
  gradients(): Comparison[] {
    const run = (side: Side): Gradients => restoring(this.cells, () => gradientsOf(side, this.inputs));
    const [a, b] = [run(this.torch), run(this.keras)];
    const zeros = (x: core.Tensor): core.Tensor => core.zeros(x.shape, x.dtype);
    const inputs = this.inputs.flatMap((x, i): Comparison[] => {
      if (!a.inputs[i] && !b.inputs[i]) return [];
      const name = this.inputs.length > 1 ? `input ${i}` : 'input';
      return [
        {
          kind: 'input gradient',
          torch: name,
          keras: name,
          torchShape: x.shape,
          kerasShape: shown(x, this.link.inputs[i]),
          a: a.inputs[i] ?? zeros(x),
          b: b.inputs[i] ?? zeros(x),
        },
      ];
    });
    const weights = this.link.pairs.flatMap((p): Comparison[] => {
      const [g, h] = [a.weights.get(p.torch), b.weights.get(p.keras)];
      if (!g && !h) return [];
      const slot = p.torch === p.keras ? { to: p.slot.to } : p.slot;
      const part = convertSlot(g ?? core.zeros(p.torch.shape), slot, p.layout);
      return [
        {
          kind: 'gradient',
          torch: this.name(p),
          keras: this.keras.names.get(p.keras) ?? '?',
          ...this.shapes(p),
          a: part,
          b: partOf(h ?? core.zeros(p.keras.shape), slot),
        },
      ];
    });
    return [...inputs, ...weights];
  }
  training(o: OptimizerSettings, steps: number): Comparison[] {
    const run = (side: Side): Map<core.Variable, core.Tensor> =>
      restoring(this.cells, () => {
        const optimizer = side.optimizer(o);
        for (let i = 0; i < steps; i++) {
          const { weights } = gradientsOf(side, this.inputs);
          core.noGrad(() => optimizer.step(weights));
        }
        optimizer.end();
        return new Map([...side.names.keys()].map((cell) => [cell, core.detach(cell.get())]));
      });
    const [a, b] = [run(this.torch), run(this.keras)];
    return this.weights(
      'trained weight',
      (c) => a.get(c) ?? core.detach(c.get()),
      (c) => b.get(c)!,
    );
  }
}

function notesOf({ link, torch }: Check, train: TrainOptions | undefined): string[] {
  const notes = link.dropped.map((d) => `${torch.names.get(d.cell) ?? 'a tensor'} is not ported: ${d.reason}`);
  const modules = [...link.torch.modules()];
  if (
    modules.some(
      (m) =>
        ((m as { p?: unknown }).p ?? 0) !== 0 ||
        (((m as { dropout?: unknown }).dropout ?? 0) !== 0 && typeof (m as { dropout?: unknown }).dropout === 'number'),
    )
  ) {
    notes.push('dropout is left out on both sides: their random numbers never match');
  }
  if (!train) return notes;
  const sums = link.pairs.filter((p) => p.slot.add).map((p) => torch.names.get(p.torch));
  if (sums.length)
    notes.push(
      `${sums.join(', ')}: Keras has one bias where torch has two, so only the first of them is trained here (trained both, their sum would move twice as far)`,
    );
  if ((train.optimizer ?? 'adam') !== 'sgd')
    notes.push(
      `epsilon of Adam is ${train.epsilon ?? 1e-3} on both sides, added after the bias correction as torch does`,
    );
  return notes;
}

/**
 * Runs a torch module and a Keras layer (or model) on the same inputs, and compares outputs, gradients of the inputs and of the
 * parameters, and with `train` the weights after some optimizer steps. Outputs are those of inference; gradients and training are
 * those of training mode, without dropout. The loss is `mean((y - t)^2)` for fixed t. Neither is changed, unless `copyWeights` is set.
 *
 * @param a  a torch module or a Keras layer
 * @param b  one of the other kind: ported from `a`, or built alike
 * @returns  the report; printed, a table
 * @throws PortError  when the two cannot be paired
 * @example
 * const module = new nn.Linear(3, 2)
 * const report = await checkParity(module, toKeras(module, { inputShape: [3] }), { inputs: [torch.randn([4, 3])], train: { steps: 3 } })
 * report.equal // => true
 */
export async function checkParity(a: Module | Layer, b: Module | Layer, o: ParityOptions): Promise<ParityReport> {
  const keras = a instanceof Layer ? a : b instanceof Layer ? b : null;
  const torch = a instanceof Layer ? b : a;
  if (!keras || torch instanceof Layer || !(torch instanceof nn.Module))
    throw new PortError('checkParity: expected a torch module and a Keras layer, in either order');
  if (!Array.isArray(o?.inputs) || !o.inputs.length)
    throw new PortError('checkParity: pass { inputs: [...] }, one tensor for each argument');
  const { tolerance = 1e-5, train } = o;
  const scope = core.openScope();
  try {
    const given = o.inputs.map((x) => ({
      fromKeras: x instanceof KerasTensor,
      value:
        x instanceof TorchTensor
          ? core.detach(x.value)
          : x instanceof KerasTensor
            ? core.detach(x.read())
            : core.tensor(x),
    }));
    const side = given.every((x) => x.fromKeras) ? 'keras' : 'torch';
    const link = core.untraced(() =>
      pairUp(torch, keras, {
        side,
        shapes: given.map((x) => x.value.shape),
        integer: given.every((x) => !core.isFloat(x.value.dtype)),
      }),
    );
    const inputs = given.map((x, i) =>
      x.fromKeras ? valueToTorch(x.value, link.inputs[i] ?? { kind: 'same' }) : x.value,
    );
    if (o.copyWeights) (keras === b ? copyToKeras : copyToTorch)(link.pairs);
    const check = new Check(link, inputs);
    const settings: OptimizerSettings = {
      name: train?.optimizer ?? 'adam',
      learningRate: train?.learningRate ?? (train?.optimizer === 'sgd' ? 1e-2 : 1e-3),
      epsilon: train?.epsilon ?? 1e-3,
      weightDecay: train?.weightDecay ?? 1e-2,
    };
    const now = (c: core.Variable): core.Tensor => core.detach(c.get());
    const comparisons = [
      ...check.weights('weight', now, now),
      ...check.outputs(),
      ...check.gradients(),
      ...(train ? check.training(settings, train.steps) : []),
    ];
    const rows = await Promise.all(comparisons.map((c) => measure(c, tolerance)));
    return new ParityReport(rows, notesOf(check, train), tolerance);
  } finally {
    scope.close();
  }
}
