// Tests of the configs of optimizers, and of what they refuse.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { tf, Variable } from '../index.js';

const { optimizers } = tf.keras;
beforeEach(() => tf.keras.utils.clearSession());

describe('configs', () => {
  it("have Keras's keys in Keras's order", () => {
    expect(Object.entries(new optimizers.Adam({ learningRate: 0.5 }).getConfig())).toEqual([
      ['name', 'adam'],
      ['learning_rate', 0.5],
      ['weight_decay', null],
      ['clipnorm', null],
      ['global_clipnorm', null],
      ['clipvalue', null],
      ['use_ema', false],
      ['ema_momentum', 0.99],
      ['ema_overwrite_frequency', null],
      ['loss_scale_factor', null],
      ['gradient_accumulation_steps', null],
      ['beta_1', 0.9],
      ['beta_2', 0.999],
      ['epsilon', 1e-7],
      ['amsgrad', false],
    ]);
  });
  it('make optimizers with schedules', () => {
    const rate = new optimizers.schedules.InverseTimeDecay(0.5, 2, 0.1, { staircase: true });
    const again = optimizers.SGD.fromConfig(new optimizers.SGD({ learningRate: rate }).getConfig());
    expect(again.learningRate.itemSync()).toBe(0.5);
    expect(again.getConfig()['learning_rate']).toEqual(rate.serialize());
  });
});

describe('errors', () => {
  const w = (): Variable => new Variable([1], { name: 'w' });
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['Could not interpret optimizer identifier: adma. Did you mean "adam"?', () => optimizers.get('adma')],
    [
      'Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set',
      () => new optimizers.SGD({ clipnorm: 1, clipvalue: 1 }),
    ],
    [
      '`ema_momentum` must be in the range [0, 1]. Received: ema_momentum=2',
      () => new optimizers.SGD({ useEma: true, emaMomentum: 2 }),
    ],
    [
      '`ema_overwrite_frequency` must be an integer >= 1',
      () => new optimizers.SGD({ useEma: true, emaOverwriteFrequency: 0.5 }),
    ],
    [
      '`gradient_accumulation_steps` must be an integer >= 2',
      () => new optimizers.SGD({ gradientAccumulationSteps: 1 }),
    ],
    [
      'Argument `learning_rate` should be float',
      () => new optimizers.SGD({ learningRate: '0.1' as unknown as number }),
    ],
    ['`momentum` must be a float between [0, 1]', () => new optimizers.SGD({ momentum: 2 })],
    ['Argument `weight_decay` must be a float', () => new optimizers.AdamW({ weightDecay: null })],
    ['No gradients provided for any variable.', () => new optimizers.SGD().applyGradients([[null, w()]])],
    [
      'the gradients must match the variables one-to-one',
      () => new optimizers.SGD().apply([tf.constant([1])], [w(), w()]),
    ],
    [
      'the optimizer must already be built on a list of variables',
      () => new optimizers.SGD().apply([tf.constant([1])]),
    ],
    [
      'Unknown variable: w. This optimizer can only be called for the variables it was originally built with',
      () => {
        const sgd = new optimizers.SGD();
        sgd.build([w()]);
        sgd.apply([tf.constant([1])], [w()]);
      },
    ],
    ['an optimizer is not called', () => (new optimizers.SGD() as unknown as () => void)()],
  ];
  it.each(cases)('%s', (message, f) => expect(f).toThrow(message));
  it('warns once of variables without gradients, and does nothing without any', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const sgd = new optimizers.SGD({ learningRate: 1 });
    const [a, b] = [new Variable([1], { name: 'a' }), new Variable([1], { name: 'b' })];
    for (let i = 0; i < 2; i++) sgd.apply([tf.constant([0.25]), null], [a, b]);
    sgd.apply([], []);
    expect([...a.dataSync(), ...b.dataSync()]).toEqual([0.5, 1]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining("Gradients do not exist for variables ['b']")]]);
    warn.mockRestore();
  });
});
