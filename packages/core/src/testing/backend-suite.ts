// What a backend must do: keep memory, run every primitive as its record says, and train like the CPU. Passing is its definition of done.
import { openBackend, type Backend } from '../backend/index.js';
import { allocate, type DType } from '../base/index.js';
import { apply } from '../graph/apply.js';
import { data } from '../graph/create.js';
import { scope, upload } from '../graph/memory.js';
import { useBackend } from '../graph/state.js';
import type { Primitive } from '../graph/tensor.js';
import { add } from '../ops/index.js';
import { elementwisePrimitives, primitives } from '../ops/primitives.js';
import { distance } from './distance.js';
import { isDenormal, specialValues } from './draw.js';
import { interpret, type HostArray } from './interpret.js';
import { place, primitiveSuite, type CaseOptions, type Check } from './primitive-suite.js';
import { train } from './training.js';

export interface BackendSuiteOptions extends Omit<CaseOptions, 'device'> {
  /** Random cases for each primitive; default 20. */
  readonly cases?: number;
  /** How far the losses of ten training steps may be from the CPU's; default 1e-4. */
  readonly trainTol?: number;
}

const floats: readonly DType[] = ['f32', 'f64'];
const ascending = (size: number, dtype: DType): ReturnType<typeof allocate> => {
  const a = allocate(dtype, size);
  for (let k = 0; k < size; k++) a[k] = dtype === 'bool' ? k % 2 : k;
  return a;
};

/** Fails with a message when two results are apart. */
function mustBeClose(what: string, a: ArrayLike<number>, b: ArrayLike<number>, tol: number): void {
  const far = distance(Array.from(a), Array.from(b));
  if (far > tol)
    throw new Error(`${what}: distance ${far} of [${Array.from(a).join(', ')}] from [${Array.from(b).join(', ')}]`);
}

async function checkMemory(b: Backend): Promise<void> {
  for (const dtype of b.dtypes) {
    for (const size of [0, 1, 3, 1000]) {
      const [values, buffer] = [ascending(size, dtype), b.alloc(size, dtype)];
      b.write(buffer, values);
      const copy = await b.read(buffer);
      if (copy.length !== size || copy.constructor !== values.constructor) {
        throw new Error(
          `read: expected ${size} elements in a ${values.constructor.name}, received ${copy.length} in a ${copy.constructor.name}`,
        );
      }
      mustBeClose(`${dtype}[${size}] comes back`, copy, values, 0);
      copy.fill(1);
      mustBeClose('what read() gives is a copy', await b.read(buffer), values, 0);
      if (b.readSync) mustBeClose('readSync', b.readSync(buffer), values, 0);
      b.free(buffer);
    }
  }
  const kept = b.alloc(5, 'f32');
  b.write(kept, ascending(5, 'f32'));
  for (let k = 0; k < 1000; k++) {
    const other = b.alloc(1 + (k % 7), 'f32');
    b.write(other, allocate('f32', 1 + (k % 7)).fill(k));
    b.free(other);
  }
  mustBeClose('memory in use is not handed out again', await b.read(kept), ascending(5, 'f32'), 0);
  b.free(kept);
}

/** All pairs (for three inputs: with either condition) of the values where floating point is special. */
async function checkSpecial(p: Primitive, b: Backend, { tol, denormals = true }: CaseOptions): Promise<void> {
  const shapes = p.samples[0]!.shapes;
  const kinds = shapes.map((_, k) => p.samples[0]!.dtypes?.[k] ?? 'f32');
  for (const float of floats.filter((f) => b.dtypes.has(f) && kinds.includes('f32'))) {
    const values = specialValues
      .filter((v) => denormals || !isDenormal(v))
      .map((v) => (float === 'f32' ? Math.fround(v) : v));
    const inputs = kinds.map((kind, k): HostArray => {
      const dtype = kind === 'f32' ? float : kind;
      const own = dtype === 'bool' ? [0, 1] : values;
      return { dtype, shape: shapes.map((_, d) => (d === k ? own.length : 1)), data: own };
    });
    const read = scope(() =>
      data(
        apply(
          p,
          inputs.map((a) => place(a, b)),
          null,
        ),
      ),
    );
    const right = interpret(p, inputs, null);
    mustBeClose(
      `${p.name} of special values in ${float}`,
      await read,
      right.data,
      tol?.[float as 'f32' | 'f64'] ?? (float === 'f32' ? 1e-6 : 1e-12),
    );
  }
}

/** Numbers reach a program as parameters: a new number gives a new result, also one that is special. */
async function checkNumbers(b: Backend): Promise<void> {
  const numbers: [DType, readonly number[]][] = [
    ['f32', [1, -0, 0.1, NaN, Infinity, -3e38]],
    ['i32', [1, -1, -(2 ** 31), 2 ** 31 - 1]],
    ['u32', [1, 2 ** 32 - 1]],
  ];
  for (const [dtype, list] of numbers) {
    for (const n of list) {
      const read = scope(() => data(add(upload(b, allocate(dtype, 2), dtype, [2]), n)));
      const stored = allocate(dtype, 2).fill(n);
      mustBeClose(`0 + ${n} in ${dtype}`, await read, stored, 0);
    }
  }
}

async function checkTraining(b: Backend, compiled: boolean, tol: number): Promise<void> {
  const here = useBackend(await openBackend('cpu'));
  const right = await train(false).finally(() => useBackend(here));
  const { losses, live } = await train(compiled);
  mustBeClose('losses of ten training steps', losses, right.losses, tol);
  // fewer are no fault: the collector may free what was left from before
  const settled = live.slice(2);
  if (settled.some((n) => n > settled[0]!))
    throw new Error(`live buffers after each step: ${live.join(', ')}; from the third on there should not be more`);
}

/**
 * The checks of a backend: its memory, every primitive on random and on special values with its gradients, numbers as parameters, and ten
 * steps of training a small network, eager and compiled, against the CPU.
 *
 * @param create  opens the backend; called once
 * @param o       see BackendSuiteOptions; a device that takes denormal numbers for 0 says `denormals: false`
 * @returns       checks to run one after the other: each makes the backend the current one while it runs
 * @example
 * backendSuite(() => openBackend('cpu'))[0].name // => 'keeps what is written'
 */
export function backendSuite(create: () => Backend | Promise<Backend>, o: BackendSuiteOptions = {}): Check[] {
  let opened: Promise<Backend> | null = null;
  const on = (run: (b: Backend) => Promise<void>) => async (): Promise<void> => {
    const b = await (opened ??= Promise.resolve(create()));
    const was = useBackend(b);
    try {
      await run(b);
    } finally {
      useBackend(was);
    }
  };
  const { cases = 20, tol, special = true, denormals = true, trainTol = 1e-4 } = o;
  return [
    { of: 'memory', name: 'keeps what is written', run: on(checkMemory) },
    { of: 'numbers', name: 'are parameters', run: on(checkNumbers) },
    ...primitiveSuite(primitives, { cases, ...(tol && { tol }), special, denormals }).map((c) => ({
      ...c,
      run: on(c.run),
    })),
    ...elementwisePrimitives
      .filter(() => special)
      .map((p) => ({ of: p.name, name: 'bears special values', run: on((b) => checkSpecial(p, b, o)) })),
    { of: 'training', name: 'is as on the CPU, eager', run: on((b) => checkTraining(b, false, trainTol)) },
    { of: 'training', name: 'is as on the CPU, compiled', run: on((b) => checkTraining(b, true, trainTol)) },
  ];
}
