// What this engine's WebAssembly can do, found out once.
import { f32x4, v128 } from './instructions.js';
import { Module } from './module.js';

export interface Engine {
  /** Multiply-add in one instruction, which may round once or twice. */
  readonly madd: boolean;
  /**
   * Steps of the innermost product loop that are written out, and whether the rows of a tile come last first. Engines from about the time of
   * relaxed SIMD on keep the order of the source and gain from four steps; older ones schedule backwards and spill when there is more than one.
   */
  readonly steps: number;
  readonly reversed: boolean;
}
let found: Engine | null = null;
export function engine(): Engine {
  if (found) return found;
  const m = new Module();
  m.add({ params: [], result: 'v128' }, (f) => f.do(f32x4.relaxedMadd(v128.f32s(1), v128.f32s(1), v128.f32s(1))));
  const madd = WebAssembly.validate(m.bytes());
  return (found = { madd, steps: madd ? 4 : 1, reversed: !madd });
}
