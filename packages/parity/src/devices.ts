// The devices that this machine has, for tests that run on all of them.
import { setDevice, type DeviceName } from '@nn/core';

const names: readonly DeviceName[] = ['cpu', 'wasm', 'webgpu'];

/** Tries every device; the CPU is the current one afterwards. */
export async function availableDevices(): Promise<DeviceName[]> {
  const found: DeviceName[] = [];
  for (const name of names) {
    await setDevice(name).then(
      () => found.push(name),
      () => {},
    );
  }
  await setDevice('cpu');
  return found;
}
