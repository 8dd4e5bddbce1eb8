// The devices that this machine has, for tests that run on all of them.
import { device, setDevice, type DeviceName } from '@nn/core';

const names: readonly DeviceName[] = ['cpu', 'wasm', 'webgpu'];

/** Tries every device; the current one stays what it is. */
export async function availableDevices(): Promise<DeviceName[]> {
  const { name: current } = device();
  const found: DeviceName[] = [];
  for (const name of names) {
    await setDevice(name).then(
      () => found.push(name),
      () => {},
    );
  }
  await setDevice(current);
  return found;
}
