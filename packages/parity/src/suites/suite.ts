// The replay of a group as tests: one for each kind of module, eager and compiled, and the count at the end.
import { afterAll, describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { Group, kindOf, type GoldenCase } from '../golden/group.js';
import { adapterOf } from '../replay/adapters.js';
import { replayCase, type Replayed } from '../replay/run.js';
import { counts, failureText, table } from '../report.js';

/** Makes the tests of a group of the package's golden data. A case that is not covered yet is counted, not failed. */
export function replaySuite(name: string): void {
  const group = new Group(fileURLToPath(new URL(`../../golden/${name}`, import.meta.url)));
  const kinds = new Map<string, GoldenCase[]>();
  for (const golden of group.cases) kinds.set(kindOf(golden), [...(kinds.get(kindOf(golden)) ?? []), golden]);
  describe.each([
    ['eager', false],
    ['compiled', true],
  ])(`${name}, %s`, (mode, compiled) => {
    const results: Replayed[] = [];
    it.each([...kinds])('%s', async (kind, cases) => {
      for (const golden of cases)
        results.push({ golden, kind, outcome: await replayCase(golden, group, adapterOf(group), compiled) });
      expect(results.slice(-cases.length).flatMap(describeFailure)).toEqual([]);
    });
    afterAll(() => {
      const { passed, failed, 'not covered': missing } = counts({ group: name, results });
      console.log(
        table([
          ['group', 'passed', 'failed', 'not covered'],
          [`${name} (${mode})`, passed, failed, missing],
        ]),
      );
    });
  });
}

function describeFailure({ golden, outcome }: Replayed): string[] {
  return outcome.status === 'failed' ? outcome.failures.map((failure) => `${golden.id} ${failureText(failure)}`) : [];
}
