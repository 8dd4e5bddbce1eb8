// The transcendental functions on two 64-bit floats, at most 1.5 units in the last place from the truth. All polynomials are fitted to the true values.
import type { ScalarOp } from '../../kernel/index.js';
import { defined } from './definitions.js';
import { f64x2, i32, i32x4, i64x2, v128, type Local, type V128 } from './instructions.js';
import type { Func } from './module.js';
import { madd64 as madd, nmadd64 as nmadd, poly64 as poly, unless, type VectorFunction } from './polynomials.js';

/** A number whose unit is 1: adding it rounds to an integer, which is then in the low bits. */
const magic = 1.5 * 2 ** 52;
/** ln 2 in two parts; the first has so few bits that its products with small integers are exact. */
export const ln2High = 0.6931471805592082;
export const ln2Low = 7.371002565167799e-13;

/** x as n ln 2 + r: n, and e^r - 1 = r + r^2 P(r). */
function reduce(f: Func, x: V128): { readonly n: Local<'v128'>; readonly near: V128 } {
  const n = f.let(f64x2.sub(madd(f, x, f.f64s(Math.LOG2E), f.f64s(magic)), f.f64s(magic)));
  const r = f.let(nmadd(f, n, f.f64s(ln2Low), nmadd(f, n, f.f64s(ln2High), x)));
  const p = poly(
    f,
    r,
    [
      2.5100472505694996e-8, 2.7620201591031547e-7, 2.7557268276905696e-6, 2.4801521057868204e-5, 1.9841269863171557e-4,
      1.3888888917367081e-3, 8.333333333330039e-3, 4.1666666666623824e-2, 0.16666666666666669, 0.5,
    ],
  );
  return { n, near: madd(f, f64x2.mul(r, r), p, r) };
}
/** 2^n of a number with n + 1023 in its low bits. */
const power = (n: V128): V128 => i64x2.shl(n, i32.const(52));
/** e^(x + more) = (1 + near) 2^n for x from -800 to 800, with one half of n after the other, so that neither end is cut. */
export function exp64(f: Func, x: V128, more?: V128): V128 {
  const { n, near: first } = reduce(f, x);
  const near = more ? f.let(f64x2.add(first, f64x2.add(more, f64x2.mul(more, first)))) : first;
  const half = f.let(madd(f, n, f.f64s(0.5), f.f64s(magic + 1023)));
  const rest = f64x2.add(f64x2.sub(n, f64x2.sub(half, f.f64s(magic + 1023))), f.f64s(magic + 1023));
  const large = f.let(power(half));
  return f64x2.mul(madd(f, near, large, large), power(rest));
}
const exp: VectorFunction = (f, x) => exp64(f, f.let(f64x2.pmin(f64x2.pmax(x, f.f64s(-746)), f.f64s(710))));
/** e^x for x from -700 to 700. */
function expInside(f: Func, x: V128): V128 {
  const { n, near } = reduce(f, x);
  const whole = f.let(power(f64x2.add(n, f.f64s(magic + 1023))));
  return madd(f, near, whole, whole);
}

/** log x = e ln 2 + log(1 + m), for normal x, plus a small number; with s = m/(2 + m), log(1 + m) = 2s + s R(s^2) = m - m^2/2 + s (m^2/2 + R(s^2)). */
function logInside(f: Func, x: V128, more?: V128): V128 {
  const root = f.constant('sqrt half', () => v128.f64s(Math.SQRT1_2));
  const bits = f.let(i64x2.sub(x, root));
  const mantissa = f.constant('mantissa', () => v128.i32s(-1, 0xfffff, -1, 0xfffff));
  const m = f.let(f64x2.sub(i64x2.add(v128.and(bits, mantissa), root), f.f64s(1)));
  const whole = f.let(i64x2.shr(bits, i32.const(52)));
  const e = f.let(f64x2.fromI32(v128.shuffle32(whole, whole, [0, 2, 0, 2])));
  const s = f.let(f64x2.div(m, f64x2.add(m, f.f64s(2))));
  const z = f.let(f64x2.mul(s, s));
  const r = f64x2.mul(
    z,
    poly(
      f,
      z,
      [
        0.14617807153417325, 0.15331611722055008, 0.1818289243253687, 0.22222211089379496, 0.28571428626253836,
        0.3999999999989889, 0.666666666666667,
      ],
    ),
  );
  const square = f.let(f64x2.mul(f64x2.mul(m, m), f.f64s(0.5)));
  const small = f64x2.mul(e, f.f64s(ln2Low));
  const low = madd(f, s, f64x2.add(square, r), more ? f64x2.add(small, more) : small);
  return madd(f, e, f.f64s(ln2High), f64x2.sub(m, f64x2.sub(square, low)));
}
/** Whether numbers are not positive, normal and finite. */
export const isRare = (f: Func, x: V128): V128 =>
  v128.or(f64x2.lt(x, f.f64s(2 ** -1022)), v128.not(f64x2.lt(x, f.f64s(Infinity))));
/** log of any numbers. */
const logRare: VectorFunction = (f, x) => {
  const tiny = f.let(f64x2.lt(x, f.f64s(2 ** -1022)));
  const scaled = f.let(v128.bitselect(f64x2.mul(x, f.f64s(2 ** 54)), x, tiny));
  const y = f.let(f64x2.sub(logInside(f, scaled), v128.and(tiny, f.f64s(54 * Math.LN2))));
  // infinity and NaN stay, 0 gives -infinity, what is below NaN
  f.set(y, v128.bitselect(y, x, f64x2.lt(x, f.f64s(Infinity))));
  f.set(y, v128.bitselect(f.f64s(-Infinity), y, f64x2.eq(x, f.f64s(0))));
  return v128.or(y, f64x2.lt(x, f.f64s(0)));
};
const log: VectorFunction = (f, x) => unless(f, logInside(f, x), isRare(f, x), [x], 'log64 of any', logRare);

/** An odd polynomial near 0, else 1 - 2/(e^2|x| + 1). */
const tanh: VectorFunction = (f, x) => {
  const a = f.let(f64x2.abs(x));
  const z = f.let(f64x2.mul(x, x));
  const bounded = f.let(f64x2.pmin(a, f.f64s(20)));
  const e = expInside(f, f.let(f64x2.add(bounded, bounded)));
  const far = f64x2.sub(f.f64s(1), f64x2.div(f.f64s(2), f64x2.add(e, f.f64s(1))));
  const p = poly(
    f,
    z,
    [
      6.485163482793113e-6, -3.12011014257974e-5, 9.257116129556769e-5, -2.375906496055562e-4, 5.896606577757043e-4,
      -1.4557754120478055e-3, 3.5921217511549622e-3, -8.863235103240878e-3, 2.1869488519008305e-2,
      -5.396825396789699e-2, 0.13333333333333042, -0.3333333333333333,
    ],
  );
  const small = madd(f, f64x2.mul(p, z), x, x);
  return v128.or(v128.bitselect(small, far, f64x2.lt(a, f.f64s(0.625))), v128.and(x, f.f64s(-0)));
};

/** x + x P(x^2) near 0, else 1 - e^Q(|x| - 1). */
const erf: VectorFunction = (f, x) => {
  const a = f.let(f64x2.pmin(f64x2.abs(x), f.f64s(5.95)));
  const z = f.let(f64x2.mul(x, x));
  const p = poly(
    f,
    z,
    [
      1.0726164894329426e-8, -1.571432309134152e-7, 1.640160994436917e-6, -1.4922120011890354e-5, 1.2055199866809842e-4,
      -8.548323788973352e-4, 5.2239775763388e-3, -2.6866170640775875e-2, 0.1128379167093529, -0.376126389031834,
      0.12837916709551256,
    ],
  );
  const near = madd(f, p, x, x);
  const q = poly(
    f,
    f.let(f64x2.sub(a, f.f64s(1))),
    [
      1.5365302673870348e-12, -4.0309856369142734e-11, 4.878301246762069e-10, -3.605576164884749e-9,
      1.7969913459610437e-8, -6.090408372619165e-8, 1.1616076952594756e-7, 1.1413999749998558e-7, -2.026977603458857e-6,
      9.581311621087548e-6, -2.7142183056729448e-5, 2.6270439003407737e-5, 0.00023732475345294356,
      -0.001977903031344237, 0.010033825434069813, -0.041561098046330305, -0.8431072563584879, -2.638967514234792,
      -1.8496055099332482,
    ],
  );
  const far = f64x2.sub(f.f64s(1), expInside(f, f.let(q)));
  const signed = v128.or(far, v128.and(x, f.f64s(-0)));
  return v128.bitselect(near, signed, f64x2.lt(a, f.f64s(0.84375)));
};
/** log(1 + x) = log t + (x - (t - 1))/t, where t is 1 + x rounded, for ordinary t; -0 stays. */
const log1pInside = (f: Func, x: V128, t: V128): V128 =>
  v128.bitselect(x, logInside(f, t, f64x2.div(f64x2.sub(x, f64x2.sub(t, f.f64s(1))), t)), f64x2.eq(x, f.f64s(0)));
const log1p: VectorFunction = (f, x) => {
  const t = f.let(f64x2.add(x, f.f64s(1)));
  return unless(f, log1pInside(f, x, t), isRare(f, t), [x], 'log1p64 of any', (g, v) => {
    const sum = g.let(f64x2.add(v, g.f64s(1)));
    return v128.bitselect(logRare(g, sum, sum), log1pInside(g, v, sum), isRare(g, sum));
  });
};

/** From here on, and nearer than this to a multiple of pi/2 other than 0, r takes more than 64 bits: see below. */
const [farthest, nearest] = [2 ** 20, 2 ** -10];
/**
 * sin or cos: x = n pi/2 + r, then the polynomial of r that n mod 4 chooses. pi/2 is in three parts; the product of the first with n is exact, as is
 * what it leaves of x, and those of the others are rounded to 7e-21, less than a tenth of a unit in the last place of r where that is at least 2^-10.
 */
const circular =
  (op: 'sin' | 'cos'): VectorFunction =>
  (f, x) => {
    const t = f.let(madd(f, x, f.f64s(2 / Math.PI), f.f64s(magic)));
    const n = f.let(f64x2.sub(t, f.f64s(magic)));
    const near = f.let(nmadd(f, n, f.f64s(1.5707963267341256), x));
    const rest = f.let(madd(f, n, f.f64s(2.912732056093356e-20), f64x2.mul(n, f.f64s(6.07710050359346e-11))));
    const r = f.let(f64x2.sub(near, rest));
    // what r was rounded by
    const low = f64x2.sub(f64x2.sub(near, r), rest);
    const z = f.let(f64x2.mul(r, r));
    const p = poly(
      f,
      z,
      [
        1.5916726193889336e-10, -2.5051112272573243e-8, 2.755731600817155e-6, -1.984126983657571e-4,
        8.333333333330827e-3, -0.16666666666666666,
      ],
    );
    const sine = f64x2.add(r, madd(f, f64x2.mul(p, z), r, low));
    // 1 - (z/2 - z^2 Q): what is taken from 1 is small, and so are its roundings
    const q = poly(
      f,
      z,
      [
        -1.1381754653662937e-11, 2.0876134024090145e-9, -2.755731721268659e-7, 2.4801587298651292e-5,
        -1.3888888888887322e-3, 4.1666666666666664e-2,
      ],
    );
    const cosine = f64x2.sub(f.f64s(1), nmadd(f, f64x2.mul(z, z), q, f64x2.mul(z, f.f64s(0.5))));
    // which function, and its sign: the last two bits of n
    const quarter = f.let(op === 'cos' ? f64x2.add(t, f.f64s(1)) : t);
    const last = f.let(i32x4.shr(i32x4.shl(quarter, i32.const(31)), i32.const(31)));
    const mask = v128.shuffle32(last, last, [0, 0, 2, 2]);
    const sign = v128.and(i64x2.shl(quarter, i32.const(62)), f.f64s(-0));
    const y = v128.xor(v128.bitselect(cosine, sine, mask), sign);
    const close = v128.and(f64x2.lt(f64x2.abs(r), f.f64s(nearest)), f64x2.ne(n, f.f64s(0)));
    const large = v128.not(f64x2.lt(f64x2.abs(x), f.f64s(farthest)));
    const all = unless(f, y, v128.or(close, large), [x], `${op} one by one`, (g, v) => {
      const each = [0, 1].map((k) => defined(g, op, [f64x2.lane(v, k)]));
      return f64x2.replace(f64x2.splat(each[0]!), 1, each[1]!);
    });
    // -0 stays
    return op === 'sin' ? v128.bitselect(x, all, f64x2.eq(x, f.f64s(0))) : all;
  };

/** Functions of vectors, by operation. The arguments are locals. */
export const doubleMath: Partial<Record<ScalarOp, VectorFunction>> = {
  exp,
  log,
  log1p,
  tanh,
  erf,
  sin: circular('sin'),
  cos: circular('cos'),
};
