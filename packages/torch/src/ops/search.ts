// Places in sorted sequences.
import * as core from '@nn/core';
import { type Operand, rawTensor, Tensor } from '../tensor/handle.js';

export interface SearchOptions {
  /** Past equal elements instead of before them; default false. */
  right?: boolean;
}
/** Where each value would be inserted into the last axis of a sorted sequence. */
export function searchsorted(sorted: Tensor, values: Operand, o: SearchOptions = {}): Tensor {
  const s = core.unsqueeze(sorted.value, -2);
  const v = core.unsqueeze(rawTensor(values), -1);
  const before = o.right ? core.lessEqual(s, v) : core.less(s, v);
  return new Tensor(core.sum(core.cast(before, 'i32'), { axes: -1 }));
}
/** The number of the interval between sorted boundaries that each value falls into. */
export function bucketize(values: Tensor, boundaries: Tensor, o: SearchOptions = {}): Tensor {
  const v = core.unsqueeze(values.value, -1);
  const b = boundaries.value;
  const before = o.right ? core.lessEqual(b, v) : core.less(b, v);
  return new Tensor(core.sum(core.cast(before, 'i32'), { axes: -1 }));
}
