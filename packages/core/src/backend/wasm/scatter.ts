// Writing at positions that are data.
import { dtypes, sizeOf } from '../../base/index.js';
import { identity, type RowsKernel, type SerialKernel } from '../../kernel/index.js';
import { Scope } from './evaluate.js';
import { i32, type I32 } from './instructions.js';
import type { Module, Signature } from './module.js';
import { around, sweep, type Work } from './nest.js';
import { nothing, type Emitted } from './phase.js';
import type { Number, Source } from './point.js';
import { argumentsOf, usesOf } from './rows.js';
import { lanesFrom } from './running.js';
import { loadScalar, operate, storeScalar } from './scalar.js';
import { emitRows } from './schedule.js';
import { joinAxes, stepOf, sumOf } from './sums.js';
import { constantVector, hold, laneOf, loadVector, operateVector } from './vector.js';

/** out[i] = init(i), then for each r in order out[index(r)] = body(r), or op(out[index(r)], body(r)). */
export function emitScatter(module: Module, kernel: SerialKernel, signature: Signature): Emitted {
  const { shape, over, dtype, body, init, index, attrs, inputs, params, name } = kernel;
  if (sizeOf(shape) === 0) return nothing;
  const start: RowsKernel = {
    form: 'rows',
    name,
    inputs,
    params,
    shape,
    stages: [],
    outputs: [{ dtype, over: [], body: init!, replaces: [] }],
  };
  const first = emitRows(module, start, signature);
  if (sizeOf(over) === 0) return first;
  const { axes, gone } = joinAxes('r', over, [body, index!]);
  const last = axes.at(-1);
  // Elements of the last axis that are written side by side cannot meet.
  const vector = last && last.extent >= 4 ? last : null;
  const together = vector && stepOf(sumOf(index!), vector.bit) === 1;
  const func = module.add(signature, (f) => {
    const given = argumentsOf(f, inputs.length, 1);
    const out: Source = { key: 'y', base: given.outputs[0]!, dtype, sum: sumOf(index!), at: null };
    const top = Scope.outermost(given.frame, gone);
    given.frame.uses = usesOf([body, index!]);
    const op = attrs.op;
    const roots = [body, index!];
    const put = (at: I32, offset: number, now: Number): void => {
      const value = op ? operate(f, op, dtype, [loadScalar(at, dtype, offset), now]) : now;
      f.do(storeScalar(at, value, dtype, offset));
    };
    if (!vector)
      return around(top, axes, { roots }, (s) => {
        const now = s.number(body);
        const { address, offset } = s.locate(out);
        put(address, offset, now);
      });
    const lanes: Work = {
      roots,
      early: false,
      vectors: (l, moves, tail) => {
        for (const move of moves) {
          const at = l.moved(vector.bit, move);
          const [values, positions] = [at.vector(body), at.vector(index!)];
          // one after another, as they may meet
          for (let k = tail ? 4 - (vector.extent % 4) : 0; k < 4; k++) {
            const place = i32.shl(laneOf(positions, k, 'i32') as I32, i32.const(Math.log2(dtypes[dtype].bytes)));
            put(f.let(i32.add(out.base, place)), 0, laneOf(values, k, dtype));
          }
        }
        return () => {};
      },
    };
    if (!together)
      return around(top, axes.slice(0, -1), { roots, later: vector.bit, vector: vector.bit }, (s) =>
        sweep(s, vector, lanes, { units: 1 }),
      );
    const work: Work = {
      roots: [body],
      early: false,
      vectors: (l, moves, tail) => {
        const neutral = constantVector(f, op ? identity(op, dtype) : 0, dtype);
        const write = (s: Scope): void => {
          const given = s.vector(body);
          // what the last elements overlap has been added already
          const now = tail && op ? hold(f, lanesFrom(f, given, neutral, 4 - (vector.extent % 4), dtype)) : given;
          const { address, offset } = s.locate(out);
          const value = op
            ? operateVector(f, op, dtype, [loadVector(f, address, dtype, 1, offset), now], [dtype, dtype])
            : now;
          s.storeVector(out, value);
        };
        for (const move of moves) write(l.moved(vector.bit, move));
        return () => {};
      },
    };
    around(top, axes.slice(0, -1), { roots, later: vector.bit, vector: vector.bit }, (s) =>
      sweep(s, vector, work, { units: 1 }),
    );
  });
  const cost = 2 * sizeOf(over);
  return { ...first, phases: [...first.phases, { func, extent: 1, cost }] };
}
