// One network through the whole job: trained in both styles, tested, ported both ways.
import * as torch from '@nn/torch';
import type { nn, Tensor } from '@nn/torch';
import { checkParity, toKeras, toTorch, type ParityReport } from '@nn/port';
import { largestDifference, lossPlot } from './curves.js';
import type { Digits } from './digits.js';
import { testKeras, trainKeras } from './keras-style.js';
import { type Network, parameterCount } from './networks.js';
import { farthest, parityTable, remarks } from './parity.js';
import { shownProgress } from './progress.js';
import {
  heading,
  interactive,
  kerasColour,
  paint,
  percent,
  rule,
  say,
  seconds,
  small,
  torchColour,
  verdict,
} from './terminal.js';
import { testTorch, trainTorch } from './torch-style.js';

/** How close the curves of both styles have to be. */
export const agreement = 1e-5;
/** Steps of the optimizer in the comparison of a ported model. */
const steps = 3;
/** Digits in the comparison of a ported model. */
const sampleSize = 8;

export interface Outcome {
  readonly title: string;
  readonly torchAccuracy: number;
  readonly kerasAccuracy: number;
  /** The largest difference of the mean losses of an epoch. */
  readonly lossDifference: number;
  /** The largest difference after porting, of outputs, gradients and trained weights. */
  readonly portDifference: number;
  readonly ms: number;
  /** Whether the curves, the accuracies and all parity rows agree. */
  readonly agreed: boolean;
}

async function timed<T>(f: () => Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await f(), performance.now() - began];
}

type TorchModel = nn.Module & ((x: Tensor) => Tensor);

/** Trains, tests and ports one network, and prints what happens. */
export async function compare(
  network: Network,
  { seed, epochs }: { seed: number; epochs: number | null },
  data: { train: Digits; test: Digits },
): Promise<Outcome> {
  const began = performance.now();
  const passes = epochs ?? network.epochs;
  const { torchShape: inputShape } = network;
  torch.manualSeed(seed);
  const torchModel = network.build();
  rule(`${network.title}: ${parameterCount(torchModel).toLocaleString('en')} parameters`);
  // Ported before it is trained: both styles begin with the same weights.
  const kerasModel = toKeras(torchModel, { inputShape });

  heading(torchColour, 'PyTorch style', 'a loop around a compiled step');
  const [torchLosses, torchMs] = await timed(() =>
    trainTorch(torchModel, network, data.train, passes, shownProgress(data.train.count, passes)),
  );
  heading(kerasColour, 'Keras style', 'compile and fit, from the same weights');
  const [kerasLosses, kerasMs] = await timed(() =>
    trainKeras(kerasModel, network, data.train, passes, interactive() ? 1 : 2),
  );

  heading('bold', 'Loss', '');
  say(lossPlot(torchLosses, kerasLosses));
  const lossDifference = largestDifference(torchLosses, kerasLosses);
  const near = lossDifference <= agreement;
  const at = kerasLosses.at(-1)!;
  say(
    `\n${verdict(near, `largest difference of the curves: ${small(lossDifference)}`)} ${paint('dim', `(allowed: ${small(agreement)}; they end at ${at.toFixed(4)})`)}`,
  );

  const torchAccuracy = await testTorch(torchModel, network, data.test);
  const kerasAccuracy = await testKeras(kerasModel, network, data.test);
  heading('bold', 'Test', `${data.test.count} digits that neither style was trained on`);
  say(`  PyTorch style  ${paint('bold', percent(torchAccuracy))}  ${paint('dim', `trained in ${seconds(torchMs)}`)}`);
  say(`  Keras style    ${paint('bold', percent(kerasAccuracy))}  ${paint('dim', `trained in ${seconds(kerasMs)}`)}`);

  const sample = torch.tensor(data.test.pixels.slice(0, sampleSize * 64)).reshape([sampleSize, ...inputShape]);
  const options = { inputs: [sample], train: { steps, optimizer: 'sgd' } } as const;
  const report = (r: ParityReport, accuracy: number, before: number): boolean => {
    const same = r.equal && Math.abs(accuracy - before) * data.test.count < 0.5; // no digit more, no digit less
    say(parityTable(r, steps) + remarks(r));
    say(
      verdict(
        same,
        `test accuracy ${percent(accuracy)}, before ${percent(before)}; largest difference ${small(farthest(r))}`,
      ),
    );
    return same;
  };
  heading('bold', 'Ported to the Keras style', 'largest differences on eight digits; weights, gradients and training');
  const ported = toKeras(torchModel, { inputShape });
  const there = await checkParity(torchModel, ported, options);
  const thereEqual = report(there, await testKeras(ported, network, data.test), torchAccuracy);

  heading('bold', 'Ported to the PyTorch style', 'the same for the model that the Keras style trained');
  const back = toTorch<TorchModel>(kerasModel);
  const again = await checkParity(back, kerasModel, options);
  const backEqual = report(again, await testTorch(back, network, data.test), kerasAccuracy);

  return {
    title: network.title,
    torchAccuracy,
    kerasAccuracy,
    lossDifference,
    portDifference: Math.max(farthest(there), farthest(again)),
    ms: performance.now() - began,
    agreed: near && thereEqual && backEqual,
  };
}
