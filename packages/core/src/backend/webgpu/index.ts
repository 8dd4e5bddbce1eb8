// Public entry of @nn/core/webgpu: what the adapter is and can do, and devices beside the one of setDevice('webgpu').
export type { Adapter } from './adapter.js';
export type { AdapterReport, OpenOptions, Subgroups } from './device.js';
export type { TunedProduct } from './autotune.js';
export type { ProductPrecision } from './precision.js';
export type { KernelTime, Profile } from './profile.js';
export type { Schedule } from './contraction/schedule.js';
export type { Tuning, TuningEntry } from './tuning.js';
export { createWebgpu, openWebgpu, type Webgpu, type WebgpuOptions } from './webgpu.js';
