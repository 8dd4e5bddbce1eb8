// The command `replay DIR`: replays a folder of golden data and reports by group what passed, failed and is not covered yet.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { device, setDevice, type DeviceName } from '@nn/core';
import { kindOf, readGroups } from './golden/group.js';
import { progressBar } from './progress.js';
import { adapterOf } from './replay/adapters.js';
import { replayCase, selectCases, type Replayed } from './replay/run.js';
import { report, type GroupResult } from './report.js';

const usage = (): string => `replay DIR [--device cpu|wasm|webgpu] [--compiled] [--only NAME]

Replays golden data of PyTorch and Keras: DIR is one group (a folder with a manifest.json) or holds several.
  --device NAME   the device to run on (${device().name})
  --compiled      run forward and gradients inside torch.compile / tf.function
  --only NAME     only the case or the kind of this name, such as Linear.003 or Linear
  --help          this text
Exits with 1 when a case failed.`;

const devices: readonly string[] = ['cpu', 'wasm', 'webgpu'] satisfies DeviceName[];

/** Runs the command and returns its exit code: 1 when a case failed. Throws for arguments that it does not understand. */
export async function replayCommand(args: string[], print: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      device: { type: 'string', default: device().name },
      compiled: { type: 'boolean', default: false },
      only: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    print(usage());
    return 0;
  }
  const [directory, ...more] = positionals;
  if (directory === undefined || more.length > 0) throw new Error(`One folder is needed, got ${positionals.length}.`);
  if (!devices.includes(values.device)) throw new Error(`--device ${values.device}: expected ${devices.join(', ')}.`);

  const groups = readGroups(resolve(process.env['INIT_CWD'] ?? '.', directory)).map((group) => ({
    group,
    cases: selectCases(group, values.only),
  }));
  const total = groups.reduce((n, { cases }) => n + cases.length, 0);
  if (total === 0)
    throw new Error(
      values.only === undefined ? `${directory} holds no cases.` : `No case or kind is named ${values.only}.`,
    );
  await setDevice(values.device as DeviceName);

  const started = Date.now();
  const bar = progressBar(total);
  const results: GroupResult[] = [];
  for (const { group, cases } of groups) {
    const replayed: Replayed[] = [];
    for (const golden of cases) {
      bar.next(`${group.name} ${golden.id}`);
      replayed.push({
        golden,
        kind: kindOf(golden),
        outcome: await replayCase(golden, group, adapterOf(group), values.compiled),
      });
    }
    if (cases.length > 0) results.push({ group: group.name, results: replayed });
  }
  bar.end();
  print(report(results));
  print(
    `\n${values.device}, ${values.compiled ? 'compiled' : 'eager'}, ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  return results.some((r) => r.results.some(({ outcome }) => outcome.status === 'failed')) ? 1 : 0;
}
