// The numbers of products, a vector at a time: how each dtype is multiplied and added.
import type { DType } from '../../../base/index.js';
import { f32x4, f64x2, i32x4, v128, type I32, type V128, type Void } from '../instructions.js';
import type { Engine } from '../module.js';

/** A dtype in vectors. */
export interface Lanes {
  readonly name: string;
  readonly bytes: 4 | 8;
  /** Numbers in a vector. */
  readonly count: 4 | 2;
  zero(): V128;
  /** The number at an address, in all lanes. */
  splat(address: I32, offset: number): V128;
  add(a: V128, b: V128): V128;
  mul(a: V128, b: V128): V128;
  /** a*b + c */
  madd(engine: Engine, a: V128, b: V128, c: V128): V128;
  /** Every second number of two vectors that lie side by side. */
  evens(a: V128, b: V128): V128;
  storeLane(address: I32, v: V128, lane: number, offset: number): Void;
}
const evens4 = (a: V128, b: V128): V128 => v128.shuffle32(a, b, [0, 2, 4, 6]);
const storeLane4 = (address: I32, v: V128, k: number, offset: number): Void => v128.store32Lane(address, v, k, offset);
const f32Lanes: Lanes = {
  name: 'f32',
  bytes: 4,
  count: 4,
  zero: () => v128.f32s(0),
  splat: (address, offset) => v128.load32Splat(address, offset),
  add: (a, b) => f32x4.add(a, b),
  mul: (a, b) => f32x4.mul(a, b),
  madd: ({ madd }, a, b, c) => (madd ? f32x4.relaxedMadd(a, b, c) : f32x4.add(c, f32x4.mul(a, b))),
  evens: evens4,
  storeLane: storeLane4,
};
const i32Lanes: Lanes = {
  name: 'i32',
  bytes: 4,
  count: 4,
  zero: () => v128.i32s(0),
  splat: (address, offset) => v128.load32Splat(address, offset),
  add: (a, b) => i32x4.add(a, b),
  mul: (a, b) => i32x4.mul(a, b),
  madd: (_, a, b, c) => i32x4.add(c, i32x4.mul(a, b)),
  evens: evens4,
  storeLane: storeLane4,
};
const f64Lanes: Lanes = {
  name: 'f64',
  bytes: 8,
  count: 2,
  zero: () => v128.f64s(0),
  splat: (address, offset) => v128.load64Splat(address, offset),
  add: (a, b) => f64x2.add(a, b),
  mul: (a, b) => f64x2.mul(a, b),
  madd: ({ madd }, a, b, c) => (madd ? f64x2.relaxedMadd(a, b, c) : f64x2.add(c, f64x2.mul(a, b))),
  evens: (a, b) => v128.shuffle32(a, b, [0, 1, 4, 5]),
  storeLane: (address, v, k, offset) => v128.store64Lane(address, v, k, offset),
};
/** Dtypes whose products have schedules of their own. */
export const lanesOf: Partial<Record<DType, Lanes>> = { f32: f32Lanes, f64: f64Lanes, i32: i32Lanes, u32: i32Lanes };
