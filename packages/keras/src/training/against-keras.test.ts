// Training gives Keras's numbers: losses, metrics and weights of against-keras.json, which Keras itself has written (against-keras.py).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tf } from '../index.js';
import type { Tensor } from '../index.js';
import type { CompileOptions } from './compile.js';
import type { FitOptions } from './fit.js';

type Named = string | { [name: string]: string };
interface Case {
  name: string;
  model: object;
  optimizer: { [key: string]: unknown };
  compile: { [key: string]: unknown };
  x: Named;
  y: Named;
  fit: { [key: string]: unknown };
  history: { [name: string]: number[] };
  evaluate: { [name: string]: number };
  weights: number[];
}
const cases = JSON.parse(readFileSync(new URL('./against-keras.json', import.meta.url), 'utf8')) as Case[];

const n = 50;
const wave = (shape: readonly number[], speed = 0.7): Tensor =>
  tf.constant(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * speed)),
    { shape, dtype: 'float32' },
  );
const data = (): Record<string, Tensor> => {
  const x = wave([n, 6], 1.37);
  const column = (k: number): Tensor => x.at(null, k);
  const sparse = column(0).add(column(1)).gt(0).cast('int32').add(column(2).gt(0.5).cast('int32'));
  return {
    x,
    sparse,
    onehot: tf.oneHot(sparse, 3),
    binary: x.at(null, [0, 1]).gt(0).cast('float32'),
    tokens: tf
      .range(n * 5, { dtype: 'int32' })
      .mul(5)
      .mod(7)
      .reshape([n, 5]),
    images: wave([n, 8, 8, 2], 0.91),
    sequence: wave([n, 5, 4]),
    other: wave([n, 3], 0.31),
    weights: wave([n]).abs(),
  };
};
const camel = (o: object): object =>
  Object.fromEntries(Object.entries(o).map(([key, v]) => [key.replace(/_[a-z]/g, (c) => c[1]!.toUpperCase()), v]));
const near = (value: unknown): unknown =>
  typeof value === 'number'
    ? expect.closeTo(value, 3.5 - Math.max(0, Math.log10(Math.abs(value) || 1)))
    : Array.isArray(value)
      ? value.map(near)
      : Object.fromEntries(Object.entries(value as object).map(([key, v]) => [key, near(v)]));

describe.each([
  ['traced', false],
  ['eager', true],
])('%s', (_, runEagerly) => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (_name, c) => {
    const held = data();
    const look = (names: Named): Tensor | Record<string, Tensor> =>
      typeof names === 'string'
        ? held[names]!
        : Object.fromEntries(Object.entries(names).map(([key, name]) => [key, held[name]!]));
    const model = tf.keras.models.modelFromConfig(c.model);
    model.weights.forEach((w, k) => {
      const size = w.shape.reduce((a, b) => a * b, 1);
      const values = Float64Array.from({ length: size }, (_x, i) => 0.4 * Math.sin(i * 1.7 + k));
      if (w.shape.length > 1) w.assign(tf.constant(values, { shape: w.shape, dtype: 'float32' }));
    });
    model.compile({
      ...(camel(c.compile) as CompileOptions),
      optimizer: tf.keras.optimizers.get(c.optimizer),
      runEagerly,
    });
    const fit: FitOptions = { ...camel(c.fit), shuffle: false, verbose: 0 };
    if (fit.sampleWeight) fit.sampleWeight = look(fit.sampleWeight as unknown as string);
    const { history } = await model.fit(look(c.x), look(c.y), fit);
    expect(Object.keys(history)).toEqual(Object.keys(c.history));
    expect(history).toEqual(near(c.history));
    expect(await model.evaluate(look(c.x), look(c.y), { verbose: 0, returnDict: true })).toEqual(near(c.evaluate));
    const sums = model.getWeights().map((w) => Array.from(w.dataSync()).reduce((s, v, i) => s + v * Math.cos(i), 0));
    expect(sums).toEqual(near(c.weights));
  });
});
