// The same program on the same random arrays, on a device and on the CPU: for the tests of schedules.
import { openBackend, type Backend } from '../backend/index.js';
import { allocate, isFloat, sizeOf, type DType, type Shape, type TypedArray } from '../base/index.js';
import { data, tensor } from '../graph/create.js';
import { scope } from '../graph/memory.js';
import { useBackend } from '../graph/state.js';
import type { Tensor } from '../graph/tensor.js';
import { distance } from './distance.js';
import { seeded } from './draw.js';

/** Shapes and dtypes of arguments; the dtype is f32 when not said. */
export type Arrays = readonly (readonly [Shape, DType?])[];
export type Program = (...xs: Tensor[]) => readonly Tensor[];

export function randomValues(arrays: Arrays): TypedArray[] {
  const random = seeded(7);
  return arrays.map(([shape, dtype = 'f32']) =>
    allocate(dtype, sizeOf(shape)).map(() =>
      isFloat(dtype) ? 4 * random() - 2 : dtype === 'bool' ? random() * 2 : random() * 200,
    ),
  );
}
/** What a device makes of arrays. */
export function runOn(
  device: Backend,
  arrays: Arrays,
  values: readonly TypedArray[],
  f: Program,
): Promise<TypedArray[]> {
  const was = useBackend(device);
  try {
    return scope(() => {
      const xs = values.map((v, k) => tensor(v, { shape: arrays[k]![0], dtype: arrays[k]![1] ?? 'f32' }));
      return Promise.all(f(...xs).map((t) => data(t)));
    });
  } finally {
    useBackend(was);
  }
}
/** The largest distance of what a device makes of random arrays from what the CPU makes of them. */
export async function apart(device: Backend, arrays: Arrays, f: Program): Promise<number> {
  const values = randomValues(arrays);
  const right = await runOn(await openBackend('cpu'), arrays, values, f);
  const got = await runOn(device, arrays, values, f);
  return Math.max(...right.map((v, k) => distance(got[k]!, v)));
}
