// The hash functions of tf.strings.to_hash_bucket_*: the same bins as TensorFlow, on every machine. Texts of up to 16 bytes.

const wrap = (x: bigint): bigint => BigInt.asUintN(64, x);
const rotate = (x: bigint, by: bigint, left: boolean): bigint =>
  left ? wrap(x << by) | (x >> (64n - by)) : (x >> by) | wrap(x << (64n - by));
const read = (bytes: Uint8Array, from: number, count: number): bigint => {
  let x = 0n;
  for (let i = count - 1; i >= 0; i--) x = (x << 8n) | BigInt(bytes[from + i] ?? 0);
  return x;
};

const [k0, k2] = [0xc3a5c85c97cb3127n, 0x9ae16a3b2f90404fn];
const mix = (x: bigint): bigint => x ^ (x >> 47n);
const hashOf16 = (u: bigint, v: bigint, mul: bigint): bigint => {
  const a = mix(wrap((u ^ v) * mul));
  return wrap(mix(wrap((v ^ a) * mul)) * mul);
};
/** FarmHash64 (its fingerprint) of a text. */
export function farmHash64(bytes: Uint8Array): bigint {
  const n = bytes.length;
  const length = BigInt(n);
  const mul = wrap(k2 + length * 2n);
  if (n > 16) throw new RangeError(`farmHash64: ${n} bytes, up to 16 are supported`);
  if (n >= 8) {
    const a = wrap(read(bytes, 0, 8) + k2);
    const b = read(bytes, n - 8, 8);
    const c = wrap(rotate(b, 37n, false) * mul + a);
    return hashOf16(c, wrap((rotate(a, 25n, false) + b) * mul), mul);
  }
  if (n >= 4) return hashOf16(length + (read(bytes, 0, 4) << 3n), read(bytes, n - 4, 4), mul);
  if (n === 0) return k2;
  const y = BigInt(bytes[0]!) + (BigInt(bytes[n >> 1]!) << 8n);
  const z = length + (BigInt(bytes[n - 1]!) << 2n);
  return wrap(mix(wrap(y * k2) ^ wrap(z * k0)) * k2);
}

/** SipHash-2-4 of a text under a key of two numbers. */
export function sipHash64(bytes: Uint8Array, key: readonly [number, number]): bigint {
  const [a, b] = [BigInt.asUintN(64, BigInt(key[0])), BigInt.asUintN(64, BigInt(key[1]))];
  let [v0, v1, v2, v3] = [
    a ^ 0x736f6d6570736575n,
    b ^ 0x646f72616e646f6dn,
    a ^ 0x6c7967656e657261n,
    b ^ 0x7465646279746573n,
  ];
  const round = (): void => {
    v0 = wrap(v0 + v1);
    v1 = rotate(v1, 13n, true) ^ v0;
    v0 = rotate(v0, 32n, true);
    v2 = wrap(v2 + v3);
    v3 = rotate(v3, 16n, true) ^ v2;
    v0 = wrap(v0 + v3);
    v3 = rotate(v3, 21n, true) ^ v0;
    v2 = wrap(v2 + v1);
    v1 = rotate(v1, 17n, true) ^ v2;
    v2 = rotate(v2, 32n, true);
  };
  const whole = bytes.length >> 3;
  for (let i = 0; i <= whole; i++) {
    const word = read(bytes, i * 8, 8) | (i === whole ? BigInt(bytes.length & 255) << 56n : 0n);
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 255n;
  for (let i = 0; i < 4; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}
