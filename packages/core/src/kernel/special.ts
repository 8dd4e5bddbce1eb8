// Special functions that JavaScript's Math lacks, in double precision: the meaning of the scalar operations of the same names.

/** Rounds to the nearest integer, halves to the even one. */
export function roundEven(x: number): number {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r === 0 && x < 0 ? -0 : r;
}

/** Continued fraction of erfc for x >= 2 (Lentz's method): exp(-x^2)/(x sqrt(pi)) * 1/(1 + ...). */
function erfcTail(x: number): number {
  let f = 0;
  for (let k = 60; k > 0; k--) f = k / 2 / (x + f);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + f));
}
/** Series 2/sqrt(pi) * exp(-x^2) * sum 2^n x^(2n+1) / (2n+1)!!, all terms of one sign. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
/** Error function, 2/sqrt(pi) * integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) return x === 0 ? x : erfSeries(x);
  return Math.sign(x) * (1 - erfcTail(a));
}
/** 1 - erf(x), without cancellation for large x. */
export function erfc(x: number): number {
  if (x > 28) return 0;
  return x < 2.5 ? 1 - erf(x) : erfcTail(x);
}
/** Inverse of erf on (-1, 1): Giles' polynomial as a start (arXiv:1006.4245), then Newton steps. */
export function erfinv(y: number): number {
  if (!(y > -1 && y < 1)) return y === 1 ? Infinity : y === -1 ? -Infinity : NaN;
  if (y === 0) return y;
  const w = -Math.log((1 - y) * (1 + y));
  const s = w < 5 ? w - 2.5 : Math.sqrt(w) - 3;
  const c =
    w < 5
      ? [
          2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
          0.246640727, 1.50140941,
        ]
      : [
          -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
          1.00167406, 2.83297682,
        ];
  let x = c.reduce((p, a) => p * s + a, 0) * y;
  for (let k = 0; k < 3; k++) {
    const error = x > 1 ? 1 - y - erfc(x) : x < -1 ? erfc(-x) - (1 + y) : erf(x) - y;
    const step = error / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
    if (!Number.isFinite(step)) break;
    x -= step / (1 + x * step);
  }
  return x;
}

/** log |Gamma(x)|: Stirling's series after the recurrence, reflection for x < 0.5. */
export function lgamma(x: number): number {
  if (x <= 0 && Number.isInteger(x)) return Infinity;
  if (Math.abs(x) === Infinity) return Infinity;
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  if (x === 1 || x === 2) return 0;
  let shift = 0;
  let product = 1;
  for (; x < 10; x++) {
    product *= x;
    if (product > 1e200) {
      shift += Math.log(product);
      product = 1;
    }
  }
  const z = 1 / (x * x);
  const series =
    (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z / 156)))))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift - Math.log(product);
}

const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];
/** The n-th derivative of digamma at x (n = 0: digamma itself): recurrence up to x >= 15, then the asymptotic series. */
export function polygamma(n: number, x: number): number {
  if (n === 0) {
    if (x <= 0 && Number.isInteger(x)) return x === 0 ? (Object.is(x, -0) ? Infinity : -Infinity) : NaN;
    if (x < 0) return polygamma(0, 1 - x) - Math.PI / Math.tan(Math.PI * x);
    let sum = 0;
    for (; x < 15; x++) sum -= 1 / x;
    return sum + Math.log(x) - 1 / (2 * x) - bernoulli.reduce((s, b, k) => s + b / ((2 * k + 2) * x ** (2 * k + 2)), 0);
  }
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  const sign = n % 2 ? 1 : -1;
  let sum = 0;
  for (; x < 15; x++) {
    if (x === 0) return sign * Infinity;
    sum += factorial / x ** (n + 1);
  }
  let term = factorial / n / x ** n + factorial / (2 * x ** (n + 1));
  let rising = factorial * (n + 1);
  bernoulli.forEach((b, k) => {
    term += (b * rising) / (k ? factorialOf(2 * k + 2) : 2) / x ** (n + 2 * k + 2);
    rising *= (n + 2 * k + 2) * (n + 2 * k + 3);
  });
  return sign * (sum + term);
}
const factorialOf = (n: number): number => (n < 2 ? 1 : n * factorialOf(n - 1));
