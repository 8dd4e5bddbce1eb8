// @nn/core/webgpu: the GPU device by itself: what the adapter is and can do, and devices beside the one of setDevice('webgpu').
export type { AdapterReport, OpenOptions } from './device.js';
export { createWebgpu, openWebgpu, type Webgpu } from './webgpu.js';
