// What schedules need to know of an adapter: a row of numbers for each class of hardware.
import { candidates, contenders, type Limits } from './contraction/choose.js';
import type { Product } from './contraction/product.js';
import type { Schedule } from './contraction/schedule.js';
import { tableOf } from './contraction/tables.js';
import type { AdapterReport, Subgroups } from './device.js';
import type { ProductPrecision } from './precision.js';

export interface Adapter {
  /** Threads of a workgroup, where nothing speaks for another number. */
  readonly threads: number;
  /** Threads that keep the whole device busy. */
  readonly busy: number;
  /** The most threads that share a row. 1 where barriers are dear. */
  readonly lanes: number;
  /** Elements that a workgroup can sort in its own memory. */
  readonly sorted: number;
  readonly maxBuffers: number;
  /** Sizes of subgroups, where reductions should use them; else null. */
  readonly subgroups: Subgroups | null;
  /** What the factors of products of f32 may be rounded to. */
  readonly products: ProductPrecision;
  /** The schedule of a product. */
  scheduleOf(product: Product): Schedule;
  /** All schedules of a product that this adapter can run, and those that are worth measuring: in both the first is what a count of work chooses. */
  schedulesOf(product: Product): readonly Schedule[];
  contendersOf(product: Product): readonly Schedule[];
}

const classes = {
  /** The CPU plays the GPU: barriers cost more than they bring. */
  software: { threads: 64, busy: 16, lanes: 1 },
  hardware: { threads: 64, busy: 16384, lanes: 256 },
} as const;

export function adapterOf(report: AdapterReport): Adapter {
  const { software, limits } = report;
  const known = classes[software ? 'software' : 'hardware'];
  const bytes = limits.maxComputeWorkgroupStorageSize;
  const table = tableOf(report);
  const most: Limits = { threads: limits.maxComputeInvocationsPerWorkgroup, bytes };
  return {
    ...known,
    lanes: Math.min(known.lanes, limits.maxComputeInvocationsPerWorkgroup),
    sorted: Math.min(2048, 2 ** Math.floor(Math.log2(bytes / 8))),
    maxBuffers: limits.maxStorageBuffersPerShaderStage,
    subgroups: report.subgroups,
    products: 'f32',
    scheduleOf: (product) => candidates(product, table, most)[0]!,
    schedulesOf: (product) => candidates(product, table, most),
    contendersOf: (product) => contenders(product, table, most),
  };
}
