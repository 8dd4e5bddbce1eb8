// The libraries that take part, one row each.
import { isProduct, operations, type Task } from '../src/work/task.js';

export interface LibraryRow {
  readonly about: string;
  /** A batch of runs takes at least so many milliseconds: the clock of a page is coarse, and waiting for a device costs a few. */
  readonly batchMs: number;
  /** Seconds that an answer may take; default 60. */
  readonly patience?: number;
  /** Whether it has to be ticked to take part. */
  readonly onDemand?: boolean;
  /** Default: takes part in everything. */
  readonly takes?: (task: Task) => boolean;
}
const [gpuBatchMs, batchMs] = [20, 2];

export type LibraryName =
  | 'ours-webgpu'
  | 'ours-webgpu-tuned'
  | 'ours-webgpu-no-replay'
  | 'ours-webgpu-eager'
  | 'ours-wasm'
  | 'ours-wasm-eager'
  | 'tfjs-webgpu'
  | 'jax-js'
  | 'ort-web';
export const libraries: Readonly<Record<LibraryName, LibraryRow>> = {
  'ours-webgpu': { about: '@nn/torch, compiled, on WebGPU', batchMs: gpuBatchMs },
  'ours-webgpu-tuned': {
    about: 'the same after autotune(), which measures the schedules of products: minutes',
    batchMs: gpuBatchMs,
    patience: 300,
    onDemand: true,
    takes: isProduct,
  },
  'ours-webgpu-no-replay': {
    about: '@nn/torch, compiled, on WebGPU, each kernel recorded at each run',
    batchMs: gpuBatchMs,
    takes: ({ kind }) => kind === 'train' || kind === 'launch',
  },
  'ours-webgpu-eager': { about: '@nn/torch, eager, on WebGPU', batchMs: gpuBatchMs },
  'ours-wasm': {
    about: '@nn/torch, compiled, on WebAssembly',
    batchMs,
    takes: (task) => operations(task) < 2e10,
  },
  'ours-wasm-eager': {
    about: '@nn/torch, eager, on WebAssembly',
    batchMs,
    takes: (task) => task.kind === 'host',
  },
  'tfjs-webgpu': { about: 'TensorFlow.js on WebGPU', batchMs: gpuBatchMs },
  'jax-js': { about: 'jax-js on WebGPU, jitted', batchMs: gpuBatchMs },
  'ort-web': { about: 'ONNX Runtime Web on WebGPU; runs models, does not train', batchMs: gpuBatchMs },
};
export const libraryNames = Object.keys(libraries) as LibraryName[];
