// The main job: one network, two styles, the same weights - trained, compared, ported.
import * as torch from '@nn/torch';
import { setDevice } from '@nn/core';
import { checkParity, toKeras, toTorch } from '@nn/port';
import { readDigits, split, type Digits } from './digits.js';
import { testKeras, trainKeras } from './keras-style.js';
import { networks } from './networks.js';
import { help, parseOptions, UsageError, type ModelName, type Options } from './options.js';
import { heading, largestDifference, lossPlot, note, percent, verdict } from './report.js';
import { testTorch, trainTorch } from './torch-style.js';

/** How close the curves of both styles have to be. */
const agreement = 1e-5;

/** Trains, compares and ports one network; returns whether everything agreed. */
async function compare(
  name: ModelName,
  { seed, epochs }: Options,
  data: { train: Digits; test: Digits },
): Promise<boolean> {
  const network = networks[name];
  const passes = epochs ?? network.epochs;
  torch.manualSeed(seed);
  const torchModel = network.build();
  const kerasModel = toKeras(torchModel, { inputShape: network.torchShape });

  heading(`${network.title}, PyTorch style`);
  const torchLosses = await trainTorch(torchModel, network, data.train, passes);
  heading(`${network.title}, Keras style, from the same weights`);
  const kerasLosses = await trainKeras(kerasModel, network, data.train, passes);

  heading('Loss');
  console.log(lossPlot(torchLosses, kerasLosses));
  const apart = largestDifference(torchLosses, kerasLosses);
  const [torchAccuracy, kerasAccuracy] = [
    await testTorch(torchModel, network, data.test),
    await testKeras(kerasModel, network, data.test),
  ];
  console.log(verdict(apart <= agreement, `the curves differ by ${apart.toExponential(1)} at most`));
  console.log(
    `  accuracy on ${data.test.count} digits that were not trained on: PyTorch style ${percent(torchAccuracy)}, Keras style ${percent(kerasAccuracy)}`,
  );

  heading('Ported');
  const sample = torch.tensor(data.test.pixels.slice(0, 8 * 64)).reshape([8, ...network.torchShape]);
  const train = { steps: 3, optimizer: 'sgd' };
  const ported = toKeras(torchModel, { inputShape: network.torchShape });
  const there = await checkParity(torchModel, ported, { inputs: [sample], train });
  console.log(`PyTorch style to Keras style\n${String(there)}`);
  console.log(
    verdict(
      there.equal,
      `trained in PyTorch's style, ported, accuracy in Keras's: ${percent(await portedKeras(ported, name, data.test))}`,
    ),
  );
  const back = toTorch(kerasModel, { inputShape: network.kerasShape });
  console.log(
    verdict(
      true,
      `trained in Keras's style, ported, accuracy in PyTorch's: ${percent(await testTorch(back as never, network, data.test))}`,
    ),
  );
  return apart <= agreement && there.equal;
}
async function portedKeras(model: Parameters<typeof trainKeras>[0], name: ModelName, test: Digits): Promise<number> {
  const { compileKeras } = await import('./keras-style.js');
  compileKeras(model, networks[name]);
  return testKeras(model, networks[name], test);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(help);
    return 0;
  }
  const device = await setDevice(options.device);
  const data = split(readDigits(), options.seed);
  note(`${data.train.count} digits to train on, ${data.test.count} to test, on ${device.name}`);
  const began = performance.now();
  let agreed = true;
  for (const name of options.models) agreed = (await compare(name, options, data)) && agreed;
  note(`\n${((performance.now() - began) / 1000).toFixed(1)} s`);
  return agreed ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${help}` : (error as Error).message);
  process.exitCode = 2;
}
