// Callbacks that write files: checkpoints, backups, logs.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, readSafetensors } from '@nn/formats';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { tf } from '../index.js';
import { fillIn } from './save-frequency.js';

const { callbacks, layers } = tf.keras;
const root = mkdtempSync(join(tmpdir(), 'callbacks-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'test-'));
});
const files = (): string[] => readdirSync(folder).sort();

const x = tf.random.normal([32, 4]);
const y = tf.reduceSum(x, { axis: 1, keepdims: true });
function model(o: { ema?: boolean } = {}): InstanceType<typeof tf.keras.Sequential> {
  const made = new tf.keras.Sequential([
    tf.keras.Input({ shape: [4] }) as never,
    new layers.Dense(3, { activation: 'tanh' }),
    new layers.BatchNormalization(),
    new layers.Dense(1),
  ]);
  const optimizer = o.ema
    ? new tf.keras.optimizers.SGD({ learningRate: 0.1, useEma: true, emaMomentum: 0.5 })
    : new tf.keras.optimizers.Adam({ learningRate: 0.05 });
  made.compile({ optimizer, loss: 'mse' });
  return made;
}
const fit = (m: ReturnType<typeof model>, epochs: number, given: readonly object[], more: object = {}) =>
  m.fit(x, y, { epochs, batchSize: 8, shuffle: false, verbose: 0, callbacks: given as never, ...more });
const weights = (m: ReturnType<typeof model>): unknown => Promise.all(m.getWeights().map((w) => w.toArray()));

describe('ModelCheckpoint', () => {
  test('writes each epoch under a name with its values', async () => {
    const m = model();
    const { history } = await fit(m, 2, [
      new callbacks.ModelCheckpoint(join(folder, '{epoch:02d}-{loss:.3f}.safetensors')),
    ]);
    expect(files()).toEqual(history['loss']!.map((loss, i) => `0${i + 1}-${loss.toFixed(3)}.safetensors`).sort());
    const last = files().find((f) => f.startsWith('02'))!;
    const again = model();
    await again.loadWeights(join(folder, last));
    expect(await weights(again)).toEqual(await weights(m));
  });

  test('keeps the best only, and says so', async () => {
    const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const path = join(folder, 'best.safetensors');
    const m = model();
    const checkpoint = new callbacks.ModelCheckpoint(path, { monitor: 'loss', saveBestOnly: true, verbose: 1 });
    checkpoint.setModel(m as never);
    const seen: unknown[] = [];
    for (const [epoch, loss] of [2, 1, 3].entries()) {
      m.layers[0]!.setWeights([tf.fill([4, 3], loss), tf.zeros([3])]);
      checkpoint.onEpochBegin(epoch);
      await checkpoint.onEpochEnd(epoch, { loss });
      seen.push(decode(readSafetensors(readFileSync(path)).arrays.get('dense/kernel')!).data[0]);
    }
    const told = out.mock.calls.map(([text]) => String(text));
    out.mockRestore();
    expect(seen).toEqual([2, 1, 1]);
    expect(told).toEqual([
      `\nEpoch 1: loss improved from inf to 2.00000, saving model to ${path}\n`,
      `\nEpoch 2: loss improved from 2.00000 to 1.00000, saving model to ${path}\n`,
      '\nEpoch 3: loss did not improve from 1.00000\n',
    ]);
  });

  test('writes after so many batches, over the borders of epochs', async () => {
    await fit(model(), 3, [
      new callbacks.ModelCheckpoint(join(folder, '{epoch}-{batch}.safetensors'), { saveFreq: 5 }),
    ]);
    expect(files()).toEqual(['2-1.safetensors', '3-2.safetensors']);
  });

  test('warns when the metric is not there, and writes', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await fit(model(), 1, [new callbacks.ModelCheckpoint(join(folder, 'a.safetensors'), { saveBestOnly: true })]);
    expect(warn).toHaveBeenCalledWith('Can save best model only with val_loss available.');
    warn.mockRestore();
    expect(files()).toEqual(['a.safetensors']);
  });

  test.each<[string, () => unknown]>([
    ['the filename must end in `.safetensors`', () => new callbacks.ModelCheckpoint('a.keras')],
    [
      'only weights can be written so far',
      () => new callbacks.ModelCheckpoint('a.safetensors', { saveWeightsOnly: false }),
    ],
    [
      "unrecognized saveFreq: day. Expected saveFreq are 'epoch' or a whole number",
      () => new callbacks.ModelCheckpoint('a.safetensors', { saveFreq: 'day' as never }),
    ],
    ['There is no value \'val_los\'. Did you mean "val_loss"?', () => fillIn('{val_los}', { val_loss: 1 })],
    ['{loss:x} has no such format', () => fillIn('{loss:x}', { loss: 1 })],
  ])('%s', (message, f) => {
    expect(f).toThrow(message);
  });

  test.each([
    ['{a}', '0.5'],
    ['{a:.2f}', '0.50'],
    ['{b:04d}', '0012'],
    ['{b:5d}', '   12'],
    ['{a:.1e}', '5.0e-01'],
    ['{b:.1g}', '10'],
  ])('%s is %s', (path, text) => {
    expect(fillIn(path, { a: 0.5, b: 12 })).toBe(text);
  });
});

describe('BackupAndRestore', () => {
  /** Breaks off after an epoch. */
  const breakOff = (epoch: number) =>
    new callbacks.LambdaCallback({
      onEpochBegin: (e) => {
        if (e === epoch) throw new Error('power cut');
      },
    });

  test('goes on where a training was cut off, and ends like one that was not', async () => {
    const whole = model();
    const start = await whole.weightsFile();
    const { history } = await fit(whole, 4, []);
    const backup = join(folder, 'backup');
    const cut = model();
    await cut.loadWeights(start);
    await expect(fit(cut, 4, [new callbacks.BackupAndRestore(backup), breakOff(2)])).rejects.toThrow('power cut');
    expect(readdirSync(backup)).toEqual(['latest.safetensors']);
    const resumed = model();
    const rest = await fit(resumed, 4, [new callbacks.BackupAndRestore(backup)]);
    expect(rest.epoch).toEqual([2, 3]);
    expect(rest.history['loss']).toEqual(history['loss']!.slice(2));
    expect(await weights(resumed)).toEqual(await weights(whole));
    expect(readdirSync(backup)).toEqual([]);
  });
  test('can keep its file, and write it within epochs', async () => {
    await fit(model(), 1, [new callbacks.BackupAndRestore(folder, { saveFreq: 3, deleteCheckpoint: false })]);
    expect(readSafetensors(readFileSync(join(folder, 'latest.safetensors'))).metadata.get('epoch')).toBe('0');
  });
  test('needs a model that is built', async () => {
    const open = new tf.keras.Sequential([new layers.Dense(1)]);
    open.compile({ loss: 'mse' });
    await expect(open.fit(x, y, { verbose: 0, callbacks: [new callbacks.BackupAndRestore(folder)] })).rejects.toThrow(
      'To use the BackupAndRestore callback, your model must be built before you call `fit()`.',
    );
    expect(() => new callbacks.BackupAndRestore('')).toThrow('Empty `backupDir` argument passed');
  });
});

describe('CSVLogger', () => {
  test('writes a row for each epoch, and goes on in a file', async () => {
    const path = join(folder, 'log.csv');
    const { history } = await fit(model(), 2, [new callbacks.CSVLogger(path)], { validationSplit: 0.25 });
    const row = (i: number): string => `${i},${history['loss']![i]},${history['val_loss']![i]}`;
    expect(readFileSync(path, 'utf8')).toBe(`epoch,loss,val_loss\r\n${row(0)}\r\n${row(1)}\r\n`);
    const logger = new callbacks.CSVLogger(path, { append: true });
    await logger.onTrainBegin();
    await logger.onEpochEnd(2, { loss: 1, val_loss: 2 });
    expect(readFileSync(path, 'utf8').split('\r\n').slice(3)).toEqual(['2,1,2', '']);
  });
  test('has columns for a later validation, and NA where a value is missing', async () => {
    const path = join(folder, 'new', 'log.csv');
    const logger = new callbacks.CSVLogger(path, { separator: ';' });
    await logger.onTrainBegin();
    await logger.onEpochEnd(0, { loss: 0.5, f1: [0.25, 1] as never });
    await logger.onEpochEnd(1, { loss: 0.25, val_loss: 3 });
    expect(readFileSync(path, 'utf8').split('\r\n')).toEqual([
      'epoch;f1;loss;val_f1;val_loss',
      '0;[0.25, 1];0.5;NA;NA',
      '1;NA;0.25;NA;3',
      '',
    ]);
  });
});

describe('SwapEMAWeights', () => {
  test('evaluates with the averages and trains on with the weights', async () => {
    const plain = model({ ema: true });
    const start = await plain.weightsFile();
    await fit(plain, 3, []);
    const swapped = model({ ema: true });
    await swapped.loadWeights(start);
    const values: unknown[] = [];
    const look = new callbacks.LambdaCallback({ onTestEnd: async () => void values.push(await weights(swapped)) });
    await fit(swapped, 3, [look, new callbacks.SwapEMAWeights()], { validationData: [x, y] });
    expect(await weights(swapped)).toEqual(await weights(plain));
    expect(values[2]).toEqual(await weights(plain));
    await expect(fit(model(), 1, [new callbacks.SwapEMAWeights()])).rejects.toThrow('SwapEMAWeights must be used when');
  });
  test('shows the averages at the end of each epoch', async () => {
    const one = model({ ema: true });
    const start = await one.weightsFile();
    await fit(one, 1, []);
    const swapped = model({ ema: true });
    await swapped.loadWeights(start);
    const seen: unknown[] = [];
    const look = new callbacks.LambdaCallback({ onEpochEnd: async () => void seen.push(await weights(swapped)) });
    await fit(swapped, 2, [new callbacks.SwapEMAWeights({ swapOnEpoch: true }), look]);
    expect(seen[0]).toEqual(await weights(one));
    expect(seen[1]).toEqual(await weights(swapped));
  });
});

test('RemoteMonitor posts the values, and a server that is not there is a warning', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const post = vi
    .spyOn(globalThis, 'fetch')
    .mockResolvedValueOnce(new Response())
    .mockRejectedValueOnce(new Error('refused'));
  const monitor = new callbacks.RemoteMonitor({ root: 'http://here', sendAsJson: true });
  await monitor.onEpochEnd(3, { loss: 0.5 });
  await monitor.onEpochEnd(4, { loss: 0.5 });
  expect(post.mock.calls[0]).toMatchObject([
    'http://here/publish/epoch/end/',
    { method: 'POST', body: '{"epoch":3,"loss":0.5}' },
  ]);
  expect(warn).toHaveBeenCalledWith('Could not reach RemoteMonitor root server at http://here: refused');
  vi.restoreAllMocks();
});

test('callbacks that write at the end of epochs do not make fit wait for each batch', () => {
  const watches = (c: { watchesBatches: boolean }): boolean => c.watchesBatches;
  expect(watches(new callbacks.ModelCheckpoint('a.safetensors'))).toBe(false);
  expect(watches(new callbacks.ModelCheckpoint('a.safetensors', { saveFreq: 2 }))).toBe(true);
  expect(watches(new callbacks.BackupAndRestore('a'))).toBe(false);
  expect(watches(new callbacks.TerminateOnNaN())).toBe(true);
  expect(watches(new callbacks.History())).toBe(false);
});
