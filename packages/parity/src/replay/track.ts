// Rows of numbers that are collected over the steps of an optimizer, as the golden data tracks them.
import { data } from '@nn/core';
import type { GoldenCase } from '../golden/group.js';
import { distance } from '../golden/distance.js';
import { valueOf } from './check.js';
import type { Replay } from './run.js';

interface Tracked extends GoldenCase {
  readonly track: readonly string[];
  readonly tol: { readonly param: number; readonly loss: number; readonly grad: number; readonly state: number };
}

export class Track {
  private readonly rows = new Map<string, number[]>();

  /** Appends a row to `role/name` for each value; null values leave no row. */
  async add(role: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === undefined) continue;
      const key = name === '' ? role : `${role}/${name}`;
      const tensor = valueOf(value);
      const row = tensor ? await data(tensor) : [Number(value)];
      const rows = this.rows.get(key) ?? [];
      rows.push(...row);
      this.rows.set(key, rows);
    }
  }

  /** Compares everything that the case tracks with what was collected. */
  async compare(golden: Tracked, { tensors, check }: Replay): Promise<void> {
    for (const name of golden.track) {
      const expected = tensors.get(`track/${name}`);
      const rows = this.rows.get(name);
      check.count++;
      if (rows?.length !== expected.data.length) {
        check.fail(
          `${name} ${rows ? `has ${rows.length} numbers` : 'is missing'}, expected ${expected.data.length} numbers`,
        );
        continue;
      }
      const tol = golden.tol[name.split('/')[0] as keyof Tracked['tol']];
      check.within(name, distance(rows, expected), tol);
    }
  }
}
