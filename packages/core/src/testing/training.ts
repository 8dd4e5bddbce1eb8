// A small convolutional network that is trained for ten steps: the program that shows a backend as a whole.
import { compile, gradients } from '../autograd/index.js';
import { allocate, sizeOf, type Shape } from '../base/index.js';
import { adamUpdate, batchNorm, crossEntropy, layerNorm, maxPool } from '../functional/index.js';
import { data, tensor } from '../graph/create.js';
import { memory, openScope, scope } from '../graph/memory.js';
import type { Tensor } from '../graph/tensor.js';
import { Variable } from '../graph/variable.js';
import { add, conv, matmul, mean, reshape, tanh } from '../ops/index.js';
import { seeded } from './draw.js';

const filled = (shape: Shape, value: () => number): Tensor =>
  tensor(allocate('f32', sizeOf(shape)).map(value), { shape });
const noise = (shape: Shape, seed: number): Tensor => {
  const random = seeded(seed);
  return filled(shape, () => random() - 0.5);
};

/** A weight with the two moments that Adam keeps of its gradients. */
interface Slot {
  readonly p: Variable;
  readonly m: Variable;
  readonly v: Variable;
}
const slot = (shape: Shape, seed: number): Slot => ({
  p: new Variable(noise(shape, seed), { trainable: true }),
  m: new Variable(filled(shape, () => 0)),
  v: new Variable(filled(shape, () => 0)),
});

/** The loss of images f32[6,1,8,8] with labels i32[6]. */
function lossOf(images: Tensor, labels: Tensor, weights: readonly Tensor[]): Tensor {
  const [w, scale, shift, out, bias] = weights as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const h = tanh(batchNorm(conv(images, w, { padding: 1 }), { weight: add(scale, 1), bias: shift }).output);
  const flat = layerNorm(reshape(maxPool(h, { window: [2, 2] }), [6, 64]), [64]);
  return mean(crossEntropy(add(matmul(flat, out), bias), labels, 1).loss);
}

/** One step of Adam on all weights; the loss before it. */
const stepOf =
  (slots: readonly Slot[], step: Variable) =>
  (images: Tensor, labels: Tensor): Tensor => {
    const leaves = slots.map(({ p }) => p.get());
    const loss = lossOf(images, labels, leaves);
    const slopes = gradients([loss], { targets: leaves });
    step.set(add(step.get(), 1));
    slots.forEach(({ p, m, v }, k) => {
      const o = { lr: 0.05, step: step.get(), eps: 1e-8, form: 'torch' } as const;
      const next = adamUpdate(leaves[k]!, slopes.get(leaves[k]!)!, { m: m.get(), v: v.get() }, o);
      p.set(next.p);
      m.set(next.m);
      v.set(next.v);
    });
    return loss;
  };

/**
 * Ten steps on the current device.
 *
 * @param compiled  run the step through compile()
 * @returns         the loss before each step, and how many buffers were live after it
 */
export async function train(compiled: boolean): Promise<{ losses: number[]; live: number[] }> {
  const whole = openScope();
  const [images, labels] = [noise([6, 1, 8, 8], 1), tensor(Int32Array.of(0, 1, 2, 0, 1, 2))];
  const slots = [[4, 1, 3, 3], [4], [4], [64, 3], [3]].map((shape, k) => slot(shape, k + 2));
  const step = new Variable(filled([], () => 0));
  const eager = stepOf(slots, step);
  const run = compiled ? compile(eager) : eager;
  const [losses, live]: [number[], number[]] = [[], []];
  for (let k = 0; k < 10; k++) {
    const read = scope(() => ({ loss: data(run(images, labels)) }));
    losses.push((await read.loss)[0]!);
    live.push(memory().buffers);
  }
  for (const cell of [step, ...slots.flatMap(({ p, m, v }) => [p, m, v])]) cell.dispose();
  whole.close();
  return { losses, live };
}
