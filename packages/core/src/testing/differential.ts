// One backend against another on random cases: shapes from nothing to thousands of elements, strided inputs, every dtype, special values,
// eager and compiled. What a sum may differ by is known from its terms, so the limits are those of rounding and no looser.
import type { Backend } from '../backend/index.js';
import { allocate, describe, isFloat, sizeOf, type Spec, type TypedArray } from '../base/index.js';
import { compile } from '../autograd/index.js';
import { apply } from '../graph/apply.js';
import { dataSync } from '../graph/create.js';
import { onBackend } from '../graph/state.js';
import { scope, upload } from '../graph/memory.js';
import type { Primitive, Tensor } from '../graph/tensor.js';
import { randomCase } from './cases.js';
import { apart } from './distance.js';
import { drawFrom, seeded, valuesFor, type Draw, type Random } from './draw.js';
import { store, type HostArray } from './interpret.js';
import { strided, type Strided } from './strided.js';

const sizes = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33, 64, 100, 1, 2, 0];
const largest = 20_000;
const mostWork = 2e6;

/** Sums of products: an element may be off by a few roundings of the sum of its terms' absolute values. */
const sums = new Set(['sum', 'dot', 'conv', 'windowSum', 'cumsum', 'scatterAdd', 'takeAdd']);
/** 2 pi v has an error of its own, which the cosine passes on times the radius: about 4 * 2 pi units. */
const angles = new Set(['randomNormal']);
/** Each term of a long product adds a rounding. */
const longProducts = new Set(['prod', 'cumprod']);
/** Values that have one right result in any order of a sum; huge numbers have none. */
const orderless = [NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-42];
/** Values that elementwise operations must bear; in integers' places they are left out. */
const anywhere = [...orderless, 3e38, -3e38, 16777217, 2 ** 31, -(2 ** 31), 1e-20];

/** Puts a few special values among those of float arrays. */
function sprinkle(arrays: readonly HostArray[], values: readonly number[], random: Random): HostArray[] {
  return arrays.map((a) => {
    if (!isFloat(a.dtype) || a.data.length === 0) return a;
    const data = Array.from(a.data);
    const n = Math.ceil(Math.min(data.length / 4, 3) * random());
    for (let k = 0; k < n; k++)
      data[Math.floor(random() * data.length)] = store(values[Math.floor(random() * values.length)]!, a.dtype);
    return { ...a, data };
  });
}

const place = ({ data, dtype, shape }: HostArray, device: Backend): Tensor => {
  const flat = allocate(dtype, sizeOf(shape));
  flat.set(data);
  return upload(device, flat, dtype, shape);
};

interface Result {
  readonly spec: Spec;
  readonly values: TypedArray;
}
/** What a device makes of arrays: op by op, and compiled with the movements before it. */
function run(device: Backend, p: Primitive, attrs: unknown, inputs: readonly Strided[], ways: number): Result[] {
  const move = (xs: readonly Tensor[]): Tensor[] => xs.map((x, k) => inputs[k]!.move(x));
  const f = compile((...xs: Tensor[]) => apply(p, move(xs), attrs), { name: p.name });
  return onBackend(device, () => {
    const results = scope(() =>
      [
        () => apply(p, move(inputs.map((x) => place(x.base, device))), attrs),
        () => f(...inputs.map((x) => place(x.base, device))),
      ]
        .slice(0, ways)
        .map((way) => {
          const t = way();
          return { spec: t.spec, values: dataSync(t) };
        }),
    );
    for (const c of f.captures) c.release();
    return results;
  });
}

/** Draws a case of a primitive that is not too large to compute with plain loops; null when none is found soon. */
function drawCase(p: Primitive, draw: Draw): ReturnType<typeof randomCase> | null {
  for (let attempt = 0; attempt < 40; attempt++) {
    const drawn = randomCase(p, draw);
    const counts = drawn.shapes.map(sizeOf);
    const specs = drawn.shapes.map((shape, k) => ({ shape, dtype: drawn.dtypes[k]! }));
    const out = sizeOf(p.infer(specs, drawn.attrs).shape);
    const work = p.name === 'dot' || p.name === 'conv' ? Math.max(out, 1) * Math.sqrt(counts[0]! * counts[1]!) : out;
    if (Math.max(out, ...counts) <= largest && work <= mostWork) return drawn;
  }
  return null;
}

/**
 * Compares what two devices that can be read at once make of a random case.
 *
 * @param seed  the case: the same one at each run
 * @throws Error  with the seed, the element and the distance
 */
export function checkDifference(p: Primitive, seed: number, device: Backend, reference: Backend): void {
  const random = seeded(seed);
  const draw: Draw = { ...drawFrom(random), sizes };
  const drawn = drawCase(p, draw);
  if (!drawn) return;
  const isSum = sums.has(p.name);
  const special = p.domain !== 'integer' && random() < 0.4 && !longProducts.has(p.name);
  const plain = valuesFor(p, drawn, random);
  const arrays = special ? sprinkle(plain, isSum || drawn.attrs !== null ? orderless : anywhere, random) : plain;
  const inputs = arrays.map((a) => strided(draw, a));
  const [right] = run(reference, p, drawn.attrs, inputs, 1);
  const absolute = inputs.map((x) => ({ ...x, base: { ...x.base, data: Array.from(x.base.data, Math.abs) } }));
  const totals = isSum ? run(reference, p, drawn.attrs, absolute, 1)[0]!.values : null;
  const { dtype } = right!.spec;
  const unit = dtype === 'f32' ? 2 ** -24 : 2 ** -53;
  const base = dtype === 'f32' ? 1e-6 : dtype === 'f64' ? 1e-12 : 0;
  const factors =
    unit * (longProducts.has(p.name) ? Math.max(...arrays.map((a) => a.data.length)) : angles.has(p.name) ? 25 : 0);
  run(device, p, drawn.attrs, inputs, 2).forEach(({ spec, values }, way) => {
    const at = `${p.name} ${JSON.stringify(drawn.attrs)} of ${arrays.map(describe).join(', ')}, seed ${seed}, ${way ? 'compiled' : 'eager'} on ${device.name}`;
    if (describe(spec) !== describe(right!.spec))
      throw new Error(`${at}: ${describe(spec)} instead of ${describe(right!.spec)}`);
    right!.values.forEach((v, k) => {
      const far = apart(values[k]!, v);
      const limit = base + factors + (totals && base ? (8 * unit * totals[k]!) / (1 + Math.abs(v)) : 0);
      if (!(far <= limit) && far !== 0)
        throw new Error(`${at}: element ${k} is ${values[k]}, not ${v}: distance ${far}, at most ${limit}`);
    });
  });
}
