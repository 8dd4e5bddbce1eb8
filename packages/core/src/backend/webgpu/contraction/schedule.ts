// How a product is spread over workgroups and threads: numbers alone.

export interface Schedule {
  /** Rows and columns that one thread computes: 1 or a multiple of 4. */
  readonly rows: number;
  readonly columns: number;
  /** Threads of a workgroup along rows and columns. */
  readonly down: number;
  readonly across: number;
  /** Threads that share an element of the output, each with a part of the depth; a power of two. 1 with tiles. */
  readonly slices: number;
  /** Depth of the tiles that a workgroup keeps in its memory, a multiple of 4; 0 when threads read the arrays themselves. */
  readonly depth: number;
  /** Tiles in memory at a time: with 2, the next one is fetched while the current one is used. */
  readonly buffers: 1 | 2;
  /** Workgroups that share an output, each with a part of the depth; a second pass adds what they found. */
  readonly splits: number;
}

/** Rows and columns of a workgroup's part of the output. */
export const tileRows = (s: Schedule): number => s.rows * s.down;
export const tileColumns = (s: Schedule): number => s.columns * s.across;
export const threadsOf = (s: Schedule): number => s.down * s.across * s.slices;
/** Rows of tiles that are computed together, so that what they read is in the caches. */
export const band = 8;

/** Vectors between the starts of a tile's neighbouring depths: one more than are used, so that threads meet other memory banks. */
export const pitch = (lines: number): number => lines / 4 + 1;
/** Bytes of workgroup memory; elements are at most four bytes. */
export function workgroupBytes(s: Schedule): number {
  if (s.depth) return 16 * s.buffers * s.depth * (pitch(tileRows(s)) + pitch(tileColumns(s)));
  return 4 * (s.slices >> 1) * s.down * s.across * s.rows * s.columns;
}
