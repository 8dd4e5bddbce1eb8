// The main job: one network in two styles, from the same weights - trained, compared, ported.
import { device as deviceInUse, NNError, setDevice } from '@nn/core';
import { compare, type Outcome } from './compare.js';
import { DigitsError, drawDigits, split } from './digits.js';
import { networks } from './networks.js';
import { helpText, parseOptions, UsageError } from './options.js';
import { readDigits } from './read.js';
import { sweep } from './sweep.js';
import { paint, percent, rule, say, seconds, small, table, verdict } from './terminal.js';

function summary(outcomes: readonly Outcome[], ms: number): void {
  rule('Summary');
  say();
  say(
    table(
      [
        ['network', 'PyTorch style', 'Keras style', 'losses differ by', 'ports differ by', 'time'],
        ...outcomes.map((o) => [
          o.title,
          percent(o.torchAccuracy),
          percent(o.kerasAccuracy),
          small(o.lossDifference),
          small(o.portDifference),
          seconds(o.ms),
        ]),
      ],
      [1, 2, 3, 4, 5],
    ),
  );
  const agreed = outcomes.every((o) => o.agreed);
  say(
    `\n${verdict(agreed, agreed ? 'both styles agree' : 'the styles do not agree')} ${paint('dim', `(${seconds(ms)})`)}`,
  );
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    say(helpText({ mlp: networks.mlp.epochs, cnn: networks.cnn.epochs }));
    return 0;
  }
  const began = performance.now();
  const device = options.device === null ? deviceInUse() : await setDevice(options.device);
  const all = readDigits();
  if (options.sweep) return (await sweep(all, options, options.sweep)) ? 0 : 1;
  const data = split(all, options);
  say(paint('dim', drawDigits(all)));
  say(
    `\n${data.train.count} handwritten digits to train on, ${data.test.count} to test; device ${device.name}, seed ${options.seed}, split ${options.split}`,
  );
  const outcomes: Outcome[] = [];
  for (const name of options.models) outcomes.push(await compare(networks[name], options, data));
  summary(outcomes, performance.now() - began);
  return outcomes.every((o) => o.agreed) ? 0 : 1;
}

/** Mistakes of the user and of the surroundings are told in one line; anything else is a fault of the program, with its trace. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\nnpm start -- --help lists the options.`;
  if (error instanceof NNError || error instanceof DigitsError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = 2;
}
