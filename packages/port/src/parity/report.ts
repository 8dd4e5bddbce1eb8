// The result of a comparison: rows, notes, and a table that lines up.

export type RowKind = 'weight' | 'output' | 'input gradient' | 'gradient' | 'trained weight';
/** One tensor on both sides. */
export interface ParityRow {
  readonly kind: RowKind;
  readonly torch: string;
  readonly keras: string;
  readonly torchShape: readonly number[];
  readonly kerasShape: readonly number[];
  /** The largest `|torch - keras|`. */
  readonly maxAbs: number;
  /** The same, divided by the largest `|keras|`. */
  readonly maxRel: number;
  /** Whether `|torch - keras| <= tolerance (1 + |keras|)` everywhere. */
  readonly equal: boolean;
  /** Why a difference does not count, if it does not. */
  readonly note?: string;
}

const mark = (row: ParityRow): string => (row.equal ? 'yes' : row.note ? 'known' : 'NO');
const digits = (x: number): string => (x === 0 ? '0' : Number.isFinite(x) ? x.toExponential(1) : String(x));
const shape = (s: readonly number[]): string => `[${s.join(', ')}]`;
/** Rows of text as columns of equal width. */
function columns(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((r) => r[c]!.length)));
  const line = (r: readonly string[]): string =>
    r
      .map((text, c) => (right.has(c) ? text.padStart(widths[c]!) : text.padEnd(widths[c]!)))
      .join('  ')
      .trimEnd();
  return [line(rows[0]!), widths.map((w) => '-'.repeat(w)).join('  '), ...rows.slice(1).map(line)];
}

/** What `checkParity` found. Printed, it is a table with one line for each tensor. */
export class ParityReport {
  /** All rows agree, but for known differences. */
  readonly equal: boolean;
  constructor(
    readonly rows: readonly ParityRow[],
    /** What was left out of the comparison, and why. */
    readonly notes: readonly string[],
    readonly tolerance: number,
  ) {
    this.equal = rows.every((r) => r.equal || r.note !== undefined);
  }
  toString(): string {
    const head = ['what', 'torch', 'keras', 'torch shape', 'keras shape', 'max abs', 'max rel', 'equal'];
    const body = this.rows.map((r) => [
      r.kind,
      r.torch,
      r.keras,
      shape(r.torchShape),
      shape(r.kerasShape),
      digits(r.maxAbs),
      digits(r.maxRel),
      mark(r),
    ]);
    const bad = this.rows.filter((r) => !r.equal && r.note === undefined).length;
    const verdict = this.equal
      ? `equal: all ${this.rows.length} tensors agree to ${this.tolerance}`
      : `NOT equal: ${bad} of ${this.rows.length} tensors differ by more than ${this.tolerance}`;
    const known = this.rows.flatMap((r) =>
      r.equal || r.note === undefined ? [] : [`known difference in ${r.torch}: ${r.note}`],
    );
    return [
      ...columns([head, ...body], new Set([5, 6])),
      verdict,
      ...known.map((k) => `note: ${k}`),
      ...this.notes.map((n) => `note: ${n}`),
    ].join('\n');
  }
}
// What console.log shows in Node.
Object.defineProperty(ParityReport.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: ParityReport): string {
    return this.toString();
  },
});
