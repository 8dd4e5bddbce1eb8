// Audio and hashing layers, against values that Keras 3.15 (JAX) and its documentation give.
import { describe, expect, test } from 'vitest';
import { tf } from '../../index.js';
import type { Tensor } from '../../index.js';
import { farmHash64, sipHash64 } from './stable-hash.js';

const { layers } = tf.keras;
const sound = (): Tensor =>
  tf.constant(
    Array.from({ length: 160 }, (_, i) => Math.sin(i * 0.37) + 0.1 * Math.cos(i * 1.3)),
    { shape: [2, 40, 2] },
  );
const figures = (y: Tensor): [readonly (number | null)[], number, number] => {
  const data = Array.from(y.dataSync());
  return [y.shape, data.reduce((s, v) => s + Math.abs(v), 0), data[7]!];
};
const near = (v: number): unknown => expect.closeTo(v, 1 - Math.floor(Math.log10(Math.abs(v)) - 3));

describe('STFTSpectrogram', () => {
  test.each([
    ['log', {}, [2, 9, 10], 214.3518371582, -0.540615975856781],
    ['psd', { window: 'hamming', scaling: 'spectrum' }, [2, 9, 10], 26.48215675354004, 0.09606064856052399],
    ['stft', { window: 'blackman', scaling: null, periodic: true }, [2, 9, 20], 177.20635986328125, 0.8668880462646484],
    ['real', { window: null, padding: 'same' }, [2, 10, 10], 156.76747131347656, 0.793103039264679],
    ['imag', { expandDims: true, frameStep: 3 }, [2, 11, 5, 2], 47.599021911621094, 0.05582578852772713],
  ] as const)('%s', (mode, o, shape, sum, seventh) => {
    const layer = new layers.STFTSpectrogram({ frameLength: 8, mode, ...o });
    expect(figures(layer(sound()))).toEqual([shape, near(sum), near(seventh)]);
    expect(layer(tf.keras.Input({ shape: [40, 2] })).shape).toEqual([null, ...shape.slice(1)]);
  });
  test('channels first, with a longer transform', () => {
    const o = { frameLength: 8, mode: 'magnitude', expandDims: true, dataFormat: 'channels_first', fftLength: 16 };
    const layer = new layers.STFTSpectrogram(o as never);
    const x = sound().transpose([0, 2, 1]);
    expect(figures(layer(x))).toEqual([[2, 2, 9, 9], near(179.66229248046875), near(0.07340514659881592)]);
  });
  test('errors', () => {
    expect(() => new layers.STFTSpectrogram({ mode: 'power' as never })).toThrow('Output mode is invalid');
    expect(() => new layers.STFTSpectrogram({ window: 'han' }).build([1, 400, 1])).toThrow('Did you mean');
    expect(() => new layers.STFTSpectrogram({ frameStep: 300 })).toThrow('`frame_step` should be');
    expect(() => new layers.STFTSpectrogram({ fftLength: 16 })).toThrow('`fft_length` should be');
  });
});
describe('MelSpectrogram', () => {
  const channel = (): Tensor => sound().at(null, null, 0);
  test('decibels', () => {
    const layer = new layers.MelSpectrogram({
      fftLength: 16,
      sequenceStride: 4,
      sequenceLength: 12,
      numMelBins: 4,
      samplingRate: 800,
      window: 'hamming',
    });
    expect(figures(layer(channel()))).toEqual([[2, 4, 11], near(804.5858764648438), near(10.193943977355957)]);
  });
  test('magnitudes, of one sound and of several', () => {
    const layer = new layers.MelSpectrogram({
      fftLength: 16,
      sequenceStride: 5,
      numMelBins: 3,
      samplingRate: 800,
      powerToDb: false,
      magExp: 1,
    });
    expect(figures(layer(channel()))).toEqual([[2, 3, 9], near(126.03025817871094), near(5.299355506896973)]);
    expect(layer(channel().at(0)).shape).toEqual([3, 9]);
  });
});
describe('Hashing', () => {
  const bins = (hash: (bytes: Uint8Array) => bigint): number[] =>
    Array.from('ABCDE', (c) => Number(hash(new TextEncoder().encode(c)) % 3n));
  test('the hash functions of TensorFlow', () => {
    expect(bins(farmHash64)).toEqual([1, 0, 1, 1, 2]);
    expect(bins((b) => sipHash64(b, [133, 137]))).toEqual([1, 2, 1, 0, 2]);
    expect(bins((b) => sipHash64(b, [133, 133]))).toEqual([0, 0, 2, 1, 0]);
  });
  test('modes, masks and symbolic inputs', () => {
    const x = tf.constant([[0], [1], [0], [12345678]], { dtype: 'int32' });
    const masked = new layers.Hashing(3, { maskValue: 0 })(x);
    expect([masked.shape, masked.dtype]).toEqual([[4, 1], 'int32']);
    expect(Array.from(masked.dataSync(), (v, i) => (i % 2 ? v > 0 : v === 0) || v > 0)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(new layers.Hashing(3, { outputMode: 'one_hot' })(x).shape).toEqual([4, 3]);
    expect(new layers.Hashing(5)(tf.keras.Input({ shape: [1], dtype: 'int32' })).shape).toEqual([null, 1]);
    expect(() => new layers.Hashing(0)).toThrow('num_bins');
  });
});
