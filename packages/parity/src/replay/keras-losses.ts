// Replays losses of keras: value and gradient.
import { tf, type Tensor } from '@nn/keras';
import type { GoldenCase } from '../golden/group.js';
import { revive } from '../golden/value.js';
import { bind, find } from './arguments.js';
import { inputsOf, namedTensors, withValues, type Args } from './call.js';
import { kerasTensor, makeStep } from './keras-run.js';
import type { Adapter } from './run.js';

export interface KerasLossCase extends GoldenCase {
  readonly loss: string;
  readonly args: Args;
  readonly call: { readonly y_true: unknown; readonly y_pred: unknown; readonly sample_weight: unknown };
  readonly grad_in: readonly string[];
  readonly tol: { readonly out: number; readonly grad: number };
}

type Loss = (yTrue: unknown, yPred: unknown, sampleWeight?: unknown) => Tensor;

/** A loss of keras from its Python arguments. */
export function makeLoss(name: string, args: Args): Loss {
  const Class = find(tf.keras.losses, 'losses', name) as new (...args: unknown[]) => Loss;
  const bound = bind(`losses.${name}`, Class, [], revive(args, { tensor: () => null }) as Args);
  const loss = new Class(...bound.args);
  bound.assertRead();
  return loss;
}

export const replayKerasLoss: Adapter<KerasLossCase> = async (golden, replay) => {
  const { tensors, check, compiled } = replay;
  const loss = makeLoss(golden.loss, golden.args);
  const inputs = inputsOf(golden.call, tensors, kerasTensor);
  const step = makeStep(
    {
      inputs,
      variables: [],
      cotangents: namedTensors('cot', ['0'], tensors, kerasTensor),
      call: (...xs) => {
        const { y_true: yTrue, y_pred: yPred, sample_weight: weight } = withValues(golden.call, inputs, xs);
        return loss(yTrue, yPred, weight);
      },
    },
    replay,
  );
  for (let round = 0; round < (compiled ? 2 : 1); round++) {
    const { out, gradIn } = step();
    await check.tensor('out/0', out, tensors.get('out/0'), golden.tol.out);
    await check.gradients('grad_in', gradIn, golden.grad_in, (key) => tensors.get(key), golden.tol.grad);
  }
};
