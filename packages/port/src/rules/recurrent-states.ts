// How recurrent layers are connected: stacks, directions, states that go in and come out.
import * as core from '@nn/core';
import { keras, type Layer, type Tensor as KerasTensor } from '@nn/keras';
import { Tensor } from '@nn/torch';
import type { Arrange } from '../arrange.js';
import { batchSecond, same } from '../layout.js';
import type { TorchParts } from '../rule.js';
import type { CallKeras, CallTorch, KerasLSTM, Kind, Recurrent } from './recurrent-kinds.js';
import { range } from './sizes.js';

/** Sequences as `batchFirst` says; states are [layers, n, units] in torch and [n, layers, units] in Keras models. */
export const arrange: Arrange<Recurrent> = (m, inputs) => {
  const sequence = m.batchFirst ? same : batchSecond(3);
  return {
    inputs: inputs.map((_, i) => (i ? batchSecond(3) : sequence)),
    outputs: [sequence, batchSecond(3), batchSecond(3)],
  };
};
const select = (x: KerasTensor, index: number): KerasTensor =>
  x.defer('GetItem', [x], (t) => core.select(t, 1, index)) as KerasTensor;
const stack = (xs: readonly KerasTensor[]): KerasTensor =>
  xs[0]!.defer('Stack', xs, (...ts) => core.stack(ts, 1)) as KerasTensor;

export function connected(kind: Kind, m: Recurrent, made: readonly Layer[]) {
  const dirs = m.bidirectional ? 2 : 1;
  return ([x, ...given]: readonly KerasTensor[]): readonly KerasTensor[] => {
    const finals: KerasTensor[][] = range(kind.states).map(() => []);
    let y = x!;
    let at = 0;
    for (const layer of made) {
      if (layer instanceof keras.layers.Dropout) {
        y = layer(y);
        continue;
      }
      const initialState = range(dirs).flatMap((d) => given.map((s) => select(s, at * dirs + d)));
      const [out, ...states] = (layer as unknown as CallKeras)(
        y,
        ...(given.length ? [{ initialState }] : []),
      ) as KerasTensor[];
      states.forEach((s, i) => finals[i % kind.states]!.push(s));
      y = out!;
      at++;
    }
    return [y, ...finals.map(stack)];
  };
}

export const list = (x: Tensor | [Tensor, Tensor]): Tensor[] => (x instanceof Tensor ? [x] : x);
const half = (x: Tensor, side: 0 | 1): Tensor => x.chunk(2, -1)[side]!;
const merges: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  sum: (a, b) => a.add(b),
  mul: (a, b) => a.mul(b),
  ave: (a, b) => a.add(b).div(2),
};
/** What a Keras layer gives back, out of the outputs and states of the torch module. */
export function asKeras(kind: Kind, l: KerasLSTM, m: Recurrent, mode: string | null = 'concat'): TorchParts {
  const dirs = m.bidirectional ? 2 : 1;
  const call = ([x, ...given]: readonly Tensor[]): readonly Tensor[] => {
    const perState = range(given.length ? kind.states : 0).map(
      (k) =>
        new Tensor(
          core.stack(
            range(dirs).map((d) => given[d * kind.states + k]!.value),
            0,
          ),
          'Stack',
        ),
    );
    const input = l.goBackwards ? x!.flip([1]) : x!;
    const [seq, last] = (m as unknown as CallTorch)(
      input,
      ...(perState.length ? [kind.states === 1 ? perState[0] : perState] : []),
    );
    const states = list(last);
    const h = states[0]!;
    const sides: readonly (0 | 1)[] = dirs === 1 ? [0] : [0, 1];
    const parts = sides.map((d) => (l.returnSequences ? (dirs === 1 ? seq : half(seq, d)) : h.select(0, d)));
    const whole = l.returnSequences
      ? seq
      : new Tensor(
          core.concat(
            parts.map((p) => p.value),
            -1,
          ),
          'Cat',
        );
    const outputs =
      dirs === 1 || mode === 'concat' ? [whole] : mode === null ? parts : [merges[mode]!(parts[0]!, parts[1]!)];
    return l.returnState ? [...outputs, ...sides.flatMap((d) => states.map((s) => s.select(0, d)))] : outputs;
  };
  return { modules: [m], call };
}
