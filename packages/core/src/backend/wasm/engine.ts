// What this engine's WebAssembly can do, found out once.
import { f32x4, v128, type V128 } from './instructions.js';
import { Module, type Engine } from './module.js';

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

let found: Engine | null = null;
/** What this engine can do. */
export function engine(): Engine {
  if (found) return found;
  const madd = WebAssembly.validate(probe(f32x4.relaxedMadd(v128.f32s(1), v128.f32s(1), v128.f32s(1))));
  return (found = { madd, steps: madd ? 4 : 1, reversed: !madd, fast: false });
}
