// Shapes of tiles for each class of hardware. The speeds are estimates until they are measured on such a GPU.
import type { Shape, Table } from './choose.js';

/** rows x columns of a thread, down x across threads. */
const shape = (
  [rows, columns]: readonly [number, number],
  [down, across]: readonly [number, number],
  speed: number,
  more: Partial<Shape> = {},
): Shape => ({ rows, columns, down, across, slices: 1, depth: 0, buffers: 1, speed, ...more });

/** Products with one or few rows or columns: the threads of a workgroup share the depth. */
const narrow: readonly Shape[] = [
  shape([1, 1], [1, 1], 0.05, { slices: 256 }),
  shape([1, 4], [1, 1], 0.1, { slices: 64, along: true }),
  shape([4, 4], [1, 1], 0.2, { slices: 64, along: true }),
  shape([4, 1], [1, 1], 0.1, { slices: 64 }),
  shape([1, 4], [1, 16], 0.1, { slices: 16, along: false }),
  shape([4, 4], [1, 16], 0.2, { slices: 8, along: false }),
];

export const tables: Readonly<Record<'software' | 'integrated' | 'discrete', Table>> = {
  /** The CPU plays the GPU: barriers cost more than they bring, and large kernels take long to compile. */
  software: {
    units: 2,
    width: 4,
    launch: 20000,
    memory: 4,
    shapes: [
      shape([8, 4], [1, 4], 0.5, { from: 2 ** 24 }),
      shape([4, 4], [1, 4], 0.4),
      shape([1, 4], [1, 4], 0.2),
      shape([4, 1], [4, 1], 0.2),
      shape([1, 1], [1, 4], 0.1),
    ],
  },
  integrated: {
    units: 16,
    width: 64,
    launch: 8000,
    memory: 1,
    shapes: [
      shape([4, 8], [16, 8], 0.5, { depth: 16 }),
      shape([4, 4], [8, 8], 0.4, { depth: 16 }),
      shape([4, 4], [8, 8], 0.2),
      ...narrow,
    ],
  },
  discrete: {
    units: 96,
    width: 128,
    launch: 6000,
    memory: 1,
    shapes: [
      shape([8, 8], [16, 16], 0.7, { depth: 16 }),
      shape([8, 8], [8, 16], 0.65, { depth: 16 }),
      shape([8, 8], [8, 8], 0.6, { depth: 16 }),
      shape([4, 8], [8, 8], 0.5, { depth: 16 }),
      shape([4, 4], [16, 16], 0.4, { depth: 16 }),
      shape([4, 4], [8, 8], 0.4, { depth: 16 }),
      shape([4, 4], [4, 8], 0.3, { depth: 16 }),
      ...narrow,
    ],
  },
};

const shared = /^(apple|arm|qualcomm|img-tec|samsung|broadcom)$/;
/** The table of an adapter. Of makers of both kinds of GPU, the architecture tells them apart. */
export function tableOf(report: {
  readonly vendor: string;
  readonly architecture: string;
  readonly software: boolean;
}): Table {
  if (report.software) return tables.software;
  const isShared = shared.test(report.vendor) || (report.vendor === 'intel' && !/hp/.test(report.architecture));
  return isShared ? tables.integrated : tables.discrete;
}
