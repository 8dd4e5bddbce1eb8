// The command line: values, defaults, and mistakes that are told with their remedy.
import { describe, expect, test } from 'vitest';
import { helpText, parseOptions } from './options.js';

describe('options', () => {
  const none = { device: null, models: ['mlp', 'cnn'], epochs: null, seed: 0, split: 0, sweep: null, help: false };

  test('without any, both networks run on the device that everything starts on', () => {
    expect(parseOptions([])).toEqual(none);
  });

  test('values are read in both notations', () => {
    const args = ['--model', 'cnn', '--epochs=3', '--seed', '7', '--split=2', '--device', 'cpu', '--sweep=5x2'];
    expect(parseOptions(args)).toEqual({
      ...none,
      device: 'cpu',
      models: ['cnn'],
      epochs: 3,
      seed: 7,
      split: 2,
      sweep: { seeds: 5, splits: 2 },
    });
    expect(parseOptions(['-h']).help).toBe(true);
  });

  test.each([
    [['--modle', 'mlp'], '--modle: there is no such option. Did you mean --model?'],
    [['--model', 'cn'], '--model cn: expected one of mlp, cnn, both. Did you mean "cnn"?'],
    [['--device', 'webgup'], '--device webgup: expected one of cpu, wasm, webgpu. Did you mean "webgpu"?'],
    [['--epochs', '0'], '--epochs 0: expected a whole number from 1 to 1000'],
    [['--epochs', '1e2'], '--epochs 1e2: expected a whole number from 1 to 1000'],
    [['--seed=-1'], '--seed -1: expected a whole number from 0 to 4294967295'],
    [['--sweep', '5'], '--sweep 5: expected seeds x splits, as in --sweep 5x2'],
    [['--sweep', '0x2'], '--sweep 0x2: expected seeds x splits, as in --sweep 5x2'],
    [['--seed'], '--seed: a value is missing, as in --seed 1'],
    [['--model='], '--model: a value is missing, as in --model mlp'],
    [['--help=me'], '--help takes no value, but was given me'],
    [['mlp'], 'mlp: options start with two dashes, as in --model mlp'],
  ])('%j is refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });

  test('the help names every option and the epochs of each network', () => {
    const text = helpText({ mlp: 15, cnn: 12 });
    for (const option of ['--device', '--model', '--epochs', '--seed', '--split', '--sweep', '--help'])
      expect(text).toContain(option);
    expect(text).toContain('15 for mlp, 12 for cnn');
  });
});
