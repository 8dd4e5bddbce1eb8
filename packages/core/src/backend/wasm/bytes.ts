// A growable array of bytes, with the number formats of the WebAssembly binary.
const scratch = new DataView(new ArrayBuffer(8));

/** Bytes that are written one after another: in a plain array, which is quicker to make and to lengthen than a typed one. */
export class Bytes {
  private readonly data: number[] = [];

  get length(): number {
    return this.data.length;
  }
  byte(b: number): void {
    this.data.push(b);
  }
  bytes(list: ArrayLike<number>): void {
    for (let k = 0; k < list.length; k++) this.data.push(list[k]!);
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
  /** Other bytes. */
  append(other: Bytes): void {
    this.bytes(other.data);
  }
  /** Other bytes with their length before them. */
  sized(other: Bytes): void {
    this.unsigned(other.length);
    this.append(other);
  }
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.data);
  }
}
