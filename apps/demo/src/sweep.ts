// The main job over several first weights and several splits: how accurate the networks are, and how near each other the styles stay.
import { device } from '@nn/core';
import * as torch from '@nn/torch';
import { toKeras } from '@nn/port';
import { agreement } from './compare.js';
import { largestDifference } from './curves.js';
import { split, type Digits } from './digits.js';
import { testKeras, trainKeras } from './keras-style.js';
import { networks } from './networks.js';
import type { Options } from './options.js';
import { percent, say, seconds, small, table, verdict } from './terminal.js';
import { silentProgress, testTorch, trainTorch } from './torch-style.js';

/** Trains every network with every seed on every split, in both styles; returns whether all were accurate and agreed. */
export async function sweep(
  all: Digits,
  { models, epochs, seed: firstSeed, split: firstSplit }: Options,
  { seeds, splits }: NonNullable<Options['sweep']>,
): Promise<boolean> {
  const began = performance.now();
  let good = true;
  const worst: string[][] = [['network', 'least accurate', 'required', 'losses differ at most by', 'allowed', 'runs']];
  say(`device ${device().name}\n`);
  for (const name of models) {
    const network = networks[name];
    const passes = epochs ?? network.epochs;
    let [least, farthest] = [1, 0];
    for (let s = firstSplit; s < firstSplit + splits; s++)
      for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
        const start = performance.now();
        const { train, test } = split(all, { split: s, seed });
        torch.manualSeed(seed);
        const torchModel = network.build();
        const kerasModel = toKeras(torchModel, { inputShape: network.torchShape });
        const difference = largestDifference(
          await trainTorch(torchModel, network, train, passes, silentProgress),
          await trainKeras(kerasModel, network, train, passes, 0),
        );
        const accuracies = [await testTorch(torchModel, network, test), await testKeras(kerasModel, network, test)];
        const fine = Math.min(...accuracies) >= network.accuracy && difference <= agreement;
        good &&= fine;
        least = Math.min(least, ...accuracies);
        farthest = Math.max(farthest, difference);
        say(
          verdict(
            fine,
            `${name}, split ${s}, seed ${seed}: ${accuracies.map(percent).join(' and ')}, losses differ by ${small(difference)} (${seconds(performance.now() - start)})`,
          ),
        );
      }
    worst.push([
      network.title,
      percent(least),
      percent(network.accuracy),
      small(farthest),
      small(agreement),
      String(seeds * splits),
    ]);
  }
  say(`\n${table(worst, [1, 2, 3, 4, 5])}\n`);
  say(verdict(good, `${good ? 'all as required' : 'not all as required'} (${seconds(performance.now() - began)})`));
  return good;
}
