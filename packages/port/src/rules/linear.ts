// Linear maps: Linear and Dense, Identity.
import { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { onFeatures, pointwise } from '../arrange.js';
import { activationModules } from './activation-functions.js';
import { type PortRecord, record } from '../rule.js';

const { Dense, Identity } = keras.layers;

export const linear: readonly PortRecord[] = [
  record(nn.Linear, Dense, {
    arrange: onFeatures,
    toKeras: (m) => new Dense(m.outFeatures, { useBias: m.bias !== null }),
    toTorch: (l, c) => [
      new nn.Linear(l.kernel.shape[0]!, l.units, { bias: l.useBias }),
      ...activationModules(l.activation, c, c.inputShape.length + 1),
    ],
    anySize: true,
    weights: (m) => ({ weight: { to: 'kernel', transpose: [1, 0], features: 0 }, ...(m.bias && { bias: 'bias' }) }),
    torchArguments: (m) => [m.inFeatures, m.outFeatures],
    notes: 'kernel = weight^T; an activation becomes a module of its own',
    torchExamples: [
      { make: () => new nn.Linear(4, 3), inputShapes: [[4]] },
      { make: () => new nn.Linear(4, 3, { bias: false }), inputShapes: [[2, 5, 4]] },
    ],
    kerasExamples: [
      { make: () => new Dense(3, { activation: 'relu' }), inputShapes: [[4]] },
      { make: () => new Dense(3, { activation: 'softmax', useBias: false }), inputShapes: [[5, 4]] },
    ],
  }),
  record(nn.Identity, Identity, {
    arrange: pointwise,
    toKeras: () => new Identity(),
    toTorch: () => new nn.Identity(),
  }),
];
