// What autotuning has found, by adapter and product: kept as plain data, which programs save and load. A file may come from anybody, so that it is
// checked, and can do no more than choose among the schedules that the tables have for this adapter.
import { ValueError } from '../../base/index.js';
import { everyExpr, type Expr } from '../../kernel/index.js';
import type { AdapterReport } from './device.js';
import type { Product } from './contraction/product.js';
import type { Schedule } from './contraction/schedule.js';
import type { ProductPrecision } from './precision.js';

/** The quickest schedule of a product on an adapter. */
export interface TuningEntry {
  /** Maker, architecture, device and driver. */
  readonly adapter: string;
  /** Batch x rows x columns x depth, dtype, precision, and how the factors are read. */
  readonly product: string;
  readonly schedule: Schedule;
}
/** What `tuning()` gives and `loadTuning()` takes: plain data for JSON. */
export interface Tuning {
  readonly format: 'nn-webgpu-tuning';
  readonly version: 1;
  readonly entries: readonly TuningEntry[];
}
const [format, version] = ['nn-webgpu-tuning', 1] as const;

/** Smallest and largest numbers of a schedule. */
const ranges: Readonly<Record<keyof Schedule, readonly [number, number]>> = {
  rows: [1, 64],
  columns: [1, 64],
  down: [1, 1024],
  across: [1, 1024],
  slices: [1, 1024],
  depth: [0, 256],
  buffers: [1, 2],
  splits: [1, 1024],
};
const fields = Object.keys(ranges) as (keyof Schedule)[];
const longestText = 500;
const mostEntries = 100_000;

export const adapterName = ({ vendor, architecture, device, description }: AdapterReport): string =>
  [vendor, architecture, device, description].join(' | ').slice(0, longestText);

/** Stands for expressions that read two arrays; the same for equal ones, wherever the arrays are among a kernel's inputs. */
function hashOf(roots: readonly Expr[]): string {
  const numbers = new Map<Expr, number>();
  const inputs: number[] = [];
  let hash = 0x811c9dc5;
  const mix = (text: string): void => {
    for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193) >>> 0;
  };
  const number = (e: Expr): number => numbers.get(e)!;
  for (const e of everyExpr(roots)) {
    numbers.set(e, numbers.size);
    mix(`;${e.kind} ${e.dtype}`);
    if (e.kind === 'const') mix(String(e.value));
    else if (e.kind === 'loop') mix(`${e.over}${e.axis}:${e.extent}`);
    else if (e.kind === 'load') {
      if (!inputs.includes(e.input)) inputs.push(e.input);
      mix(`${inputs.indexOf(e.input)} ${number(e.at)}`);
    } else if (e.kind === 'op') mix(`${e.op} ${e.args.map(number).join()}`);
    else if (e.kind === 'cast') mix(String(number(e.args[0])));
  }
  mix(roots.map(number).join());
  return hash.toString(16).padStart(8, '0');
}
export function productName(
  { batch, rows, columns, depth, dtype, a, b }: Product,
  precision: ProductPrecision,
): string {
  const sizes = [batch, rows, columns, depth].join('x');
  return `${sizes} ${dtype} ${precision} ${hashOf([a, b])}`;
}
export const sameSchedule = (a: Schedule, b: Schedule): boolean => fields.every((f) => a[f] === b[f]);

function wrong(where: string, expected: string, received: unknown): never {
  const text = (JSON.stringify(received) ?? String(received)).slice(0, 80);
  throw new ValueError(
    `loadTuning: ${where}: expected ${expected}, received ${text}. Give it what tuning() returned, or measure anew with autotune()`,
  );
}
function record(where: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(where, 'an object', value);
  return value as Record<string, unknown>;
}
function checkedText(where: string, value: unknown): string {
  if (typeof value !== 'string' || value.length > longestText)
    wrong(where, `a text of at most ${longestText} characters`, value);
  return value;
}
function checkedEntry(where: string, value: unknown): TuningEntry {
  const { adapter, product, schedule } = record(where, value);
  const given = record(`${where}.schedule`, schedule);
  const numbers = fields.map((field): [string, number] => {
    const [least, most] = ranges[field];
    const n = given[field];
    if (!Number.isInteger(n) || (n as number) < least || (n as number) > most)
      wrong(`${where}.schedule.${field}`, `a whole number from ${least} to ${most}`, n);
    return [field, n as number];
  });
  return {
    adapter: checkedText(`${where}.adapter`, adapter),
    product: checkedText(`${where}.product`, product),
    schedule: Object.fromEntries(numbers) as unknown as Schedule,
  };
}
/** The entries of a value that may be anything. */
function checked(value: unknown): TuningEntry[] {
  const { entries, ...head } = record('the tuning', value);
  if (head['format'] !== format || head['version'] !== version)
    wrong('the tuning', `format "${format}" and version ${version}`, {
      format: head['format'],
      version: head['version'],
    });
  if (!Array.isArray(entries) || entries.length > mostEntries)
    wrong('entries', `a list of at most ${mostEntries}`, Array.isArray(entries) ? entries.length : entries);
  return (entries as unknown[]).map((entry, k) => checkedEntry(`entries[${k}]`, entry));
}

/** The winners that a device knows, those of other adapters too, so that one file serves several machines. */
export class TuningCache {
  private readonly winners = new Map<string, TuningEntry>();
  constructor(private readonly adapter: string) {}
  get isEmpty(): boolean {
    return this.winners.size === 0;
  }
  private key(adapter: string, product: string): string {
    return `${adapter}\n${product}`;
  }
  get(product: string): Schedule | null {
    return this.winners.get(this.key(this.adapter, product))?.schedule ?? null;
  }
  set(product: string, schedule: Schedule): void {
    this.winners.set(this.key(this.adapter, product), { adapter: this.adapter, product, schedule });
  }
  /** Adds all of them or, where something is wrong, none. */
  load(value: unknown): void {
    for (const entry of checked(value)) this.winners.set(this.key(entry.adapter, entry.product), entry);
  }
  export(): Tuning {
    return { format, version, entries: [...this.winners.values()] };
  }
}
