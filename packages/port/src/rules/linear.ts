// Linear maps: Linear and Dense, Identity.
import { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { onFeatures, pointwise } from '../arrange.js';
import { type PortRecord, record } from '../rule.js';

const { Dense, Identity } = keras.layers;

export const linear: readonly PortRecord[] = [
  record(nn.Linear, Dense, {
    arrange: onFeatures,
    toKeras: (m) => new Dense(m.outFeatures, { useBias: m.bias !== null }),
    toTorch: (l, { inputShape }) => new nn.Linear(inputShape.at(-1)!, l.units, { bias: l.useBias }),
    weights: (m) => ({ weight: { to: 'kernel', transpose: [1, 0], features: 0 }, ...(m.bias && { bias: 'bias' }) }),
  }),
  record(nn.Identity, Identity, {
    arrange: pointwise,
    toKeras: () => new Identity(),
    toTorch: () => new nn.Identity(),
  }),
];
