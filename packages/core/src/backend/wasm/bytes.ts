// A growable array of bytes, with the number formats of the WebAssembly binary.
const scratch = new DataView(new ArrayBuffer(8));

/** Bytes that are written one after another. */
export class Bytes {
  private data = new Uint8Array(64);
  /** How many have been written. */
  length = 0;

  /** Makes room for at least `n` more. */
  private grow(n: number): void {
    const larger = new Uint8Array(2 * this.data.length + n);
    larger.set(this.data);
    this.data = larger;
  }
  byte(b: number): void {
    if (this.length === this.data.length) this.grow(1);
    this.data[this.length++] = b;
  }
  bytes(list: ArrayLike<number>): void {
    if (this.length + list.length > this.data.length) this.grow(list.length);
    this.data.set(list, this.length);
    this.length += list.length;
  }
  /** An instruction's number, with that of its prefix in the bits above 16. */
  instruction(op: number): void {
    if (this.length === this.data.length) this.grow(1);
    if (op > 0xff) {
      this.data[this.length++] = op >> 16;
      this.unsigned(op & 0xffff);
    } else this.data[this.length++] = op;
  }
  /** Unsigned LEB128. */
  unsigned(n: number): void {
    if (this.length + 5 > this.data.length) this.grow(5);
    let rest = n >>> 0;
    while (rest > 127) {
      this.data[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.data[this.length++] = rest;
  }
  /** Signed LEB128 of a 32-bit integer. */
  signed(n: number): void {
    let rest = n | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      if ((rest === 0 && !(low & 64)) || (rest === -1 && low & 64)) return this.byte(low);
      this.byte(low | 128);
    }
  }
  f32(x: number): void {
    scratch.setFloat32(0, x, true);
    this.fromScratch(4);
  }
  i32(x: number): void {
    scratch.setInt32(0, x, true);
    this.fromScratch(4);
  }
  f64(x: number): void {
    scratch.setFloat64(0, x, true);
    this.fromScratch(8);
  }
  private fromScratch(n: number): void {
    for (let k = 0; k < n; k++) this.byte(scratch.getUint8(k));
  }
  /** ASCII text with its length before it. */
  text(s: string): void {
    this.unsigned(s.length);
    for (let k = 0; k < s.length; k++) this.byte(s.charCodeAt(k));
  }
  /** Other bytes. */
  append(other: Bytes): void {
    this.bytes(other.data.subarray(0, other.length));
  }
  /** Other bytes with their length before them. */
  sized(other: Bytes): void {
    this.unsigned(other.length);
    this.append(other);
  }
  copy(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.length);
  }
}
