// Functions of f32 that WGSL lacks or leaves too loose (sin may be off by 2^-11, exp by 3 + 2|x| units): exponentials, logarithms, powers, angles.
// At most about 2 units in the last place off where not said otherwise. What is relied on are sums and products of numbers that are neither infinite nor
// NaN, and bits. Native division is loose, and 0 for divisors beyond 2^126 on some GPUs: it is used where an error of some units does no harm. Compilers
// may fuse a product with a sum, and take a - (a + b) for -b: what a rounding has lost is computed from numbers whose last bits were masked away,
// which they do not see through.
// Long because it holds the elementary functions of one number format, which share their parts.
import { polynomial } from './number.js';

/** A function in WGSL and the functions that it calls. */
export interface WgslFunction {
  readonly calls: readonly string[];
  readonly code: string;
}
const define = (calls: string, code: string): WgslFunction => ({ calls: calls ? calls.split(' ') : [], code });

/** ln 2 in two parts; a multiple of the first by up to 2^15 is exact. */
const ln2 = { high: '0.693359375f', low: '-0.00021219444f' };
/** e^r - 1 - r over r^2, |r| <= ln(2)/2: the Taylor series. */
const exponentialTail = polynomial('r', [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040]);
/** log(1 + f) = f - (h - s (h + R)) with h = f^2/2, s = f/(2 + f), R = 2 (s^2/3 + s^4/5 + …). */
const logarithmTail = polynomial('z', [2 / 3, 2 / 5, 2 / 7, 2 / 9]);

export const elementary: Readonly<Record<string, WgslFunction>> = {
  nan_: define('', 'fn nan_() -> f32 { var bits = 0x7fc00000u; return bitcast<f32>(bits); }'),
  inf_: define('', 'fn inf_() -> f32 { var bits = 0x7f800000u; return bitcast<f32>(bits); }'),
  zero_: define('', 'fn zero_(sign: u32) -> f32 { var bits = sign << 31u; return bitcast<f32>(bits); }'),
  isnan_: define('', 'fn isnan_(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }'),
  isinf_: define('', 'fn isinf_(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }'),
  /** x with the sign of y. */
  signed_: define(
    '',
    'fn signed_(x: f32, y: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u)); }',
  ),
  /** x * 2^n in two steps, so that neither leaves the range too early; n from -252 to 254. */
  scale_: define(
    '',
    `fn scale_(x: f32, n: i32) -> f32 {
  let h = n >> 1u;
  return x * bitcast<f32>(u32(h + 127) << 23u) * bitcast<f32>(u32(n - h + 127) << 23u);
}`,
  ),
  /** The 24 digits of a finite number that is not 0, from its bits without the sign, and the exponent of the first one. */
  digits_: define(
    '',
    `struct Digits { m: u32, e: i32 }
fn digits_(x: u32) -> Digits {
  let small = x < 0x800000u;
  let bits = select(x, bitcast<u32>(f32(x)), small);
  return Digits((bits & 0x7fffffu) | 0x800000u, i32(bits >> 23u) - select(127, 276, small));
}`,
  ),
  /**
   * The quotient as IEEE 754 rounds it, but that a denormal one may be 0: 24 digits by a loose reciprocal, set right by the remainder, which whole
   * numbers modulo 2^32 give without error. A quotient of such numbers is never in the middle of two.
   */
  div_: define(
    'nan_ digits_ scale_',
    `fn div_(a: f32, b: f32) -> f32 {
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & 0x80000000u;
  let x = bitcast<u32>(a) & 0x7fffffffu;
  let y = bitcast<u32>(b) & 0x7fffffffu;
  if (x - 1u >= 0x7f7fffffu || y - 1u >= 0x7f7fffffu) {
    if (x == y || x > 0x7f800000u || y > 0x7f800000u) { return nan_(); }
    return bitcast<f32>(sign | select(0u, 0x7f800000u, x == 0x7f800000u || y == 0u));
  }
  let p = digits_(x);
  let q = digits_(y);
  let less = select(0u, 1u, p.m < q.m);
  let top = p.m << less;
  let inverse = 1f / f32(q.m);
  var whole = i32(f32(top) * inverse * 8388608f);
  var rest = i32((top << 23u) - u32(whole) * q.m);
  let more = i32(round(f32(rest) * inverse));
  whole += more;
  rest = 2 * (rest - more * i32(q.m));
  whole += select(0, 1, rest > i32(q.m)) - select(0, 1, rest < -i32(q.m));
  let value = scale_(f32(whole) * 1.1920929e-7f, clamp(p.e - q.e - i32(less), -252, 254));
  return bitcast<f32>(bitcast<u32>(value) | sign);
}`,
  ),
  /** x as f * 2^e, f from sqrt(1/2) to sqrt(2), for finite x > 0, denormal ones too. */
  split_: define(
    '',
    `struct Split { f: f32, e: f32 }
fn split_(x: f32) -> Split {
  var bits = bitcast<u32>(x);
  var e = 0i;
  if (bits < 0x800000u) { bits = bitcast<u32>(f32(bits)); e = -149; }
  e += i32(bits >> 23u) - 127;
  bits = (bits & 0x7fffffu) | 0x3f800000u;
  if (bits > 0x3fb504f3u) { bits -= 0x800000u; e += 1; }
  return Split(bitcast<f32>(bits), f32(e));
}`,
  ),
  exp_: define(
    'inf_ isnan_ scale_',
    `fn exp_(x: f32) -> f32 {
  if (isnan_(x)) { return x; }
  if (x > 88.73f) { return inf_(); }
  if (x < -104f) { return 0f; }
  let n = round(x * 1.44269504f);
  let r = (x - n * ${ln2.high}) - n * (${ln2.low});
  return scale_(1f + (r + r * r * ${exponentialTail}), i32(n));
}`,
  ),
  expm1_: define(
    'inf_ isnan_',
    `fn expm1_(x: f32) -> f32 {
  if (isnan_(x) || x == 0f) { return x; }
  if (x > 88.73f) { return inf_(); }
  if (x < -18f) { return -1f; }
  let n = round(x * 1.44269504f);
  let r = (x - n * ${ln2.high}) - n * (${ln2.low});
  let m = r + r * r * ${exponentialTail};
  if (n == 0f) { return m; }
  let h = bitcast<f32>(u32(i32(n) + 126) << 23u);
  return 2f * (h * m + (h - 0.5f));
}`,
  ),
  /** e ln 2 + log(1 + f) + c, for f from sqrt(1/2) - 1 to sqrt(2) - 1 and a small correction c. */
  logsum_: define(
    '',
    `fn logsum_(e: f32, f: f32, c: f32) -> f32 {
  let s = f / (2f + f);
  let z = s * s;
  let h = 0.5f * f * f;
  return e * ${ln2.high} - ((h - (s * (h + z * ${logarithmTail}) + (e * (${ln2.low}) + c))) - f);
}`,
  ),
  log_: define(
    'nan_ inf_ isnan_ split_ logsum_',
    `fn log_(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (isnan_(x) || bits == 0x7f800000u) { return x; }
  if ((bits & 0x7fffffffu) == 0u) { return -inf_(); }
  if ((bits >> 31u) == 1u) { return nan_(); }
  let p = split_(x);
  return logsum_(p.e, p.f - 1f, 0f);
}`,
  ),
  log1p_: define(
    'nan_ inf_ isnan_ split_ short_ logsum_',
    `fn log1p_(x: f32) -> f32 {
  if (isnan_(x) || abs(x) < 1e-8f || bitcast<u32>(x) == 0x7f800000u) { return x; }
  if (x < -1f) { return nan_(); }
  if (x == -1f) { return -inf_(); }
  if (x > -0.2928f && x < 0.4142f) { return logsum_(0f, x, 0f); }
  let u = short_(1f + x);
  let p = split_(u);
  let c = select(x - (u - 1f), 1f - (u - x), x > 1f) / u;
  return logsum_(p.e, p.f - 1f, c);
}`,
  ),
  /** x without its last digits: optimizers that take (1 + x) - 1 for x do not see through it, and what was lost can be computed. */
  short_: define('', 'fn short_(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffffff0u); }'),
  /** A product as a number of 20 digits and the rest: Dekker's splitting. */
  product_: define(
    'short_',
    `fn product_(a: f32, b: f32) -> vec2f {
  let ah = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let bh = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let al = a - ah;
  let bl = b - bh;
  let p = short_(a * b);
  return vec2f(p, ((ah * bh - p) + ah * bl + al * bh) + al * bl);
}`,
  ),
  /** 2^(h + l) for |h| <= 260, |l| small. */
  exp2sum_: define(
    'scale_ inf_',
    `fn exp2sum_(h: f32, l: f32) -> f32 {
  if (h > 128.5f) { return inf_(); }
  if (h < -152f) { return 0f; }
  let n = round(h);
  let r = ((h - n) + l) * 0.693147181f;
  return scale_(1f + (r + r * r * ${exponentialTail}), i32(n));
}`,
  ),
  /** Powers: log2 of the base in two parts, so that the error does not grow with the exponent, which may as well be 1e12 as more. pow(1, y) = pow(x, 0) = 1 also for NaN. */
  pow_: define(
    'nan_ inf_ isnan_ isinf_ split_ short_ product_ exp2sum_',
    `fn pow_(x: f32, y: f32) -> f32 {
  if (x == 1f || y == 0f) { return 1f; }
  if (isnan_(x) || isnan_(y)) { return nan_(); }
  let a = abs(x);
  let whole = isinf_(y) || trunc(y) == y;
  let odd = whole && abs(y) < 16777216f && (i32(y) & 1) == 1;
  let negative = (bitcast<u32>(x) >> 31u) == 1u;
  var m = 0f;
  if (isinf_(y)) {
    if (a == 1f) { return nan_(); }
    m = select(0f, inf_(), (a > 1f) == (y > 0f));
  } else if ((bitcast<u32>(x) & 0x7fffffffu) == 0u) { m = select(0f, inf_(), y < 0f); }
  else if (isinf_(x)) { m = select(inf_(), 0f, y < 0f); }
  else {
    if (negative && !whole) { return nan_(); }
    let p = split_(a);
    let f = p.f - 1f;
    let dh = short_(p.f + 1f);
    let dl = p.f - (dh - 1f);
    let s = f / dh;
    let q = product_(s, dh);
    let sl = (((f - q.x) - q.y) - s * dl) / dh;
    let z = s * s;
    let t = 2f * (sl + s * (z * ${polynomial('z', [1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11])}));
    let k = product_(2f * s, 1.44269502f);
    let l = k.y + (t * 1.44269504f + 2f * s * 1.92596299e-8f);
    let h = short_(p.e + k.x);
    let hl = ((p.e - h) + k.x) + l;
    let n = clamp(y, -1e12f, 1e12f);
    let r = product_(n, h);
    m = exp2sum_(clamp(r.x, -260f, 260f), select(0f, r.y + n * hl, abs(r.x) < 260f));
  }
  return select(m, -m, negative && odd);
}`,
  ),
  mulhi_: define(
    '',
    `fn mulhi_(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu; let ah = a >> 16u; let bl = b & 0xffffu; let bh = b >> 16u;
  let m = ah * bl + ((al * bl) >> 16u);
  return ah * bh + (m >> 16u) + (((m & 0xffffu) + al * bh) >> 16u);
}`,
  ),
  /** An angle as a number of quarter turns (modulo 4) and a rest from -pi/4 to pi/4. Beyond 1000 with as many digits of 2/pi as it takes (Payne and Hanek). */
  turns_: define(
    'mulhi_',
    `struct Turns { n: u32, r: f32 }
fn turns_(x: f32) -> Turns {
  if (abs(x) < 1000f) {
    let n = round(x * 0.636619772f);
    let r = ((x - n * 1.5703125f) - n * 0.000483751297f) - n * 7.54978943e-8f;
    return Turns(u32(i32(n)) & 3u, r);
  }
  var digits = array<u32, 8>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
  let bits = bitcast<u32>(x);
  let first = ((bits >> 23u) & 255u) - 120u;
  let w = first >> 5u;
  let o = first & 31u;
  var part: array<u32, 3>;
  for (var k = 0u; k < 3u; k++) {
    part[k] = digits[w + k] << o;
    if (o > 0u) { part[k] |= digits[w + k + 1u] >> (32u - o); }
  }
  let m = (bits & 0x7fffffu) | 0x800000u;
  let low = mulhi_(part[2], m);
  let b0 = part[1] * m;
  let b = b0 + low;
  let a = part[0] * m + mulhi_(part[1], m) + select(0u, 1u, b < b0);
  var n = a >> 30u;
  var h = (a << 2u) | (b >> 30u);
  var l = b << 2u;
  let turned = (h >> 31u) == 1u;
  if (turned) {
    n += 1u;
    h = ~h;
    l = ~l + 1u;
    if (l == 0u) { h += 1u; }
  }
  let z = countLeadingZeros(h);
  if (z > 0u) { h = (h << z) | (l >> (32u - z)); }
  var r = f32(h) * bitcast<f32>((127u - 32u - z) << 23u) * 1.57079633f;
  if (turned) { r = -r; }
  if ((bits >> 31u) == 1u) { n = 4u - n; r = -r; }
  return Turns(n & 3u, r);
}`,
  ),
  sinrest_: define(
    '',
    `fn sinrest_(r: f32) -> f32 { let z = r * r; return r + r * (z * ${polynomial('z', [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880])}); }`,
  ),
  cosrest_: define(
    '',
    `fn cosrest_(r: f32) -> f32 { let z = r * r; return (1f - 0.5f * z) + z * z * ${polynomial('z', [1 / 24, -1 / 720, 1 / 40320, -1 / 3628800])}; }`,
  ),
  sin_: define(
    'nan_ turns_ sinrest_ cosrest_',
    `fn sin_(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return nan_(); }
  if (abs(x) < 1e-4f) { return x; }
  let t = turns_(x);
  var y = sinrest_(t.r);
  if ((t.n & 1u) == 1u) { y = cosrest_(t.r); }
  return select(y, -y, (t.n & 2u) == 2u);
}`,
  ),
  cos_: define(
    'nan_ turns_ sinrest_ cosrest_',
    `fn cos_(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return nan_(); }
  let t = turns_(x);
  var y = cosrest_(t.r);
  if ((t.n & 1u) == 1u) { y = sinrest_(t.r); }
  return select(y, -y, t.n == 1u || t.n == 2u);
}`,
  ),
  tan_: define(
    'nan_ turns_ sinrest_ cosrest_',
    `fn tan_(x: f32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) >= 0x7f800000u) { return nan_(); }
  if (abs(x) < 1e-4f) { return x; }
  let t = turns_(x);
  let s = sinrest_(t.r);
  let c = cosrest_(t.r);
  return select(s / c, -c / s, (t.n & 1u) == 1u);
}`,
  ),
  /** atan for x >= 0: from 0 to tan(pi/8) by a polynomial, beyond by atan(x) = pi/4 + atan((x-1)/(x+1)) and pi/2 - atan(1/x). */
  arc_: define(
    '',
    `fn arc_(x: f32) -> f32 {
  var t = x;
  var base = 0f;
  var rest = 0f;
  if (x > 2.41421356f) { t = -1f / min(x, 1e30f); base = 1.57079637f; rest = -4.37113883e-8f; }
  else if (x > 0.414213562f) { t = (x - 1f) / (x + 1f); base = 0.785398185f; rest = -2.18556941e-8f; }
  let z = t * t;
  return base + (t + (rest + t * z * ${polynomial('z', [-0.333333155, 0.199984894, -0.142438482, 0.105959982, -0.0608344554])}));
}`,
  ),
  atan_: define(
    'isnan_ isinf_ signed_ arc_',
    `fn atan_(x: f32) -> f32 {
  if (isnan_(x)) { return x; }
  if (isinf_(x)) { return signed_(1.57079637f, x); }
  return signed_(arc_(abs(x)), x);
}`,
  ),
  atan2_: define(
    'nan_ isnan_ isinf_ signed_ arc_ div_',
    `fn atan2_(y: f32, x: f32) -> f32 {
  if (isnan_(x) || isnan_(y)) { return nan_(); }
  let left = (bitcast<u32>(x) >> 31u) == 1u;
  let a = abs(x);
  let b = abs(y);
  var t = 0f;
  if (isinf_(x) || isinf_(y)) { t = select(select(1.57079637f, 0f, isinf_(x)), 0.785398185f, isinf_(x) && isinf_(y)); }
  else if (b == 0f) { t = 0f; }
  else if (b > a) { t = select(1.57079637f - arc_(div_(a, b)), 1.57079637f, a == 0f); }
  else { t = arc_(div_(b, a)); }
  if (left) { t = 3.14159274f - t; }
  return signed_(t, y);
}`,
  ),
  /** asin(x) - x for 0 <= x <= 1/2. */
  arcsine_: define(
    '',
    `fn arcsine_(x: f32) -> f32 { let z = x * x; return x * z * ${polynomial('z', [0.166666599, 0.0750051092, 0.0445157205, 0.0318176093, 0.0144026151, 0.0375651882])}; }`,
  ),
  asin_: define(
    'nan_ isnan_ signed_ arcsine_',
    `fn asin_(x: f32) -> f32 {
  let a = abs(x);
  if (isnan_(x) || a > 1f) { return nan_(); }
  if (a <= 0.5f) { return x + signed_(arcsine_(a), x); }
  let h = sqrt(0.5f * (1f - a));
  return signed_(1.57079637f - 2f * (h + arcsine_(h)), x);
}`,
  ),
  acos_: define(
    'nan_ isnan_ signed_ arcsine_',
    `fn acos_(x: f32) -> f32 {
  let a = abs(x);
  if (isnan_(x) || a > 1f) { return nan_(); }
  if (a <= 0.5f) { return 1.57079637f - (x + (signed_(arcsine_(a), x) + 4.37113883e-8f)); }
  let h = sqrt(0.5f * (1f - a));
  let t = 2f * (h + arcsine_(h));
  return select(t, 3.14159274f - t, x < 0f);
}`,
  ),
  sinh_: define(
    'isnan_ isinf_ signed_ exp_ expm1_',
    `fn sinh_(x: f32) -> f32 {
  if (isnan_(x) || isinf_(x) || x == 0f) { return x; }
  let a = abs(x);
  if (a > 80f) { let h = exp_(0.5f * a); return signed_(0.5f * h * h, x); }
  let t = expm1_(a);
  return signed_(0.5f * (t + t / (t + 1f)), x);
}`,
  ),
  cosh_: define(
    'exp_',
    `fn cosh_(x: f32) -> f32 {
  let a = abs(x);
  if (a > 80f) { let h = exp_(0.5f * a); return 0.5f * h * h; }
  let t = exp_(a);
  return 0.5f * t + 0.5f / t;
}`,
  ),
  tanh_: define(
    'isnan_ signed_ expm1_',
    `fn tanh_(x: f32) -> f32 {
  if (isnan_(x) || abs(x) < 1e-4f) { return x; }
  let t = expm1_(2f * min(abs(x), 10f));
  return signed_(select(t / (t + 2f), 1f - 2f / (t + 2f), t > 1f), x);
}`,
  ),
  asinh_: define(
    'isnan_ isinf_ signed_ log_ log1p_',
    `fn asinh_(x: f32) -> f32 {
  if (isnan_(x) || isinf_(x) || abs(x) < 1e-4f) { return x; }
  let a = abs(x);
  if (a > 1e4f) { return signed_(log_(a) + 0.693147181f, x); }
  return signed_(log1p_(a + a * a / (1f + sqrt(a * a + 1f))), x);
}`,
  ),
  acosh_: define(
    'nan_ isnan_ log_ log1p_',
    `fn acosh_(x: f32) -> f32 {
  if (isnan_(x) || x < 1f) { return nan_(); }
  if (x > 1e4f) { return log_(x) + 0.693147181f; }
  let t = x - 1f;
  return log1p_(t + sqrt(2f * t + t * t));
}`,
  ),
  atanh_: define(
    'nan_ inf_ isnan_ signed_ log1p_',
    `fn atanh_(x: f32) -> f32 {
  if (isnan_(x) || abs(x) < 1e-4f) { return x; }
  let a = abs(x);
  if (a > 1f) { return nan_(); }
  if (a == 1f) { return signed_(inf_(), x); }
  return signed_(0.5f * log1p_(2f * a / (1f - a)), x);
}`,
  ),
  /** a - b * trunc(a / b) without error, by long division of the mantissas, eight bits at a time. */
  rem_: define(
    'nan_ isnan_',
    `fn rem_(a: f32, b: f32) -> f32 {
  let sign = bitcast<u32>(a) & 0x80000000u;
  let ua = bitcast<u32>(a) & 0x7fffffffu;
  let ub = bitcast<u32>(b) & 0x7fffffffu;
  if (ua >= 0x7f800000u || ub > 0x7f800000u || ub == 0u) { return nan_(); }
  if (ua < ub) { return a; }
  var ea = i32(ua >> 23u);
  var eb = i32(ub >> 23u);
  var ma = ua & 0x7fffffu;
  var mb = ub & 0x7fffffu;
  if (ea == 0) { ea = 1; } else { ma |= 0x800000u; }
  if (eb == 0) { eb = 1; } else { mb |= 0x800000u; }
  var m = ma % mb;
  var shift = ea - eb;
  loop {
    if (shift <= 0 || m == 0u) { break; }
    let s = u32(min(shift, 8));
    m = (m << s) % mb;
    shift -= i32(s);
  }
  if (m == 0u) { return bitcast<f32>(sign); }
  let up = min(i32(countLeadingZeros(m)) - 8, eb - 1);
  m = m << u32(up);
  let e = eb - up;
  return bitcast<f32>(sign | select(m, (m & 0x7fffffu) | (u32(e) << 23u), (m & 0x800000u) != 0u));
}`,
  ),
  mod_: define(
    'rem_ isinf_',
    `fn mod_(a: f32, b: f32) -> f32 {
  let r = rem_(a, b);
  return select(r, r + b, r != 0f && (r < 0f) != (b < 0f));
}`,
  ),
  /** The quotient rounded down, also where it is too small for a number that is not 0. */
  floordiv_: define(
    'div_ isinf_',
    `fn floordiv_(a: f32, b: f32) -> f32 {
  let q = floor(div_(a, b));
  return select(q, -1f, q == 0f && a != 0f && !isinf_(b) && (a < 0f) != (b < 0f));
}`,
  ),
  max_: define(
    'isnan_',
    'fn max_(a: f32, b: f32) -> f32 { return select(select(b, a, a > b || isnan_(a)), b, isnan_(b)); }',
  ),
  min_: define(
    'isnan_',
    'fn min_(a: f32, b: f32) -> f32 { return select(select(b, a, a < b || isnan_(a)), b, isnan_(b)); }',
  ),
  /** The sign, and x itself where that is 0, -0 or NaN. */
  sign_: define(
    'isnan_ signed_',
    'fn sign_(x: f32) -> f32 { return select(signed_(1f, x), x, (bitcast<u32>(x) & 0x7fffffffu) == 0u || isnan_(x)); }',
  ),
};
