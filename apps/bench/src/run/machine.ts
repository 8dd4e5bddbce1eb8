// What the figures were measured on.
import { cpus, totalmem, type } from 'node:os';
import { createWebgpu } from '@nn/core/webgpu';
import type { Machine } from '../report/results.js';

/** The GPU that ours would compute on, by adapter and driver. Opened once more and given back. */
export async function adapterOf(): Promise<{ readonly name: string; readonly software: boolean }> {
  const device = await createWebgpu();
  const { vendor, architecture, device: model, description, software } = device.report;
  device.destroy();
  return { name: [vendor, architecture, model, description].filter(Boolean).join(', '), software };
}

export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}
