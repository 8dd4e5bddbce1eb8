// Metrics against values worked out by hand from Keras's definitions, over several updates, with weights, compiled.
import * as core from '@nn/core';
import { describe, expect, test } from 'vitest';
import { Tensor } from '../tensor/tensor.js';
import * as metrics from './index.js';

const t = (x: core.NestedArray): Tensor => new Tensor(core.tensor(x));
const value = (m: metrics.Metric): number => (m.result() as Tensor).itemSync();

describe('means', () => {
  test('weigh samples and go on over updates', () => {
    const m = new metrics.Mean();
    m.updateState([1, 3, 5, 7]);
    expect(value(m)).toBe(4);
    m.updateState([2, 4], { sampleWeight: [1, 0] });
    expect(value(m)).toBeCloseTo(18 / 5, 6);
    m.resetState();
    expect(value(m)).toBe(0);
    m.updateState(
      [
        [1, 3],
        [5, 7],
      ],
      { sampleWeight: [1, 3] },
    );
    expect(value(m)).toBe((2 + 18) / 4);
  });
  test('accuracies', () => {
    const cases: [metrics.Metric, core.NestedArray, core.NestedArray, number][] = [
      [new metrics.BinaryAccuracy(), [[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]], 0.75],
      [
        new metrics.CategoricalAccuracy(),
        [
          [0, 0, 1],
          [0, 1, 0],
        ],
        [
          [0.1, 0.9, 0.8],
          [0.05, 0.95, 0],
        ],
        0.5,
      ],
      [
        new metrics.SparseCategoricalAccuracy(),
        [2, 1],
        [
          [0.1, 0.6, 0.3],
          [0.05, 0.95, 0],
        ],
        0.5,
      ],
      [
        new metrics.TopKCategoricalAccuracy({ k: 1 }),
        [
          [0, 0, 1],
          [0, 1, 0],
        ],
        [
          [0.1, 0.9, 0.8],
          [0.05, 0.95, 0],
        ],
        0.5,
      ],
      [
        new metrics.SparseTopKCategoricalAccuracy({ k: 2 }),
        [2, 1],
        [
          [0.1, 0.9, 0.8],
          [0.05, 0.95, 0],
        ],
        1,
      ],
      [
        new metrics.RootMeanSquaredError(),
        [
          [0, 1],
          [0, 0],
        ],
        [
          [1, 1],
          [0, 0],
        ],
        0.5,
      ],
      [
        new metrics.CosineSimilarity({ axis: 1 }),
        [
          [0, 1],
          [1, 1],
        ],
        [
          [1, 0],
          [1, 1],
        ],
        0.5,
      ],
    ];
    for (const [m, yTrue, yPred, expected] of cases) {
      m(t(yTrue), ...([t(yPred)] as unknown as never[]));
      expect(value(m)).toBeCloseTo(expected, 5);
    }
  });
});

describe('counts', () => {
  test('precision and recall, weighted, at several thresholds', () => {
    const p = new metrics.Precision();
    p.updateState([0, 1, 1, 1], t([1, 0, 1, 1]));
    expect(value(p)).toBeCloseTo(2 / 3, 6);
    p.resetState();
    p.updateState([0, 1, 1, 1], t([1, 0, 1, 1]), { sampleWeight: [0, 0, 1, 0] });
    expect(value(p)).toBe(1);
    const r = new metrics.Recall({ thresholds: [0.2, 0.8] });
    r.updateState([1, 1, 0, 1], t([0.1, 0.5, 0.9, 0.9]));
    expect(r.result().toArraySync()).toEqual([2 / 3, 1 / 3].map(Math.fround));
    const k = new metrics.Precision({ topK: 2 });
    k.updateState([[0, 0, 1, 1]], t([[1, 0.1, 0.3, 0.2]]));
    expect(value(k)).toBe(0.5);
  });
  test('AUC of both curves', () => {
    const roc = new metrics.AUC({ numThresholds: 3 });
    roc.updateState([0, 0, 1, 1], t([0, 0.5, 0.3, 0.9]));
    expect(value(roc)).toBeCloseTo(0.75, 6);
    const pr = new metrics.AUC({ numThresholds: 3, curve: 'PR' });
    pr.updateState([0, 0, 1, 1], t([0, 0.5, 0.3, 0.9]));
    // tp = [2,1,0], p = [4,1,0]: slopes 1/3 and 1, intercepts 2/3 and 0, by the interpolation of Davis and Goadrich.
    expect(value(pr)).toBeCloseTo(((1 / 3) * (1 + (2 / 3) * Math.log(4))) / 2 + 0.5, 5);
  });
  test('F-scores and IoU', () => {
    const f = new metrics.F1Score({ threshold: 0.5 });
    f.updateState(
      [
        [1, 1, 1],
        [1, 0, 0],
        [1, 1, 0],
      ],
      t([
        [0.2, 0.6, 0.7],
        [0.2, 0.6, 0.6],
        [0.6, 0.8, 0],
      ]),
    );
    const scores = f.result().toArraySync() as number[];
    [0.5, 0.8, 2 / 3].forEach((v, k) => expect(scores[k]).toBeCloseTo(v, 5));
    const iou = new metrics.MeanIoU(2);
    iou.updateState([0, 0, 1, 1], t([0, 1, 0, 1]));
    expect(value(iou)).toBeCloseTo(1 / 3, 5);
  });
  test('R2', () => {
    const m = new metrics.R2Score();
    m.updateState([[1], [4], [3]], t([[2], [4], [4]]));
    expect(value(m)).toBeCloseTo(1 - 2 / (14 / 3), 5);
  });
});

test('state is updated inside a compiled function', () => {
  const m = new metrics.SparseCategoricalAccuracy();
  const step = core.compile((y: Tensor, p: Tensor) => {
    m.updateState(y, p);
    return m.result();
  });
  expect(
    step(
      t([1, 0]),
      t([
        [0, 1],
        [0, 1],
      ]),
    ).itemSync(),
  ).toBe(0.5);
  expect(
    step(
      t([1, 1]),
      t([
        [0, 1],
        [0, 1],
      ]),
    ).itemSync(),
  ).toBe(0.75);
  expect(value(m)).toBe(0.75);
});
test('names and mistakes', () => {
  expect(metrics.get('accuracy').name).toBe('accuracy');
  expect(() => metrics.get('acuracy')).toThrow(
    'Could not interpret metric identifier: acuracy. Did you mean "accuracy"?',
  );
  expect(metrics.get('r2_score').className).toBe('R2Score');
  expect(metrics.accuracyFor([null], [null, 3])).toBe(metrics.sparseCategoricalAccuracy);
  expect(metrics.accuracyFor([null, 3], [null, 3])).toBe(metrics.categoricalAccuracy);
  expect(metrics.accuracyFor([null, 1], [null, 1])).toBe(metrics.binaryAccuracy);
});
