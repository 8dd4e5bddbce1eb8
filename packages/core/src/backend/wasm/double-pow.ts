// x^y of two 64-bit floats, at most 1.5 units in the last place from the truth: e^(y log x), where the logarithm has twice the bits. Numbers with twice
// the bits are pairs of a float and of what it was rounded by.
import { defined } from './definitions.js';
import { exp64, isRare, ln2High, ln2Low } from './double-math.js';
import { f64x2, i32, i64x2, v128, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { poly64 as poly, unless, type VectorFunction } from './polynomials.js';

const { add, sub, mul } = f64x2;
interface Pair {
  readonly high: V128;
  readonly low: V128;
}
/** a in two parts of 26 bits, whose products are exact. */
function halves(f: Func, a: V128): Pair {
  const c = f.let(mul(a, f.f64s(2 ** 27 + 1)));
  const high = f.let(sub(c, sub(c, a)));
  return { high, low: f.let(sub(a, high)) };
}
/** a*b, exactly (Dekker, 1971). */
function product(f: Func, a: V128, b: V128): Pair {
  const high = f.let(mul(a, b));
  const [x, y] = [halves(f, a), b === a ? null : halves(f, b)];
  const { high: p, low: q } = y ?? x;
  const part = f.let(sub(mul(x.high, p), high));
  return { high, low: f.let(add(add(add(part, mul(x.high, q)), mul(x.low, p)), mul(x.low, q))) };
}
/** a + b, exactly, where a is 0 or not the smaller one. */
function sum(f: Func, a: V128, b: V128): Pair {
  const high = f.let(add(a, b));
  return { high, low: f.let(sub(b, sub(high, a))) };
}

/** log x, to about 2^-65 of it: with x = 2^e m and s = (m - 1)/(m + 1), log m = 2s (1 + z (1/3 + U(z))), z = s^2; x is positive, normal and finite. */
function log(f: Func, x: V128): Pair {
  const start = f.constant('sqrt half', () => v128.f64s(Math.SQRT1_2));
  const bits = f.let(i64x2.sub(x, start));
  const mantissa = f.constant('mantissa', () => v128.i32s(-1, 0xfffff, -1, 0xfffff));
  const m = f.let(i64x2.add(v128.and(bits, mantissa), start));
  const whole = f.let(i64x2.shr(bits, i32.const(52)));
  const e = f.let(f64x2.fromI32(v128.shuffle32(whole, whole, [0, 2, 0, 2])));
  // s and what it was rounded by
  const above = f.let(sub(m, f.f64s(1)));
  const below = f.let(add(m, f.f64s(1)));
  const lost = sub(m, sub(below, f.f64s(1)));
  const s = f.let(f64x2.div(above, below));
  const back = product(f, s, below);
  const left = sub(sub(sub(above, back.high), back.low), mul(s, lost));
  const sLow = f.let(f64x2.div(left, below));
  // z, then w = z (1/3 + U(z))
  const square = product(f, s, s);
  const z = square.high;
  const zLow = f.let(add(square.low, mul(add(s, s), sLow)));
  const u = f.let(
    mul(
      z,
      poly(
        f,
        z,
        [
          0.058621635304233734, 0.05853063232281699, 0.0666740439940617, 0.0769229744350359, 0.09090909168049924,
          0.11111111110826383, 0.14285714285714685, 0.2,
        ],
      ),
    ),
  );
  const third = sum(f, f.f64s(1 / 3), u);
  const thirdLow = f.let(add(third.low, f.f64s(1.850371707708594e-17)));
  const w = product(f, z, third.high);
  const wLow = f.let(add(w.low, add(mul(z, thirdLow), mul(zLow, third.high))));
  // s w, and all parts of the sum by size
  const v = product(f, s, w.high);
  const vLow = add(v.low, add(mul(s, wLow), mul(sLow, w.high)));
  const first = sum(f, f.let(mul(e, f.f64s(ln2High))), f.let(add(s, s)));
  const second = sum(f, first.high, f.let(add(v.high, v.high)));
  const twice = add(add(sLow, vLow), add(sLow, vLow));
  return sum(f, second.high, f.let(add(add(first.low, second.low), add(twice, mul(e, f.f64s(ln2Low))))));
}
/** Exponents from here on are left to the definition, as are bases that are not positive, normal and finite. */
const largest = 2 ** 40;
export const doublePow: VectorFunction = (f, x, y) => {
  const l = log(f, x);
  const t = product(f, y, l.high);
  const value = exp64(
    f,
    f.let(f64x2.pmin(f64x2.pmax(t.high, f.f64s(-800)), f.f64s(800))),
    f.let(add(t.low, mul(y, l.low))),
  );
  const rare = v128.or(isRare(f, x), v128.not(f64x2.lt(f64x2.abs(y), f.f64s(largest))));
  return unless(f, value, rare, [x, y], 'pow64 one by one', (g, a, b) => {
    const each = [0, 1].map((k) => defined(g, 'pow', [f64x2.lane(a, k), f64x2.lane(b, k)]));
    return f64x2.replace(f64x2.splat(each[0]!), 1, each[1]!);
  });
};
