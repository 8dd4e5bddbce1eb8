// What this engine's WebAssembly can do, found out once.
import { f32x4, v128, type V128 } from './instructions.js';
import { Module } from './module.js';

/** A module with one function that computes `value`. */
function probe(value: V128): Uint8Array<ArrayBuffer> {
  const m = new Module();
  m.add({ params: [], result: 'v128' }, (f) => f.do(value));
  return m.bytes();
}
let reason: string | null | undefined;
/** Why the backend cannot run here; null when it can. */
export function wasmMissing(): string | null {
  if (reason === undefined) reason = findMissing();
  return reason;
}
function findMissing(): string | null {
  if (typeof WebAssembly !== 'object') return 'this JavaScript engine has no WebAssembly';
  const bytes = probe(f32x4.add(v128.f32s(1), v128.f32s(1)));
  if (!WebAssembly.validate(bytes)) return "this engine's WebAssembly has no SIMD";
  try {
    new WebAssembly.Module(bytes);
  } catch (error) {
    return `this page or process does not allow WebAssembly to be compiled (${(error as Error).message}); a Content-Security-Policy needs 'wasm-unsafe-eval'`;
  }
  return null;
}

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
  const madd = WebAssembly.validate(probe(f32x4.relaxedMadd(v128.f32s(1), v128.f32s(1), v128.f32s(1))));
  return (found = { madd, steps: madd ? 4 : 1, reversed: !madd });
}
