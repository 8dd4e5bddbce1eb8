// A growable array of bytes, with the number formats of the WebAssembly binary.
const scratch = new DataView(new ArrayBuffer(8));

/** Bytes that are written one after another. */
export class Bytes {
  private data: Uint8Array = new Uint8Array(256);
  length = 0;

  private reserve(count: number): void {
    if (this.length + count <= this.data.length) return;
    const larger = new Uint8Array(Math.max(2 * this.data.length, this.length + count));
    larger.set(this.data.subarray(0, this.length));
    this.data = larger;
  }
  byte(b: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = b;
  }
  bytes(list: ArrayLike<number>): void {
    this.reserve(list.length);
    this.data.set(list, this.length);
    this.length += list.length;
  }
  /** Unsigned LEB128. */
  unsigned(n: number): void {
    let rest = n >>> 0;
    while (rest > 127) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
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
    for (let k = 0; k < 4; k++) this.byte(scratch.getUint8(k));
  }
  i32(x: number): void {
    scratch.setInt32(0, x, true);
    for (let k = 0; k < 4; k++) this.byte(scratch.getUint8(k));
  }
  f64(x: number): void {
    scratch.setFloat64(0, x, true);
    for (let k = 0; k < 8; k++) this.byte(scratch.getUint8(k));
  }
  /** ASCII text with its length before it. */
  text(s: string): void {
    this.unsigned(s.length);
    for (let k = 0; k < s.length; k++) this.byte(s.charCodeAt(k));
  }
  /** Other bytes with their length before them. */
  sized(other: Bytes): void {
    this.unsigned(other.length);
    this.bytes(other.view());
  }
  /** What has been written; valid until the next write. */
  view(): Uint8Array {
    return this.data.subarray(0, this.length);
  }
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view());
  }
}
