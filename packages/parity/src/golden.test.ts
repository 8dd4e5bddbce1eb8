// The replay of all golden groups as tests: one for each kind of module, and the counts at the end. On the CPU eager, else compiled too.
import { fileURLToPath } from 'node:url';
import { device } from '@nn/core';
import { whileInUse } from '@nn/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { kindOf, readGroups, type GoldenCase } from './golden/group.js';
import { adapterOf } from './replay/adapters.js';
import { replayCase, type Around, type Replayed } from './replay/run.js';
import { countTable, failureText, type GroupResult } from './report.js';

const groups = readGroups(fileURLToPath(new URL('../golden', import.meta.url)));

const { name: on } = device();
interface Mode {
  readonly compiled: boolean;
  readonly around?: Around;
}
/**
 * The CPU backend shows that the lowerings are right; what compiling makes of them is shown on the default device. With both devices
 * there, it is also shown that operands decide where something is computed.
 */
const modes: readonly (readonly [string, Mode])[] =
  on === 'cpu'
    ? [
        ['eager', { compiled: false }],
        ['eager, while wasm is in use', { compiled: false, around: await whileInUse('wasm') }],
      ]
    : [
        ['eager', { compiled: false }],
        ['compiled', { compiled: true }],
      ];

describe.each(modes)(`golden cases on ${on}, %s`, (mode, { compiled, around }) => {
  const counted: GroupResult[] = [];
  describe.each(groups.map((group) => [group.name, group] as const))('%s', (name, group) => {
    const kinds = new Map<string, GoldenCase[]>();
    for (const golden of group.cases) kinds.set(kindOf(golden), [...(kinds.get(kindOf(golden)) ?? []), golden]);
    const results: Replayed[] = [];
    counted.push({ group: name, results });
    it.each([...kinds])('%s', async (kind, cases) => {
      for (const golden of cases) {
        results.push({ golden, kind, outcome: await replayCase(golden, group, adapterOf(group), compiled, around) });
      }
      expect(results.slice(-cases.length).flatMap(failuresOf)).toEqual([]);
    });
  });
  afterAll(() => console.log(`Golden cases on ${on}, ${mode}:\n${countTable(counted)}`));
});

/** What did not hold. A case that is not covered yet is counted, not failed. */
function failuresOf({ golden, outcome }: Replayed): string[] {
  return outcome.status === 'failed' ? outcome.failures.map((failure) => `${golden.id} ${failureText(failure)}`) : [];
}
