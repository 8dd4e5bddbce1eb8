// Public entry of @nn/core/wasm: what programs can say about the WebAssembly device beyond its name.
export { createWasm, wasmMissing, type WasmOptions } from './wasm.js';
