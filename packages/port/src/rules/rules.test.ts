// Every rule with its examples, in both directions: outputs, gradients, weights, and the way back. (packages/parity trains them.)
import * as core from '@nn/core';
import { type Layer, Tensor as KerasTensor } from '@nn/keras';
import { Tensor } from '@nn/torch';
import { describe, expect, it } from 'vitest';
import { checkParity } from '../parity/check.js';
import type { Example, Module } from '../rule.js';
import { toKeras } from '../to-keras.js';
import { toTorch } from '../to-torch.js';
import { builtIn } from './index.js';

const batch = 3;
let seed = 0;
/** Random inputs with the batch axis at `axis`. */
function inputsOf(e: Example<unknown>, axis = 0): core.NestedArray[] {
  return e.inputShapes.map((shape) => {
    const full = [...shape.slice(0, axis), batch, ...shape.slice(axis)];
    const generator = new core.Generator(++seed);
    const t = e.indices ? core.randint(full, 0, e.indices, { generator }) : core.normal(full, { generator });
    return core.toArraySync(t);
  });
}
/** Random numbers in every parameter and statistic, so that nothing hides behind zeros and ones. */
function scramble(cells: Iterable<core.Variable>): void {
  for (const cell of cells) {
    if (core.isFloat(cell.dtype))
      cell.set(core.uniform(cell.shape, { low: 0.3, high: 0.9, generator: new core.Generator(++seed) }));
  }
}
const cellsOf = (m: Module): core.Variable[] => [...m.parameters(), ...m.buffers()].map((t: Tensor) => t._cell!);
const title = (x: { toString(): string }): string => String(x).split('\n')[0]!;

describe('rules from torch to Keras', () => {
  for (const { rule } of builtIn) {
    for (const e of rule.torchExamples ?? []) {
      const shown = e.make();
      it(`${title(shown)} on [${e.inputShapes.map(String).join('], [')}]`, async () => {
        const module = e.make();
        scramble(cellsOf(module));
        const axis = (module as { batchFirst?: boolean }).batchFirst === false ? 1 : 0;
        const inputs = inputsOf(e, axis).map((x) => new Tensor(core.tensor(x, e.indices ? { dtype: 'i32' } : {})));
        const inputShape = e.inputShapes.map((s) => (axis ? [s[0]!, null, ...s.slice(1)] : [null, ...s]));
        const layer = toKeras<Layer>(module, { inputShape });
        const report = await checkParity(module, layer, { inputs });
        expect(report.equal, String(report)).toBe(true);
        // And back: the same numbers again. Keras has the batch first.
        const back = toTorch(layer);
        const moved = inputs.map((x) => (axis ? new Tensor(core.transpose(x.value, 0, 1)) : x));
        const again = await checkParity(back, layer, { inputs: moved });
        expect(again.equal, String(again)).toBe(true);
      });
    }
  }
});

describe('rules from Keras to torch', () => {
  for (const { rule } of builtIn) {
    for (const e of rule.kerasExamples ?? []) {
      const shown = e.make();
      it(`${shown.className} ${JSON.stringify(shown.getConfig(), (k, v: unknown) => (/initializer|regularizer|constraint|name|dtype|module/.test(k) ? undefined : v)).slice(0, 110)} on [${e.inputShapes.map(String).join('], [')}]`, async () => {
        const layer = e.make();
        const given = inputsOf(e).map((x) => new KerasTensor(core.tensor(x, e.indices ? { dtype: 'i32' } : {})));
        const inputShape = e.inputShapes.length === 1 ? e.inputShapes[0]! : e.inputShapes;
        const module = toTorch(layer, { inputShape });
        scramble(layer.weights.map((v) => v.cell));
        const report = await checkParity(layer, module, { inputs: given, copyWeights: true });
        expect(report.equal, String(report)).toBe(true);
      });
    }
  }
});
