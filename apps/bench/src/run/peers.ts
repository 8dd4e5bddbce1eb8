// Who takes part, one row each: what it is called, how its process is set up, and what is not asked of it.
import type { DeviceName } from '@nn/core';
import { isProduct, operations, type Task } from '../work/task.js';
import type { Setup } from './setup.js';

export interface PeerRow {
  readonly name: string;
  /** What the column stands for. */
  readonly about: string;
  readonly setup: Setup;
  /** A library of others: its package has to be installed. */
  readonly installed: boolean;
  /** Whether its failure to do a task is a failure of the benchmark. */
  readonly own: boolean;
  /** How long it may take for one turn; default half a minute. */
  readonly patienceMs?: number;
  /** Takes part in a workload by default only where this holds; default where it is `spoken`. */
  readonly takes?: (task: Task, measure: Measure) => boolean;
}
/** What is looked at: the time of a warm task, or a first call in a new process and the memory that it takes. */
export type Measure = 'time' | 'first';

/** What is looked at with two threads. */
const divided = (task: Task): boolean =>
  (task.kind === 'matmul' && task.form === 'NN' && task.n === 1024) ||
  (task.kind === 'train' && task.model.name === 'lenet');
/** Everything but what a library has no word for. */
export const spoken = (task: Task): boolean => task.kind !== 'peak';
const training = (task: Task): boolean => task.kind === 'train';
/** Ours on a GPU. Nobody else computes there in Node: the page for browsers compares. */
export const gpuRows: readonly PeerRow[] = [
  {
    name: 'ours',
    about: '@nn/torch, compiled, on webgpu',
    setup: { library: 'ours', device: 'webgpu', mode: 'compiled', threads: 1 },
    installed: false,
    own: true,
    takes: (task) => task.kind !== 'host',
  },
  {
    name: 'ours-tuned',
    about: 'the same after autotune(), which measures the schedules of products',
    setup: { library: 'ours', device: 'webgpu', mode: 'compiled', threads: 1, gpu: { tuned: true } },
    installed: false,
    own: true,
    patienceMs: 180_000,
    takes: (task, measure) => measure === 'time' && isProduct(task),
  },
  {
    name: 'ours-no-replay',
    about: 'the same without replay: each kernel is recorded at each run',
    setup: { library: 'ours', device: 'webgpu', mode: 'compiled', threads: 1, gpu: { replay: false } },
    installed: false,
    own: true,
    takes: ({ kind }, measure) => measure === 'time' && (kind === 'train' || kind === 'launch'),
  },
  {
    name: 'ours-eager',
    about: '@nn/torch, eager, on webgpu',
    setup: { library: 'ours', device: 'webgpu', mode: 'eager', threads: 1 },
    installed: false,
    own: true,
    takes: (_, measure) => measure === 'time',
  },
];
/** The device's name as a title: `ours` computes where --device says. */
export const peerRows = (device: DeviceName, threads: number): readonly PeerRow[] =>
  device === 'webgpu' ? gpuRows : processorRows(device, threads);
const processorRows = (device: DeviceName, threads: number): readonly PeerRow[] => [
  {
    name: 'ours',
    about: `@nn/torch, compiled, on ${device}`,
    setup: { library: 'ours', device, mode: 'compiled', threads },
    installed: false,
    own: true,
    takes: (task) => spoken(task) && task.kind !== 'host',
  },
  {
    name: 'ours-eager',
    about: `@nn/torch, eager, on ${device}`,
    setup: { library: 'ours', device, mode: 'eager', threads },
    installed: false,
    own: true,
    takes: (task, measure) => spoken(task) && measure === 'time',
  },
  {
    name: 'ours-2t',
    about: `@nn/torch, compiled, on ${device}, two threads`,
    setup: { library: 'ours', device, mode: 'compiled', threads: 2 },
    installed: false,
    own: true,
    takes: (task, measure) => device === 'wasm' && measure === 'time' && divided(task),
  },
  {
    name: 'limit',
    about: 'a product of matrices in hand-written WebAssembly, without a framework; and its arithmetic alone (`peak`)',
    setup: { library: 'limit' },
    installed: false,
    own: true,
    takes: (task) => task.kind === 'matmul' || task.kind === 'peak',
  },
  {
    name: 'tfjs-wasm',
    about: 'TensorFlow.js on its WebAssembly backend',
    setup: { library: 'tfjs', backend: 'wasm' },
    installed: true,
    own: false,
  },
  {
    name: 'tfjs-cpu',
    about: 'TensorFlow.js on its JavaScript backend',
    setup: { library: 'tfjs', backend: 'cpu' },
    installed: true,
    own: false,
    // It would take minutes.
    takes: (task, measure) => spoken(task) && measure === 'time' && operations(task) < 3e9,
  },
  {
    name: 'jax-js',
    about: 'jax-js on WebAssembly, jitted',
    setup: { library: 'jax' },
    installed: true,
    own: false,
  },
  {
    name: 'ort-web',
    about: 'ONNX Runtime Web on WebAssembly; runs models, does not train',
    setup: { library: 'ort', kind: 'web', threads },
    installed: true,
    own: false,
    takes: (task) => spoken(task) && !training(task) && task.kind !== 'host',
  },
  {
    name: 'ort-node',
    about: 'ONNX Runtime, native; runs models, does not train',
    setup: { library: 'ort', kind: 'node', threads },
    installed: true,
    own: false,
    takes: (task) => spoken(task) && !training(task) && task.kind !== 'host',
  },
  {
    name: 'torch',
    about: 'PyTorch, eager, native',
    setup: { library: 'torch', threads },
    installed: false,
    own: false,
  },
];
