// The torch face against the keras face: every pair that @nn/port has a rule for, with the rule's own examples, in both directions:
// outputs, gradients of inputs and parameters, and the weights after 5 optimizer steps; and each side compiled against itself eager.
import * as core from '@nn/core';
import { Tensor as KerasTensor, type Layer, type Model } from '@nn/keras';
import { checkParity, records, toKeras, toTorch, type Example } from '@nn/port';
import { Tensor as TorchTensor, type nn } from '@nn/torch';
import { describe, expect, it } from 'vitest';
import { distance } from './golden/distance.js';
import { trainKeras, trainTorch, type Computed } from './training.js';

const batch = 2;
const tolerance = 1e-5;

/** Random inputs of these shapes. */
function random(shapes: readonly (readonly number[])[], indices: number | undefined): core.Tensor[] {
  const generator = new core.Generator(7);
  return shapes.map((shape) =>
    indices === undefined ? core.normal(shape, { generator }) : core.randint(shape, 0, indices, { generator }),
  );
}
const withBatch = ({ inputShapes }: Example<unknown>, axis: 0 | 1): number[][] =>
  inputShapes.map((shape) => [...shape.slice(0, axis), batch, ...shape.slice(axis)]);
const shapesOf = ({ inputShapes }: Example<unknown>): readonly number[] | readonly (readonly number[])[] =>
  inputShapes.length === 1 ? inputShapes[0]! : inputShapes;

/** The shapes that a layer was built for. */
function builtFor(layer: Layer): number[][] {
  const { graph } = layer as Layer & Partial<Pick<Model, 'graph'>>;
  const shapes = graph ? graph.inputs.map(({ shape }) => shape) : layer.buildShapes!;
  return (shapes as readonly (readonly (number | null)[])[]).map((shape) => shape.map((n) => n ?? batch));
}

/** Both did the same to 1e-5. */
function expectSame(compiled: Computed, eager: Computed): void {
  expect([...compiled.keys()]).toEqual([...eager.keys()]);
  for (const [name, data] of eager) {
    const apart = distance(compiled.get(name)!, { dtype: 'f64', shape: [data.length], data: Float64Array.from(data) });
    expect(apart, name).toBeLessThanOrEqual(tolerance);
  }
}

const title = (classes: readonly ({ readonly name: string } | null)[]): string =>
  classes.map((c) => c?.name ?? '(none)').join(' and ');

describe('pairs of the two faces', () => {
  for (const { torch, keras, rule } of records()) {
    for (const [i, example] of (rule.torchExamples ?? []).entries()) {
      const sides = (): { module: nn.Module; layer: Layer; inputs: core.Tensor[] } => {
        const module = example.make();
        const sequenceFirst = (module as nn.Module & { batchFirst?: boolean }).batchFirst === false;
        return {
          module,
          layer: toKeras(module, { inputShape: shapesOf(example) }),
          inputs: random(withBatch(example, sequenceFirst ? 1 : 0), example.indices),
        };
      };
      it(`${title([torch, keras])}, from torch ${i + 1}`, async () => {
        const { module, layer, inputs } = sides();
        const train = [...module.parameters()].length > 0 ? { train: { steps: 5 } } : {};
        const report = await checkParity(module, layer, {
          inputs: inputs.map((x) => new TorchTensor(x)),
          tolerance,
          ...train,
        });
        expect(report.equal, String(report)).toBe(true);
      });
      it(`${title([torch, keras])}, from torch ${i + 1}, compiled`, async () => {
        const { module, layer, inputs } = sides();
        expectSame(await trainTorch(module, inputs, true), await trainTorch(module, inputs, false));
        const xs = random(builtFor(layer), example.indices);
        expectSame(await trainKeras(layer, xs, true), await trainKeras(layer, xs, false));
      });
    }
    for (const [i, example] of (rule.kerasExamples ?? []).entries()) {
      it(`${title([torch, keras])}, from keras ${i + 1}`, async () => {
        const layer = example.make();
        const module = toTorch(layer, { inputShape: shapesOf(example) });
        const inputs = random(withBatch(example, 0), example.indices).map((x) => new KerasTensor(x));
        const train = [...module.parameters()].length > 0 ? { train: { steps: 5 } } : {};
        const report = await checkParity(layer, module, { inputs, tolerance, ...train });
        expect(report.equal, String(report)).toBe(true);
      });
      it(`${title([torch, keras])}, from keras ${i + 1}, compiled`, async () => {
        const layer = example.make();
        toTorch(layer, { inputShape: shapesOf(example) });
        const inputs = random(withBatch(example, 0), example.indices);
        expectSame(await trainKeras(layer, inputs, true), await trainKeras(layer, inputs, false));
      });
    }
  }
});
