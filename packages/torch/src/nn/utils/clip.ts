// Gradients kept within bounds, and parameters as one vector.
import * as core from '@nn/core';
import { bind } from '../../ops/arguments.js';
import { putGrad } from '../../tensor/handle.js';
import { write } from '../../tensor/assign.js';
import { Tensor } from '../../tensor/tensor.js';

export interface NormOptions {
  /** Which norm: default 2; Infinity takes the largest element. */
  normType?: number;
  /** A norm that is NaN or infinite is an error; default false. */
  errorIfNonfinite?: boolean;
  foreach?: boolean | null;
}
const listOf = (parameters: Tensor | Iterable<Tensor>): Tensor[] =>
  parameters instanceof Tensor ? [parameters] : [...parameters];
const gradsOf = (parameters: Tensor | Iterable<Tensor>): [Tensor, core.Tensor][] =>
  listOf(parameters).flatMap((p): [Tensor, core.Tensor][] => (p.grad ? [[p, p.grad.value]] : []));
const total = (gs: readonly core.Tensor[], p: number): core.Tensor =>
  gs.length ? core.globalNorm(gs, p) : core.literal(0);

/** The norm of all tensors as if they were one vector. */
export function getTotalNorm(tensors: Iterable<Tensor>, normType: number = 2): Tensor {
  return new Tensor(
    core.noGrad(() =>
      total(
        [...tensors].map((t) => t.value),
        normType,
      ),
    ),
  );
}
/**
 * Scales all gradients so that their common norm is at most `maxNorm`: `g * min(1, maxNorm / (norm + 1e-6))`.
 *
 * @returns  the norm before
 */
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  normType?: number | NormOptions,
  o?: NormOptions,
): Tensor {
  const { normType: p = 2, errorIfNonfinite = false } = bind<NormOptions>(['normType'], normType, o);
  return core.noGrad(() => {
    const found = gradsOf(parameters);
    const norm = total(
      found.map(([, g]) => g),
      p,
    );
    if (errorIfNonfinite && !Number.isFinite(core.itemSync(norm))) {
      throw new core.ValueError(
        `The total norm of order ${p} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To disable this error and scale the gradients by the non-finite norm anyway, set errorIfNonfinite: false`,
      );
    }
    const scale = core.clamp(core.div(maxNorm, core.add(norm, 1e-6)), { max: 1 });
    for (const [t, g] of found) putGrad(t, core.mul(g, core.cast(scale, g.dtype)));
    return new Tensor(norm);
  });
}
/** Keeps each element of all gradients within `[-clipValue, clipValue]`. */
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  core.noGrad(() => {
    for (const [t, g] of gradsOf(parameters)) putGrad(t, core.clamp(g, { min: -clipValue, max: clipValue }));
  });
}

/** All parameters one after the other in one vector. */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return new Tensor(
    core.concat(
      [...parameters].map((p) => core.reshape(p.value, [-1])),
      0,
    ),
    'Cat',
  );
}
/** Cuts a vector into the parameters, in place. */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  core.noGrad(() => {
    let start = 0;
    const v = core.detach(vector.value);
    for (const p of parameters) {
      const n = core.sizeOf(p.shape);
      write(p, core.reshape(core.slice(v, [start], [start + n]), p.shape), 'Copy');
      start += n;
    }
  });
}
