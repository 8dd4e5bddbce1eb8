// The devices by name, one line each, opened when they are first asked for.
import { DeviceError, nearest } from '../base/index.js';
import type { Backend, DeviceName } from './backend.js';
import { cpu } from './cpu/cpu.js';
import { openWasm, wasmMissing } from './wasm/wasm.js';

interface Entry {
  /** Why the device cannot be had here; null when it can. */
  missing(): string | null;
  /** A device whose opening is asynchronous is loaded on demand. */
  open(): Backend | Promise<Backend>;
}
const devices: Partial<Record<DeviceName, Entry>> = {
  cpu: { missing: () => null, open: () => cpu },
  wasm: { missing: wasmMissing, open: openWasm },
  webgpu: { missing: () => null, open: async () => (await import('./webgpu/webgpu.js')).openWebgpu() },
};
/** Whether there is a device of that name. */
export const isDevice = (name: string): name is DeviceName => Object.hasOwn(devices, name);
const opened = new Map<DeviceName, Backend>();

/** The device that everything starts on: WebAssembly where it loads, else the CPU. */
export const firstBackend = (): Backend => (wasmMissing() === null ? openWasm() : cpu);

/** The backend of that name, opened once, and again when it was lost. */
export async function openBackend(name: DeviceName): Promise<Backend> {
  const known = opened.get(name);
  if (known && !known.lost) return known;
  const entry = devices[name];
  const missing = entry?.missing();
  if (!entry || missing) {
    const have = Object.entries(devices).flatMap(([other, e]) => (e.missing() === null ? [other] : []));
    const list = have.map((n) => `"${n}"`).join(', ');
    throw new DeviceError(
      missing
        ? `device "${name}" cannot be had: ${missing}. Choose one of ${list}`
        : `device "${name}" cannot be had: this version of @nn/core has ${list}.${nearest(name, have)} Choose one of them, or install a version that has "${name}"`,
    );
  }
  const backend = await entry.open();
  opened.set(name, backend);
  return backend;
}
