// The programs of the torch contract, unmodified, on every device of this machine: what their comments say.
import * as torch from '@nn/torch';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { setDevice } from '@nn/core';
import * as programs from './contract/torch.js';
import { availableDevices } from './devices.js';

describe.each(await availableDevices())('torch programs on %s', (device) => {
  beforeAll(async () => void (await setDevice(device)));

  it('customActivation: relu with a threshold, which prints tensors', async () => {
    const lines: string[] = [];
    const log = vi
      .spyOn(console, 'log')
      .mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(' ')));
    const { output } = await programs.customActivation();
    log.mockRestore();
    expect(output).toEqual(Float32Array.of(0, 0, 0, 0.75, 2));
    expect(lines).toHaveLength(2);
    // Values on synchronous devices; a device that has to be waited for prints shape, dtype and its name.
    const values = /^Input: tensor\(\[-1\.0000, {2}0\.2500, {2}0\.5000, {2}0\.7500, {2}2\.0000\]\)$/;
    expect(lines[0]).toMatch(device === 'webgpu' ? /^Input: tensor\(\.\.\., device='webgpu', size=\(5,\)\)/ : values);
  });

  it("composedModule: PyTorch's names, order and layout", () => {
    expect(programs.composedModule()).toEqual({
      shape: [1, 2],
      parameters: [
        ['fc1.weight', [5, 10]],
        ['fc1.bias', [5]],
        ['fc2.weight', [2, 5]],
        ['fc2.bias', [2]],
      ],
    });
  });

  it('parametersAndBuffers: the buffer is state, not a parameter, and keeps its new value', async () => {
    const { parameters, state, runningMean } = await programs.parametersAndBuffers();
    expect(parameters).toEqual(['weight']);
    expect(state).toEqual(['weight', 'running_mean']);
    expect([...runningMean].map((x) => x.toFixed(6))).toEqual(['0.200000', '0.300000', '0.400000']);
  });

  it('AttentionLayer: (batch, seq, inputDim) to (batch, inputDim)', async () => {
    const layer = new programs.AttentionLayer(10);
    expect(layer(torch.randn([4, 7, 10])).shape).toEqual([4, 10]);
    // Equal steps stay what they are: the weights of a softmax sum to 1.
    const same = torch.ones([2, 7, 10]);
    for (const value of await layer(same).data()) expect(value).toBeCloseTo(1, 5);
  });

  it('customLoss: the mean of squares', async () => {
    expect(await programs.customLoss(torch.tensor([1, 2]), torch.tensor([0, 4])).item()).toBeCloseTo(2.5, 6);
  });

  it('customCell: nn.RNN takes any cell', () => {
    expect(programs.customCell()).toEqual({ output: [4, 7, 20], hidden: [1, 4, 20] });
  });

  it('trainingLoop falls, and compiledTrainingLoop has the same losses to 1e-5', async () => {
    const { losses } = await programs.trainingLoop();
    const { losses: compiled } = await programs.compiledTrainingLoop();
    expect(losses).toHaveLength(100);
    expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!);
    for (const [i, loss] of losses.entries())
      expect(Math.abs(compiled[i]! - loss) / (1 + Math.abs(loss)), `step ${i}`).toBeLessThan(1e-5);
  });
});
