// torch.utils.checkpoint: computing again instead of keeping.
import * as core from '@nn/core';

/**
 * Runs a function without keeping what its gradient needs; the backward pass runs it a second time. It must do the same both times: no
 * dropout inside.
 */
export function checkpoint<A extends unknown[], R>(f: (...inputs: A) => R, ...inputs: A): R {
  return core.checkpoint(f, ...inputs);
}
