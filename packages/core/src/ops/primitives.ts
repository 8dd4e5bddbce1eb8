// All primitives, for the suites and the docs. Nothing else imports this list, so programs hold only what they use.
import type { Primitive } from '../graph/tensor.js';
import * as arithmetic from './arithmetic.js';
import { dotPrimitive } from './contract.js';
import { convPrimitive } from './convolution.js';
import { rampPrimitive } from './creation.js';
import { castTo, expandPrimitive, reshapePrimitive, sumPrimitive } from './define.js';
import { gatherPrimitive, scatterAddPrimitive, scatterPrimitive, takeAddPrimitive, takePrimitive } from './indexing.js';
import { concatPrimitive } from './joining.js';
import { flipPrimitive, padPrimitive, permutePrimitive, slicePrimitive, unslicePrimitive } from './movement.js';
import {
  randomBitsPrimitive,
  randomNormalPrimitive,
  randomTruncatedPrimitive,
  randomUniformPrimitive,
} from './random.js';
import { maxPrimitive, minPrimitive, prodPrimitive } from './reduce.js';
import { cummaxPrimitive, cumminPrimitive, cumprodPrimitive, cumsumPrimitive } from './scan.js';
import { argsortPrimitive } from './sorting.js';
import * as transcendental from './transcendental.js';
import { windowArgmaxPrimitive, windowMaxPrimitive, windowSumPrimitive } from './window.js';

const recordsOf = (module: Record<string, unknown>): Primitive[] =>
  Object.values(module).flatMap((x) => (typeof x === 'function' && 'primitive' in x ? [x.primitive as Primitive] : []));
const any = (...list: readonly unknown[]): Primitive[] => list as Primitive[];

/** The elementwise primitives, in the order of their names. */
export const elementwisePrimitives: readonly Primitive[] = /* @__PURE__ */ [
  ...recordsOf(arithmetic),
  arithmetic.wherePrimitive,
  ...recordsOf(transcendental),
];
/** Every primitive of this library. */
export const primitives: readonly Primitive[] = /* @__PURE__ */ [
  ...elementwisePrimitives,
  ...any(...Object.values(castTo), sumPrimitive, prodPrimitive, maxPrimitive, minPrimitive),
  ...any(
    reshapePrimitive,
    expandPrimitive,
    permutePrimitive,
    slicePrimitive,
    unslicePrimitive,
    flipPrimitive,
    padPrimitive,
    concatPrimitive,
    rampPrimitive,
  ),
  ...any(dotPrimitive, convPrimitive, windowSumPrimitive, windowMaxPrimitive, windowArgmaxPrimitive),
  ...any(gatherPrimitive, takePrimitive, takeAddPrimitive, scatterPrimitive, scatterAddPrimitive),
  ...any(cumsumPrimitive, cumprodPrimitive, cummaxPrimitive, cumminPrimitive, argsortPrimitive),
  ...any(randomBitsPrimitive, randomUniformPrimitive, randomNormalPrimitive, randomTruncatedPrimitive),
];
