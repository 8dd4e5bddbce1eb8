// Copies in another order or with repetitions: flip, roll, tile, diag.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { type Dim, dimOf, dimsOf, sizes, type Sizes } from './arguments.js';

/** The order of some axes turned round. */
export function flip(x: Tensor, ...dims: Sizes): Tensor {
  const v = x.value;
  return new Tensor(core.flip(v, dimsOf(sizes(dims), v.ndim)), 'Flip');
}
/** Elements moved along axes; what leaves at the end comes back at the start. Without axes the flattened tensor is rolled. */
export function roll(x: Tensor, shifts: number | readonly number[], dims?: Dim | { dims?: Dim }): Tensor {
  const v = x.value;
  const given = dims !== null && typeof dims === 'object' && 'dims' in dims ? dims.dims : (dims as Dim | undefined);
  const by = typeof shifts === 'number' ? [shifts] : [...shifts];
  if (given === undefined || given === null)
    return new Tensor(core.reshape(core.roll(core.reshape(v, [-1]), by, [0]), v.shape), 'Roll');
  const axes = (typeof given === 'number' ? [given] : given).map((d) => dimOf(d, v.ndim));
  if (axes.length !== by.length)
    throw new core.ShapeError(`shifts and dimensions must align. shifts: ${by.length}, dims:${axes.length}`);
  return new Tensor(core.roll(v, by, axes), 'Roll');
}
/** The whole tensor repeated along each axis; more numbers than axes add axes in front. */
export function repeat(x: Tensor, ...repeats: Sizes): Tensor {
  const v = x.value;
  const n = sizes(repeats);
  if (n.length < v.ndim)
    throw new core.ShapeError(
      'Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor',
    );
  return new Tensor(tiled(v, n), 'Repeat');
}
/** The whole tensor repeated along the last axes. */
export function tile(x: Tensor, ...repeats: Sizes): Tensor {
  const v = x.value;
  const n = sizes(repeats);
  return new Tensor(tiled(v, [...new Array<number>(Math.max(0, v.ndim - n.length)).fill(1), ...n]), 'Repeat');
}
function tiled(v: core.Tensor, repeats: readonly number[]): core.Tensor {
  const lead = repeats.length - v.ndim;
  return core.tile(lead ? core.reshape(v, [...new Array<number>(lead).fill(1), ...v.shape]) : v, repeats);
}
/** Each element repeated along an axis, a number of times or as often as a tensor says (which is read at once). */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, o: { dim?: number } = {}): Tensor {
  const v = o.dim === undefined ? core.reshape(x.value, [-1]) : x.value;
  const axis = o.dim === undefined ? 0 : dimOf(o.dim, v.ndim);
  if (typeof repeats === 'number') return new Tensor(core.repeat(v, repeats, axis), 'Repeat');
  const counts = [...core.dataSync(repeats.value)];
  const each = counts.length === 1 ? new Array<number>(v.shape[axis]!).fill(counts[0]!) : counts;
  const places = Int32Array.from(each.flatMap((n, i) => new Array<number>(n).fill(i)));
  return new Tensor(
    core.take(
      v,
      core.beside(v, () => core.tensor(places)),
      axis,
    ),
    'IndexSelect',
  );
}
