// What the figures were measured on.
import { cpus, totalmem, type } from 'node:os';
import type { Machine } from '../report/results.js';

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
