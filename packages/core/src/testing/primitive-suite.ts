// What every primitive must do: mean what its record says, on strided inputs and in compiled programs too, and have its gradients.
import type { Backend } from '../backend/index.js';
import { allocate, describe, isFloat, sizeOf, type DType } from '../base/index.js';
import { apply } from '../graph/apply.js';
import { compile } from '../autograd/index.js';
import { data } from '../graph/create.js';
import { scope, upload } from '../graph/memory.js';
import { currentBackend } from '../graph/state.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { flip } from '../ops/index.js';
import { primitives } from '../ops/primitives.js';
import { randomCase, type Case } from './cases.js';
import { distance } from './distance.js';
import { drawFrom, seeded, valuesFor, type Draw } from './draw.js';
import { gradcheck } from './gradcheck.js';
import { interpret, type HostArray } from './interpret.js';
import { strided } from './strided.js';

/** One thing to check; `run` rejects with what is wrong. */
export interface Check {
  /** What is checked: the primitive, or a part of a backend. */
  readonly of: string;
  readonly name: string;
  run(): Promise<void>;
}

export interface CaseOptions {
  /** Where the primitive runs; default the current device. */
  readonly device?: Backend;
  /** The largest distance from the record's meaning, by dtype; default 1e-6 in f32, 1e-12 in f64. Other dtypes must be equal. */
  readonly tol?: { readonly f32: number; readonly f64: number };
  /** Draw infinities, NaN, denormal and huge numbers too, where a primitive has one right result for them; default true. */
  readonly special?: boolean;
  /** Draw denormal numbers among them: false for a device that takes them for 0, as GPUs may; default true. */
  readonly denormals?: boolean;
}

/** A tensor with the values of a host array. */
export function place({ data: values, dtype, shape }: HostArray, device: Backend): Tensor {
  const flat = allocate(dtype, sizeOf(shape));
  flat.set(values);
  return upload(device, flat, dtype, shape);
}

const print = (a: HostArray): string => `${describe(a)} [${Array.from(a.data).join(', ')}]`;

/** Whether zeros of either sign, infinities, NaN, denormal and huge numbers have one right result: no order of a sum, no rounding to integers. */
const takesSpecial = (p: Primitive, attrs: unknown): boolean =>
  p.movement === true || (attrs === null && (!p.name.startsWith('cast_') || /f32|f64|bool/.test(p.name)));

/**
 * Draws a case of a primitive and compares what the device makes of it, in eager mode and compiled behind movements that make its inputs
 * strided, with the meaning of its record.
 *
 * @param draw  makes the choices; a property test hands over its own, so that it can shrink them
 * @throws Error  that shows the inputs, the result and what it should be
 */
export async function checkCase(primitive: Primitive, draw: Draw, o: CaseOptions = {}): Promise<void> {
  const device = o.device ?? currentBackend();
  const drawn = randomCase(primitive, draw);
  const specs = drawn.shapes.map((shape, k) => ({ shape, dtype: drawn.dtypes[k]! }));
  if ([...specs, primitive.infer(specs, drawn.attrs)].some(({ dtype }) => !device.dtypes.has(dtype))) return;
  const arrays = valuesFor(primitive, drawn, draw.random, {
    special: (o.special ?? true) && takesSpecial(primitive, drawn.attrs),
    denormals: o.denormals ?? true,
  });
  await compareCase(primitive, drawn, arrays, draw, device, o.tol);
}

async function compareCase(
  p: Primitive,
  { attrs }: Case,
  arrays: readonly HostArray[],
  draw: Draw,
  device: Backend,
  tol: CaseOptions['tol'],
): Promise<void> {
  const inputs = arrays.map((a) => strided(draw, a));
  const logical = inputs.map((x) => x.array);
  const right = interpret(p, logical, attrs);
  const limit = right.dtype === 'f32' ? (tol?.f32 ?? 1e-6) : right.dtype === 'f64' ? (tol?.f64 ?? 1e-12) : 0;
  const compiled = compile(
    (...xs: Tensor[]) =>
      flip(
        apply(
          p,
          xs.map((x, k) => inputs[k]!.move(x)),
          attrs,
        ),
      ),
    { name: p.name },
  );
  const results = scope(() => {
    const eager = apply(
      p,
      logical.map((a) => place(a, device)),
      attrs,
    );
    const turned = compiled(...inputs.map((x) => place(x.base, device)));
    return [eager, turned].map((t) => ({ spec: t.spec, read: data(t) }));
  });
  for (const c of compiled.captures) c.release();
  const [eager, turned] = await Promise.all(results.map((r) => r.read));
  const ways = [
    { name: 'eager', values: eager! },
    { name: 'compiled', values: turned!.slice().reverse() },
  ];
  ways.forEach(({ name, values }, k) => {
    const far = describe(results[k]!.spec) === describe(right) ? distance(values, right.data) : Infinity;
    if (far <= limit) return;
    const given = logical.map((a) => `  ${print(a)}`).join('\n');
    throw new Error(
      `${p.name} ${JSON.stringify(attrs)} ${name} on ${device.name}: distance ${far} of\n  ${describe(results[k]!.spec)} [${values.join(', ')}]\nfrom\n  ${print(right)}\nfor\n${given}`,
    );
  });
}

/** The samples of a primitive as cases in one float dtype. */
function samplesOf(primitive: Primitive, float: DType): Case[] {
  return primitive.samples.map(({ shapes, attrs, dtypes }) => {
    const axis = (attrs as { axis?: number } | null)?.axis;
    const kinds = shapes.map((_, k): DType => (dtypes?.[k] === undefined || dtypes[k] === 'f32' ? float : dtypes[k]));
    const below = kinds.map((kind) => (kind === 'i32' && axis !== undefined ? shapes[0]![axis] : undefined));
    return { shapes, attrs, dtypes: kinds, below };
  });
}

async function checkGradients(primitive: Primitive, device: Backend): Promise<void> {
  const float: DType = device.dtypes.has('f64') ? 'f64' : 'f32';
  for (const [k, sample] of samplesOf(primitive, float).entries()) {
    const inputs = valuesFor(primitive, sample, seeded(k + 1)).map((a) => place(a, device));
    const out = primitive.infer(
      inputs.map((t) => t.spec),
      sample.attrs,
    );
    // a result that is rounded to f32 has no differences to speak of
    if (out.dtype !== float || !inputs.some((t) => isFloat(t.dtype))) continue;
    // in f32 the steps are as short as rounding allows, so that fewer of them cross a jump
    const steps = float === 'f32' ? { eps: 2 ** -9 } : {};
    const result = await gradcheck((...xs: Tensor[]) => apply(primitive, xs, sample.attrs), inputs, {
      order: 2,
      ...steps,
    });
    if (!result.ok) throw new Error(`${primitive.name} ${JSON.stringify(sample.attrs)}: ${result.message}`);
  }
}

/**
 * The checks of all primitives: gradients to second order in f64 (where the device has it) with a relative error of at most 1e-6, and
 * `cases` random cases each, eager and compiled, against the meaning of the record.
 *
 * @param list     default: all of core's
 * @param o.cases  random cases for each primitive; default 20
 * @example
 * primitiveSuite([tanh.primitive]).map((check) => check.name) // => ['has its gradients to second order', 'is what its record says']
 */
export function primitiveSuite(
  list: readonly Primitive[] = primitives,
  o: CaseOptions & { readonly cases?: number } = {},
): Check[] {
  return list.flatMap((primitive): Check[] => [
    {
      of: primitive.name,
      name: 'has its gradients to second order',
      run: () => checkGradients(primitive, o.device ?? currentBackend()),
    },
    {
      of: primitive.name,
      name: 'is what its record says',
      run: async () => {
        for (let seed = 0; seed < (o.cases ?? 20); seed++) await checkCase(primitive, drawFrom(seeded(seed)), o);
      },
    },
  ]);
}
