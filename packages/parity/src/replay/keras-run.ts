// Runs a call of the keras face forward and backward, eagerly or under tf.function.
import * as core from '@nn/core';
import type { CoreArray } from '@nn/formats';
import { Tensor, tf, type Variable } from '@nn/keras';
import { camel } from '../golden/value.js';
import { parametersOf } from './arguments.js';
import { at, type Call, type Input } from './call.js';
import { branches, valueOf } from './check.js';
import type { Replay } from './run.js';

/** A keras tensor with golden values. */
export function kerasTensor({ data, shape, dtype }: CoreArray): Tensor {
  return new Tensor(core.tensor(data, { shape, dtype }));
}

/** The only layers that take more tensors by place in Python than here are those of attention. */
const order = ['query', 'value', 'key'];

/** The arguments of a layer: tensors by place, everything else in the trailing options, which every layer takes. */
export function kerasArguments(call: object, { args, kwargs }: Call): unknown[] {
  const places = parametersOf(call).options ?? args.length;
  const options = Object.fromEntries([
    ...args.slice(places).map((value, i) => [order[places + i], value] as const),
    ...Object.entries(kwargs).map(([key, value]) => [camel(key), value] as const),
  ]);
  return Object.keys(options).length > 0 ? [...args.slice(0, places), options] : [...args];
}

export interface Step {
  readonly inputs: readonly Input<Tensor>[];
  readonly variables: readonly Variable[];
  /** Fixed cotangents of the outputs that are differentiated, by where they stand in the result. */
  readonly cotangents: ReadonlyMap<string, Tensor>;
  call(...inputs: Tensor[]): unknown;
}

export interface StepResult {
  readonly out: unknown;
  /** Masks of the outputs, in the order of their leaves. */
  readonly masks: readonly (Tensor | null)[];
  readonly gradIn: ReadonlyMap<string, Tensor | null>;
  readonly gradVariable: readonly (Tensor | null)[];
}

/** The tensors in a tree of tuples. */
export function leavesOf(tree: unknown): Tensor[] {
  return valueOf(tree) ? [tree as Tensor] : (branches(tree) ?? []).flatMap(leavesOf);
}

/** A function that runs the call, and the gradient of `sum((out * cot).sum())` with respect to inputs and variables. */
export function makeStep(
  { inputs, variables, cotangents, call }: Step,
  { compiled, around }: Pick<Replay, 'compiled' | 'around'>,
): () => StepResult {
  const names = [...cotangents.keys()];
  const run = (xs: readonly Tensor[], cots: readonly Tensor[]) => {
    const tape = new tf.GradientTape();
    const leaves = xs.map((x) => new Tensor(core.detach(x.read())));
    tape.watch(leaves.filter((_, i) => inputs[i]!.grad));
    const out = call(...leaves);
    const terms = names.map((name, i) => (at(out, name) as Tensor).mul(cots[i]!).sum());
    const grads = tape.gradient(terms, [...leaves, ...variables]);
    return { out, masks: leavesOf(out).map((t) => t.kerasMask), grads };
  };
  const whole = compiled ? tf.function(run) : run;
  return () => {
    const { out, masks, grads } = around(() =>
      whole(
        inputs.map(({ tensor }) => tensor),
        [...cotangents.values()],
      ),
    );
    return {
      out,
      masks,
      gradIn: new Map(inputs.map(({ name }, i) => [name, grads[i]!])),
      gradVariable: grads.slice(inputs.length),
    };
  };
}
