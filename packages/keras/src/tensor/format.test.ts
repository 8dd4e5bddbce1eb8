// Arrays and shapes print as NumPy and Python print them.
import { describe, expect, test } from 'vitest';
import { formatArray, formatShape } from './format.js';

const f = (...x: number[]): Float32Array => Float32Array.from(x);
const ramp = (n: number, g: (i: number) => number = (i) => i): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => g(i));

describe('formatArray', () => {
  test.each([
    ['places of a column are aligned', f(1, 2.5, -3), [3], '[ 1.   2.5 -3. ]'],
    ['rows', f(1, 2, 3, 4), [2, 2], '[[1. 2.]\n [3. 4.]]'],
    ['small numbers', f(0.1, 0.25, 1e-3), [3], '[0.1   0.25  0.001]'],
    ['a wide range takes exponents', f(1e-5, 1), [2], '[1.e-05 1.e+00]'],
    ['large numbers', f(123456.789, 1), [2], '[1.2345679e+05 1.0000000e+00]'],
    ['what is not a number', f(NaN, Infinity, -Infinity, 1), [4], '[ nan  inf -inf   1.]'],
    ['three axes', ramp(8), [2, 2, 2], '[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]'],
    ['nothing', f(), [0, 3], '[]'],
    ['zeros', f(0, 0), [2], '[0. 0.]'],
  ])('%s', (_, data, shape, text) => expect(formatArray(data, shape, 'float32')).toBe(text));

  test('long rows break, long arrays are shortened', () => {
    expect(
      formatArray(
        ramp(14, (i) => i / 7),
        [14],
        'float32',
      ),
    ).toBe(
      '[0.         0.14285715 0.2857143  0.42857143 0.5714286  0.71428573\n 0.85714287 1.         1.1428572  1.2857143  1.4285715  1.5714285\n 1.7142857  1.8571428 ]',
    );
    expect(formatArray(ramp(2000), [2000], 'float32')).toBe(
      '[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]',
    );
  });
  test('integers, booleans, single numbers, doubles', () => {
    expect(formatArray(Int32Array.of(1, -20, 300), [3], 'int32')).toBe('[  1 -20 300]');
    expect(formatArray(Uint8Array.of(1, 0), [2], 'bool')).toBe('[ True False]');
    expect([3, 0.1, 1e-5, 1e16, 1e5, 2e6].map((x) => formatArray(f(x), [], 'float32'))).toEqual([
      '3.0',
      '0.1',
      '1e-05',
      '1e+16',
      '100000.0',
      '2e+06',
    ]);
    expect(formatArray(Float64Array.of(0, 1 / 3), [2], 'float64')).toBe('[0.         0.33333333]');
  });
});
test('formatShape', () => {
  expect([[], [4], [2, 3], [null, 10]].map(formatShape)).toEqual(['()', '(4,)', '(2, 3)', '(None, 10)']);
});
