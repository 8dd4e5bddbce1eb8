// The loop over time: steps, masks, direction.
import * as core from '@nn/core';
import { isInferring } from '../../graph/node.js';
import { apply, Tensor } from '../../tensor/tensor.js';
import { flattenTree, packTree, type Nested } from '../../tensor/tree.js';

export interface TimeLoop {
  /** [output, new states] of one step. */
  readonly step: (x: Tensor, states: readonly Nested<Tensor>[]) => readonly [Tensor, readonly Nested<Tensor>[]];
  readonly states: readonly Nested<Tensor>[];
  readonly goBackwards: boolean;
  /** [batch, steps]; a masked step keeps states and output as they were. */
  readonly mask: Tensor | null;
  /** The output of a masked step is zero instead of the one before. */
  readonly zeroOutputForMask: boolean;
  readonly returnSequences: boolean;
}
const stepOf = (x: Tensor, t: number): Tensor => apply('Step', [x], (v) => core.select(v, 1, t));
/** `a` where the mask [batch] is true, else `b`. */
const choose = (mask: Tensor, a: Tensor, b: Tensor): Tensor =>
  apply('Where', [mask, a, b], (m, x, y) =>
    core.where(core.reshape(core.cast(m, 'bool'), [m.shape[0]!, ...Array.from({ length: x.ndim - 1 }, () => 1)]), x, y),
  );

/** Runs the steps over [batch, steps, ...]. The outputs of a loop that goes backwards stay in the order in which they were made. */
export function runTimeLoop(sequences: Tensor, loop: TimeLoop): { output: Tensor; states: readonly Nested<Tensor>[] } {
  const length = sequences.shape[1]!;
  if (length === 0) throw new core.ShapeError('RNN: the sequence has no steps');
  let states = loop.states;
  let output: Tensor | null = null;
  const outputs: Tensor[] = [];
  const steps = isInferring() ? 1 : length;
  for (let k = 0; k < steps; k++) {
    const t = loop.goBackwards ? length - 1 - k : k;
    const [y, next] = loop.step(stepOf(sequences, t), states);
    if (loop.mask) {
      const on = stepOf(loop.mask, t);
      const before: Tensor =
        output && !loop.zeroOutputForMask ? output : apply('ZerosLike', [y], (x) => core.zerosLike(x));
      const old = flattenTree(states) as Tensor[];
      output = choose(on, y, before);
      states = packTree(
        next,
        (flattenTree(next) as Tensor[]).map((s, i) => choose(on, s, old[i]!)),
      ) as readonly Nested<Tensor>[];
    } else {
      output = y;
      states = next;
    }
    outputs.push(output);
  }
  if (!loop.returnSequences) return { output: output!, states };
  if (steps < length)
    return {
      output: apply('Repeat', [output!], (x) =>
        core.expand(core.unsqueeze(x, 1), [x.shape[0]!, length, ...x.shape.slice(1)]),
      ),
      states,
    };
  return {
    output: new Tensor(
      core.stack(
        outputs.map((y) => y.read()),
        1,
      ),
    ),
    states,
  };
}
