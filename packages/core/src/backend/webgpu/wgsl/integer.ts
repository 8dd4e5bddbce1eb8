// Functions of integers that mean what JavaScript's operators and the kernels' definitions mean, where WGSL means something else or nothing.
import type { WgslFunction } from './elementary.js';

const define = (calls: string, code: string): WgslFunction => ({ calls: calls ? calls.split(' ') : [], code });

export const integer: Readonly<Record<string, WgslFunction>> = {
  /** A float modulo 2^32, without its fraction; NaN and infinities give 0. */
  toint_: define(
    '',
    `fn toint_(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 255u) - 150;
  if (e < 8) { return i32(x); }
  if (e > 31) { return 0i; }
  let m = i32(((bits & 0x7fffffu) | 0x800000u) << u32(e));
  return select(m, -m, (bits >> 31u) == 1u);
}`,
  ),
  /** Rounded down; 0 for a divisor of 0. */
  idiv_: define(
    '',
    `fn idiv_(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  if (b == -1) { return 0i - a; }
  let q = a / b;
  return select(q, q - 1, a % b != 0 && (a < 0) != (b < 0));
}`,
  ),
  rdiv_: define(
    '',
    'fn rdiv_(a: i32, b: i32) -> i32 { if (b == 0) { return 0; } if (b == -1) { return 0i - a; } return a / b; }',
  ),
  irem_: define('', 'fn irem_(a: i32, b: i32) -> i32 { if (b == 0 || b == -1) { return 0; } return a % b; }'),
  imod_: define(
    'irem_',
    'fn imod_(a: i32, b: i32) -> i32 { let r = irem_(a, b); return select(r, r + b, r != 0 && (r < 0) != (b < 0)); }',
  ),
  udiv_: define('', 'fn udiv_(a: u32, b: u32) -> u32 { if (b == 0u) { return 0u; } return a / b; }'),
  umod_: define('', 'fn umod_(a: u32, b: u32) -> u32 { if (b == 0u) { return 0u; } return a % b; }'),
  /** A number whose order among integers is that of the floats; both zeros are 0. NaN is above everything. */
  order_: define(
    '',
    `fn order_(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return select(bits, i32(-2147483648) - bits, bits < 0);
}`,
  ),
  lt_: define(
    'isnan_ order_',
    'fn lt_(a: f32, b: f32) -> bool { return !isnan_(a) && !isnan_(b) && order_(a) < order_(b); }',
  ),
  le_: define(
    'isnan_ order_',
    'fn le_(a: f32, b: f32) -> bool { return !isnan_(a) && !isnan_(b) && order_(a) <= order_(b); }',
  ),
  eq_: define(
    'isnan_ order_',
    'fn eq_(a: f32, b: f32) -> bool { return !isnan_(a) && !isnan_(b) && order_(a) == order_(b); }',
  ),
  ne_: define('eq_', 'fn ne_(a: f32, b: f32) -> bool { return !eq_(a, b); }'),
  /** A float as a u32 of the same order; both zeros are one, NaN is the largest. */
  sortkey_: define(
    '',
    `fn sortkey_(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return 0xffffffffu; }
  if ((bits & 0x7fffffffu) == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}`,
  ),
  /** Powers of integers, modulo 2^32; a negative exponent leaves 0, but 1 and -1 stay. */
  ipow_: define(
    '',
    `fn ipow_(x: i32, y: i32) -> i32 {
  if (y < 0) { return select(select(0, select(1, -1, (y & 1) == 1), x == -1), 1, x == 1); }
  var base = x;
  var left = y;
  var result = 1i;
  loop {
    if (left == 0) { break; }
    if ((left & 1) == 1) { result *= base; }
    base *= base;
    left = left >> 1u;
  }
  return result;
}`,
  ),
};
