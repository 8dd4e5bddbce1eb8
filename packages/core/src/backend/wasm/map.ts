// Kernels that compute each output element by itself: four at a time along the innermost axis where that is possible.
import { sizeOf } from '../../base/index.js';
import { bitOf, everyExpr, loops, ravel, type Expr } from '../../kernel/index.js';
import { vectorisable } from './evaluate.js';
import type { Func } from './module.js';
import { axes, Loops } from './nest.js';
import { storeScalar } from './scalar.js';
import { emitTransposed, readingAxis } from './transpose.js';
import { storeVector } from './vector.js';
import type { Kernel } from './plain-kernel.js';

/** Vectors that are computed in one iteration. */
const unroll = (extent: number): number => (extent % 8 === 0 ? 2 : 1);

/** out[i] = body(i) */
export function emitMap(f: Func, kernel: Kernel, body: Expr): void {
  const { shape, dtype } = kernel;
  if (sizeOf(shape) === 0) return;
  const along = readingAxis(kernel, body);
  if (along !== null) return emitTransposed(f, kernel, body, along);
  const rank = shape.length;
  const extent = shape[rank - 1] ?? 1;
  const last = bitOf('i', rank - 1);
  const vector = extent >= 4 && vectorisable([body], everyExpr([body]), last) ? last : 0;
  const nest = new Loops(f, kernel, axes('i', shape), vector);
  const at = ravel(loops('i', shape), shape);
  const { evaluate } = nest;
  const units = vector ? unroll(extent) : 0;
  const vectors = Array.from({ length: units }, (_, u) => evaluate.vector(body, u));
  const places = vector ? evaluate.outputs(at, dtype) : null;
  const whole = vector ? extent - (extent % (4 * units)) : 0;
  const scalar = whole < extent || !rank ? evaluate.scalar(body, 'rest') : null;
  const place = scalar && evaluate.output(at, dtype, 'rest');
  const bytes = dtype === 'u8' || dtype === 'bool' ? 4 : 16;
  const one = (): void => f.do(storeScalar(place!(), scalar!(), dtype));
  evaluate.enter(0, 'rest');
  if (!rank) return one();
  nest.around(0, rank - 1, 'rest', () => {
    if (whole)
      nest.axis(rank - 1, 0, whole, 4 * units, 'whole', () =>
        vectors.forEach((v, u) => f.do(storeVector(f, places!(), v(), dtype, u * bytes))),
      );
    if (whole < extent) nest.axis(rank - 1, whole, extent, 1, 'rest', one);
  });
}
