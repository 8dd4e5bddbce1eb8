// The reference backend: plain loops in JavaScript. What it computes is right by definition; other backends are tested against it.
import { allocate, dtypeOf, dtypes, type DType, type TypedArray } from '../../base/index.js';
import { scalarOps, type Kernel } from '../../kernel/index.js';
import { compileOnce, inTurn, type Backend, type Program } from '../backend.js';
import { emit } from './emit.js';

type Run = (x: readonly TypedArray[], y: readonly TypedArray[], p: readonly number[], M: unknown) => void;
const definitions = Object.fromEntries(Object.entries(scalarOps).map(([name, { js }]) => [name, js]));

/** Freed arrays, kept for the next allocation of the same type and size. */
const pool = new Map<string, TypedArray[]>();
const pooledArrays = 32;
const keyOf = (a: TypedArray): string => `${dtypeOf(a)}${a.length}`;

const compile = compileOnce((kernel: Kernel): Program => {
  const source = emit(kernel);
  const run = new Function('x', 'y', 'p', 'M', source) as Run;
  return {
    source,
    run: (inputs, outputs, params) =>
      run(inputs as readonly TypedArray[], outputs as readonly TypedArray[], params, definitions),
  };
});

const nothing = (): void => {};
export const cpu: Backend = {
  name: 'cpu',
  dtypes: new Set(Object.keys(dtypes) as DType[]),
  alloc: (size, dtype) => pool.get(`${dtype === 'bool' ? 'u8' : dtype}${size}`)?.pop() ?? allocate(dtype, size),
  free(buffer) {
    const key = keyOf(buffer as TypedArray);
    const list = pool.get(key) ?? pool.set(key, []).get(key)!;
    if (list.length < pooledArrays) list.push(buffer as TypedArray);
  },
  // The collector takes the array itself.
  whenCollected: () => nothing,
  write: (buffer, data) => (buffer as TypedArray).set(data),
  read: async (buffer) => (buffer as TypedArray).slice(),
  readSync: (buffer) => (buffer as TypedArray).slice(),
  maxBuffers: Infinity,
  compile,
  sequence: (launches) => inTurn(compile, launches),
};
