// Calls while another device is in use than the one that the operands are on.
import { openBackend, type DeviceName } from '../backend/index.js';
import { onBackend } from '../graph/state.js';

/**
 * A function that runs others while the device is in use: what they are given decides where they compute, and nothing that they make on
 * the way may be made here.
 *
 * @throws DeviceError  (as a rejection) when the device cannot be had
 */
export async function whileInUse(name: DeviceName): Promise<<R>(f: () => R) => R> {
  const other = await openBackend(name);
  return (f) => onBackend(other, f);
}
