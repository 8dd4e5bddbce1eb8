// Replays functions of torch: outputs and gradients.
import type { CoreArray } from '@nn/formats';
import * as torch from '@nn/torch';
import type { Tensor } from '@nn/torch';
import type { GoldenCase } from '../golden/group.js';
import { inputsOf, namedTensors, withValues, type Call } from './call.js';
import { NotCovered } from './outcome.js';
import type { Adapter } from './run.js';
import { callFunction } from './torch-functions.js';
import { makeStep, torchTensor } from './torch-run.js';

interface OpCase extends GoldenCase {
  readonly fn: string;
  readonly call: Call;
  readonly out: readonly string[];
  readonly dtype: Readonly<Record<string, string>>;
  readonly cot: readonly string[];
  readonly grad_in: readonly string[];
  readonly post?: keyof typeof post;
  readonly tol: { readonly out: number; readonly grad: number };
}

const diagonal = (x: Tensor, values: Tensor): Tensor => x.mul(values.unsqueeze(-2));

/** Makes results unique that are defined only up to sign, rotation or order. */
const post = {
  qr_abs: ([q, r]: Tensor[]): Tensor[] => [q!.abs(), r!.abs()],
  eigh_values_and_projector: ([w, v]: Tensor[]): Tensor[] => [w!, diagonal(v!, w!.tanh()).matmul(v!.mT)],
  svd_values_and_product: ([u, s, vh]: Tensor[]): Tensor[] => [s!, diagonal(u!, s!).matmul(vh!)],
  sorted_complex_abs: (x: Tensor): Tensor => torch.sort(x.abs()).values,
};

/** A float64 result is stored in the float32 that the library computed it from. */
const widened = (array: CoreArray, dtype: string | undefined): CoreArray =>
  dtype === 'float64' ? { ...array, dtype: 'f64' } : array;

export const replayOp: Adapter<OpCase> = async (golden, replay) => {
  const { tensors, check, compiled } = replay;
  const complex = Object.values(golden.dtype).find((dtype) => dtype.startsWith('complex'));
  if (complex !== undefined) throw new NotCovered(`no dtype ${complex}`);
  const inputs = inputsOf(golden.call, tensors, torchTensor);
  const step = makeStep(
    {
      inputs,
      parameters: [],
      cotangents: namedTensors('cot', golden.cot, tensors, torchTensor),
      call: (...xs) => {
        const { args, kwargs } = withValues(golden.call, inputs, xs);
        const out = callFunction(golden.fn, args, kwargs);
        return golden.post ? post[golden.post](out as never) : out;
      },
    },
    replay,
  );
  for (let round = 0; round < (compiled ? 2 : 1); round++) {
    const { out, gradIn } = step();
    const refs = golden.out.map((name) => ({ $tensor: `out/${name}` }));
    await check.tree(
      'out',
      out,
      refs.length === 1 ? refs[0] : refs,
      (key) => widened(tensors.get(key), golden.dtype[key.slice('out/'.length)]),
      golden.tol.out,
    );
    await check.gradients('grad_in', gradIn, golden.grad_in, (key) => tensors.get(key), golden.tol.grad);
  }
};
