// The replay of golden cases on WebGPU, eager and compiled: each a share of them, as a software GPU is slow. All: `pnpm replay packages/parity/golden
// --device webgpu`, also with --compiled.
import { fileURLToPath } from 'node:url';
import { setDevice } from '@nn/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableDevices } from './devices.js';
import { kindOf, readGroups } from './golden/group.js';
import { adapterOf } from './replay/adapters.js';
import { replayCase, type Replayed } from './replay/run.js';
import { countTable, failures, type GroupResult } from './report.js';

const groups = readGroups(fileURLToPath(new URL('../golden', import.meta.url)));
/** One case of so many. */
const share = 12;

const gpus = (await availableDevices()).filter((name) => name === 'webgpu');

describe.each(
  gpus.flatMap(
    (name) =>
      [
        [name, 'eager', false],
        [name, 'compiled', true],
      ] as const,
  ),
)('golden cases on %s, %s', (gpu, mode, compiled) => {
  const counted: GroupResult[] = [];
  beforeAll(async () => void (await setDevice(gpu)));
  it.each(groups.map((group) => [group.name, group] as const))('%s', { timeout: 120_000 }, async (name, group) => {
    const results: Replayed[] = [];
    counted.push({ group: name, results });
    const chosen = group.cases.filter((_, k) => k % share === (compiled ? share / 2 : 0));
    for (const golden of chosen) {
      const outcome = await replayCase(golden, group, adapterOf(group), compiled);
      results.push({ golden, kind: kindOf(golden), outcome });
    }
    expect(failures([{ group: name, results }])).toBe('');
  });
  afterAll(() => console.log(`Golden cases on ${gpu}, ${mode}, one of ${share}:\n${countTable(counted)}`));
});
const [title, say] = gpus.length
  ? (['there is a GPU', () => {}] as const)
  : (['LEFT OUT, there is no GPU: golden cases on webgpu', console.warn] as const);
it(title, () => {
  say('\n*** NOT TESTED: golden cases on webgpu ***\n');
  expect(groups.length).toBeGreaterThan(5);
});
