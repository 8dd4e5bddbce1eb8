// The transcendental functions on four 32-bit floats.
import type { ScalarOp } from '../../kernel/index.js';
import type { V128 } from './instructions.js';
import type { Func } from './module.js';

type VectorFunction = (f: Func, x: V128, y: V128) => V128;
/** Functions of vectors, by operation; both arguments of `pow`, one of all others. */
export const vectorMath: Partial<Record<ScalarOp, VectorFunction>> = {};
