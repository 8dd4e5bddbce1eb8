// Files of weights: names, errors, and that they are whole.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@nn/formats';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { tf } from '../index.js';
import { saveWeights } from './weights.js';

const { layers } = tf.keras;
const root = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'test-'));
});
const files = (): string[] => readdirSync(folder).sort();
const made = (): InstanceType<typeof tf.keras.Sequential> =>
  new tf.keras.Sequential([
    tf.keras.Input({ shape: [4] }) as never,
    new layers.Dense(3, { activation: 'tanh' }),
    new layers.BatchNormalization(),
    new layers.Dense(1),
  ]);
const weights = (m: ReturnType<typeof made>): Promise<unknown> => Promise.all(m.getWeights().map((w) => w.toArray()));

describe('weights in a file', () => {
  test('are found by where they stand, whatever the layers are called', async () => {
    const [from, to] = [made(), made()];
    const path = join(folder, 'deep', 'w.safetensors');
    await from.saveWeights(path);
    expect([...readSafetensors(readFileSync(path)).arrays.keys()].sort()).toEqual([
      'batch_normalization/beta',
      'batch_normalization/gamma',
      'batch_normalization/moving_mean',
      'batch_normalization/moving_variance',
      'dense/bias',
      'dense/kernel',
      'dense_1/bias',
      'dense_1/kernel',
    ]);
    expect(to.layers[0]!.name).not.toBe('dense');
    await to.loadWeights(path);
    expect(await weights(to)).toEqual(await weights(from));
    await to.loadWeights(await made().weightsFile());
    expect(await weights(to)).not.toEqual(await weights(from));
  });

  test('are whole or not there: a failed write leaves the old file and no other', async () => {
    const path = join(folder, 'w.safetensors');
    writeFileSync(path, 'old');
    const m = made();
    const lost = (): never => {
      throw new Error('lost');
    };
    const broken = {
      name: 'm',
      built: true,
      namedWeights: () => [['w', { cell: { shape: [1], dtype: 'f32', get: lost } }]],
    };
    await expect(saveWeights(broken as never, path)).rejects.toThrow('lost');
    expect(readFileSync(path, 'utf8')).toBe('old');
    await m.saveWeights(path);
    expect(files()).toEqual(['w.safetensors']);
  });

  test('that do not fit are refused by name, and nothing is changed', async () => {
    const other = new tf.keras.Sequential([
      tf.keras.Input({ shape: [4] }) as never,
      new layers.Dense(2),
      new layers.Dense(1),
    ]);
    const from = made();
    from.layers[2]!.setWeights([tf.ones([3, 1]), [7]]);
    const bytes = await from.weightsFile();
    const before = await weights(other as never);
    await expect(other.loadWeights(bytes)).rejects.toThrow(
      'loadWeights: the file does not fit: "dense/kernel" is (4, 3) in the file and (4, 2) in the model; "dense/bias" is (3,) in the file and (2,) in the model; "dense_1/kernel" is (3, 1) in the file and (2, 1) in the model; "batch_normalization/beta" is in the file only',
    );
    expect(await weights(other as never)).toEqual(before);
    await other.loadWeights(bytes, { skipMismatch: true });
    expect(await weights(other as never)).toEqual([...(before as unknown[]).slice(0, 3), [7]]);
    await expect(other.loadWeights(join(folder, 'none.safetensors'))).rejects.toThrow('File not found: filepath=');
    await expect(other.saveWeights('w.h5')).rejects.toThrow('the filename must end in `.safetensors`');
    await expect(new tf.keras.Sequential([new layers.Dense(1)]).weightsFile()).rejects.toThrow('has no weights yet');
  });
});
