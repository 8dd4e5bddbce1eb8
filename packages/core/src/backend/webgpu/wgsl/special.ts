// The error function and its relatives, and the gamma function's logarithm and derivatives, in f32. The polynomials are least-squares fits, weighted
// until the largest relative error was smallest, of the definitions in kernel/special.ts.
import type { WgslFunction } from './elementary.js';
import { polynomial } from './number.js';

const define = (calls: string, code: string): WgslFunction => ({ calls: calls.split(' '), code });

export const special: Readonly<Record<string, WgslFunction>> = {
  /** erfc(x) for x from 1 to 10.5: exp(-x^2) times a polynomial in 1/(1 + x/2). x^2 in two parts, as exp would enlarge its rounding. */
  erftail_: define(
    'exp_',
    `fn erftail_(x: f32) -> f32 {
  let h = bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
  let t = 1f / (1f + 0.5f * x);
  let q = ${polynomial('t', [2.35020884e-6, 0.282018656, 0.283172146, 0.238079439, 0.221393666, -0.069099507, 0.33621841, -0.532203787, 0.30105521, -0.0605594677])};
  return exp_(-h * h) * exp_((h - x) * (h + x)) * q;
}`,
  ),
  erf_: define(
    'isnan_ signed_ erftail_',
    `fn erf_(x: f32) -> f32 {
  if (isnan_(x)) { return x; }
  let a = abs(x);
  if (a > 4f) { return signed_(1f, x); }
  if (a > 1f) { return signed_(1f - erftail_(a), x); }
  let z = x * x;
  return x * ${polynomial('z', [1.12837917, -0.376126385, 0.112837827, -0.0268654458, 0.00522107488, -0.000848471147, 0.000112705447, -0.00000968013696])};
}`,
  ),
  erfc_: define(
    'isnan_ erf_ erftail_',
    `fn erfc_(x: f32) -> f32 {
  if (isnan_(x)) { return x; }
  if (x > 10.5f) { return 0f; }
  if (x > 1f) { return erftail_(x); }
  if (x < -4f) { return 2f; }
  return 1f - erf_(x);
}`,
  ),
  /** Giles, arXiv:1006.4245. */
  erfinv_: define(
    'nan_ inf_ signed_ log_ log1p_ isnan_',
    `fn erfinv_(y: f32) -> f32 {
  let a = abs(y);
  if (isnan_(y) || a > 1f) { return nan_(); }
  if (a == 1f) { return signed_(inf_(), y); }
  var w = -log1p_(-y * y);
  if (a > 0.5f) { w = -log_((1f - a) * (1f + a)); }
  if (w < 5f) {
    let s = w - 2.5f;
    return y * ${polynomial('s', [1.50140941, 0.246640727, -4.17768164e-3, -1.25372503e-3, 2.1858087e-4, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7, 2.81022636e-8])};
  }
  let s = sqrt(w) - 3f;
  return y * ${polynomial('s', [2.83297682, 1.00167406, 9.43887047e-3, -7.6224613e-3, 5.73950773e-3, -3.67342844e-3, 1.34934322e-3, 1.00950558e-4, -2.00214257e-4])};
}`,
  ),
  /** sin(pi x) for x >= 0. */
  sinturn_: define(
    'sinrest_ cosrest_',
    `fn sinturn_(x: f32) -> f32 {
  let n = round(2f * x);
  let r = (x - 0.5f * n) * 3.14159265f;
  let k = u32(n - 4f * floor(n * 0.25f));
  var y = sinrest_(r);
  if ((k & 1u) == 1u) { y = cosrest_(r); }
  return select(y, -y, k >= 2u);
}`,
  ),
  /** log(Gamma(x)) for x >= 1/2: a polynomial about 2 with the recurrence around it, Stirling's series from 8 on. */
  gammalog_: define(
    'log_',
    `fn gammalog_(x: f32) -> f32 {
  if (x >= 8f) {
    let r = min(x, 1e18f);
    let z = 1f / (r * r);
    return (x - 0.5f) * (log_(x) - 1f) + (0.418938533f + ${polynomial('z', [1 / 12, -1 / 360, 1 / 1260])} / r);
  }
  var y = x;
  var product = 1f;
  loop { if (y <= 2.5f) { break; } y -= 1f; product *= y; }
  let below = y < 1.5f;
  if (below) { product = y; y += 1f; }
  let h = y - 2f;
  let near = h * (y - 1f) * ${polynomial('h', [0.422784335, -0.100317284, 0.0329649777, -0.0123850741, 0.00499931644, -0.00209656435, 0.000908460873, -0.000461071117, 0.000210963186])};
  return select(near + log_(product), near - log_(product), below);
}`,
  ),
  lgamma_: define(
    'isnan_ isinf_ inf_ log_ gammalog_ sinturn_',
    `fn lgamma_(x: f32) -> f32 {
  if (isnan_(x)) { return x; }
  if (isinf_(x) || (x <= 0f && floor(x) == x)) { return inf_(); }
  if (x < 0.5f) { return (1.14472989f - log_(abs(sinturn_(-x)))) - gammalog_(1f - x); }
  return gammalog_(x);
}`,
  ),
  /** The recurrence up to x >= 10, then the asymptotic series; digamma reflects negative x. */
  polygamma_: define(
    'nan_ inf_ isnan_ isinf_ log_ sinturn_',
    `fn polygamma_(n: i32, x: f32) -> f32 {
  if (isnan_(x)) { return x; }
  var y = x;
  var sum = 0f;
  if (n == 0) {
    if (x <= 0f && floor(x) == x) {
      if (x == 0f) { return select(-inf_(), inf_(), bitcast<u32>(x) == 0x80000000u); }
      return nan_();
    }
    if (isinf_(x)) { return select(nan_(), x, x > 0f); }
    if (x < 0f) {
      let f = -x - floor(-x);
      sum = 3.14159265f * sinturn_(select(f + 0.5f, 1.5f - f, f > 0.5f)) / sinturn_(f) * select(1f, -1f, f > 0.5f);
      y = 1f - x;
    }
    loop { if (y >= 10f) { break; } sum -= 1f / y; y += 1f; }
    let r = min(y, 1e18f);
    let z = 1f / (r * r);
    return sum + ((log_(y) - 0.5f / r) - z * ${polynomial('z', [1 / 12, -1 / 120, 1 / 252, -1 / 240])});
  }
  let order = f32(n);
  var factorial = 1f;
  for (var k = 2; k <= n; k++) { factorial *= f32(k); }
  let sign = select(-1f, 1f, (n & 1) == 1);
  loop {
    if (y >= 15f) { break; }
    if (y == 0f) { return sign * inf_(); }
    var power = y;
    for (var k = 0; k < n; k++) { power *= y; }
    sum += factorial / power;
    y += 1f;
  }
  if (isinf_(y)) { return sign * 0f; }
  var power = 1f;
  for (var k = 0; k < n; k++) { power *= y; }
  let z = 1f / (y * y);
  var term = factorial * (order + 1f) * z;
  var series = factorial / order + 0.5f * factorial / y;
  var b = array<f32, 6>(0.0833333333f, -0.00138888889f, 3.30687831e-5f, -8.26719577e-7f, 2.08767570e-8f, -5.28419014e-10f);
  for (var k = 0; k < 6; k++) {
    series += b[k] * term;
    let m = order + f32(2 * k + 2);
    term *= m * (m + 1f) * z;
  }
  return sign * (sum + series / power);
}`,
  ),
};
