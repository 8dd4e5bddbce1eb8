// Floating point formats narrower than f32, as data: one table, one decoder.

/** Names of the 8-bit floats. */
export type SmallFloat = 'f8_e4m3' | 'f8_e5m2' | 'f8_e4m3fnuz' | 'f8_e5m2fnuz' | 'f8_e8m0';

interface Layout {
  readonly exponent: number; // bits
  readonly mantissa: number; // bits
  readonly bias: number;
  /** What the codes beyond the finite numbers mean: `ieee` top exponent = inf/nan, `fn` all ones = nan, `fnuz` minus zero = nan, `scale` unsigned power of two. */
  readonly special: 'ieee' | 'fn' | 'fnuz' | 'scale';
}

const layouts: Readonly<Record<SmallFloat | 'f16' | 'bf16', Layout>> = {
  f16: { exponent: 5, mantissa: 10, bias: 15, special: 'ieee' },
  bf16: { exponent: 8, mantissa: 7, bias: 127, special: 'ieee' },
  f8_e4m3: { exponent: 4, mantissa: 3, bias: 7, special: 'fn' },
  f8_e5m2: { exponent: 5, mantissa: 2, bias: 15, special: 'ieee' },
  f8_e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, special: 'fnuz' },
  f8_e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, special: 'fnuz' },
  f8_e8m0: { exponent: 8, mantissa: 0, bias: 127, special: 'scale' },
};

/** The function from the bits of one number of a small float format to its value. */
export function smallFloat(name: SmallFloat | 'f16' | 'bf16'): (bits: number) => number {
  const { exponent, mantissa, bias, special } = layouts[name];
  const top = 2 ** exponent - 1;
  const ones = 2 ** mantissa - 1;
  if (special === 'scale') return (bits) => (bits === top ? NaN : 2 ** (bits - bias));
  return (bits) => {
    const sign = bits >> (exponent + mantissa) ? -1 : 1;
    const e = (bits >> mantissa) & top;
    const m = bits & ones;
    if (special === 'ieee' && e === top) return m ? NaN : sign * Infinity;
    if (special === 'fn' && e === top && m === ones) return NaN;
    if (special === 'fnuz' && sign < 0 && e === 0 && m === 0) return NaN;
    const fraction = m / (ones + 1);
    return sign * (e === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (e - bias));
  };
}
