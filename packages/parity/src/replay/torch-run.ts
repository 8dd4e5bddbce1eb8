// Runs a call of the torch face forward and backward, eagerly or compiled.
import * as core from '@nn/core';
import type { CoreArray } from '@nn/formats';
import * as torch from '@nn/torch';
import type { Tensor } from '@nn/torch';
import { at, type Input } from './call.js';
import type { Replay } from './run.js';

/** A torch tensor with golden values. */
export function torchTensor({ data, shape, dtype }: CoreArray): Tensor {
  return new torch.Tensor(core.tensor(data, { shape, dtype }));
}

export interface Step {
  readonly inputs: readonly Input<Tensor>[];
  readonly parameters: Iterable<Tensor>;
  /** Fixed cotangents of the outputs that are differentiated, by where they stand in the result. */
  readonly cotangents: ReadonlyMap<string, Tensor>;
  call(...inputs: Tensor[]): unknown;
}

export interface StepResult {
  readonly out: unknown;
  readonly gradIn: ReadonlyMap<string, Tensor | null>;
}

/**
 * A function that runs the call, and the gradient of `sum((out * cot).sum())` with respect to inputs and parameters.
 * Gradients of parameters are left in their `.grad`.
 */
export function makeStep(
  { inputs, parameters, cotangents, call }: Step,
  { compiled, around }: Pick<Replay, 'compiled' | 'around'>,
): () => StepResult {
  const names = [...cotangents.keys()];
  const run = (xs: readonly Tensor[], cots: readonly Tensor[]): readonly [unknown, (Tensor | null)[]] => {
    const leaves = xs.map((x, i) => (inputs[i]!.grad ? x.detach().requiresGrad_() : x));
    const out = call(...leaves);
    const terms = names.map((name, i) => (at(out, name) as Tensor).mul(cots[i]!).sum());
    if (terms.length > 0) {
      const loss = terms.reduce((sum, term) => sum.add(term));
      if (loss.requiresGrad) loss.backward();
    }
    return [out, leaves.map((x, i) => (inputs[i]!.grad ? x.grad : null))];
  };
  const whole = compiled ? torch.compile(run) : run;
  return () => {
    for (const parameter of parameters) parameter.grad = null;
    const [out, grads] = around(() =>
      whole(
        inputs.map(({ tensor }) => tensor),
        [...cotangents.values()],
      ),
    );
    return { out, gradIn: new Map(inputs.map(({ name }, i) => [name, grads[i]!])) };
  };
}
