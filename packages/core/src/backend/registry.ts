// The devices by name, one line each, opened when they are first asked for.
import { DeviceError, nearest } from '../base/index.js';
import type { Backend, DeviceName } from './backend.js';
import { cpu } from './cpu/cpu.js';

/** How to open each device. A device whose opening is asynchronous is loaded on demand. */
const devices: Partial<Record<DeviceName, () => Backend | Promise<Backend>>> = {
  cpu: () => cpu,
};
const opened = new Map<DeviceName, Backend>();

/** The device that everything starts on. */
export const firstBackend: Backend = cpu;

/** The backend of that name, opened once. */
export async function openBackend(name: DeviceName): Promise<Backend> {
  const known = opened.get(name);
  if (known) return known;
  const have = Object.keys(devices);
  const open = devices[name];
  if (!open) {
    const list = have.map((n) => `"${n}"`).join(', ');
    throw new DeviceError(
      `device "${name}" cannot be had: this version of @nn/core has ${list}.${nearest(name, have)} Choose one of them, or install a version that has "${name}"`,
    );
  }
  const backend = await open();
  opened.set(name, backend);
  return backend;
}
