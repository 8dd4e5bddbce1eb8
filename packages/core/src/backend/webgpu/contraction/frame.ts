// What the kernels of a product have in common: which part of the output a thread computes, its running sums, and writing what becomes of them.
import { acc, everyExpr, expr, lit, loop, type Expr } from '../../../kernel/index.js';
import { fours } from '../wgsl/fours.js';
import { storedTypeOf, toMemory, typeOf } from '../wgsl/scalar.js';
import { Shader, vectorOf, type Block, type Pass } from '../wgsl/shader.js';
import type { Place } from '../place.js';
import type { ProductPrecision } from '../precision.js';
import { axis, rebuild, type Product } from './product.js';
import { band, threadsOf, tileColumns, tileRows, type Schedule } from './schedule.js';

/** Loops of a thread: its groups of rows and of columns, and the part of the depth. */
export const own = { row: 3, column: 4, split: 5 } as const;
/** An array that is written: its element at the flat loops, and where that goes. */
export interface Target {
  readonly place: number;
  readonly body: Expr;
  readonly at: Expr;
}

/** The sums of a row and a group of columns, with the targets' elements and positions in turn for each of them. */
interface Element {
  readonly name: string;
  readonly row: number;
  readonly group: number;
  readonly lanes: readonly { readonly sum: number; readonly placed: readonly Expr[] }[];
}

/** Lines (rows or columns) of a thread: `groups` of `lanes` side by side, `threads` groups apart. */
export interface Lines {
  readonly lanes: number;
  readonly groups: number;
  readonly threads: number;
  /** Loop of the first group, and its extent over the whole array. */
  readonly loop: Expr;
  /** Text of the first group. */
  readonly text: string;
  readonly count: number;
}
/** What a kernel reads, where its arrays are, and what factors of f32 are rounded to in workgroup memory. */
export interface Sides {
  readonly place: Place;
  readonly name: string;
  readonly reads: readonly Expr[];
  /** Default f32. */
  readonly precision?: ProductPrecision;
}
const lanesOf = (lines: number): number => (lines % 4 ? 1 : 4);

export class Frame {
  readonly shader: Shader;
  readonly main: Block;
  readonly rows: Lines;
  readonly columns: Lines;
  /** Type of sums and factors, and of factors in workgroup memory. */
  readonly scalar: string;
  readonly kept: string;
  readonly vector: string;
  private readonly tiles: readonly [number, number];
  private readonly place: Place;
  private readonly elements: readonly Element[];
  constructor(
    readonly product: Product,
    readonly schedule: Schedule,
    private readonly targets: readonly Target[],
    { place, name, reads, precision = 'f32' }: Sides,
  ) {
    this.place = place;
    const { rows, columns } = schedule;
    this.scalar = typeOf(product.dtype);
    this.kept = product.dtype === 'f32' ? precision : this.scalar;
    const side = (each: number, threads: number, of: number, which: number, text: string): Lines => {
      const lanes = lanesOf(each);
      const extent = Math.ceil(of / lanes);
      return { lanes, groups: each / lanes, threads, loop: loop('i', which, extent), text, count: of };
    };
    this.rows = side(rows, schedule.down, product.rows, own.row, 'row');
    this.columns = side(columns, schedule.across, product.columns, own.column, 'column');
    this.vector = this.columns.lanes === 4 ? `vec4<${this.scalar}>` : this.scalar;
    this.tiles = [Math.ceil(product.rows / tileRows(schedule)), Math.ceil(product.columns / tileColumns(schedule))];
    this.elements = this.findElements();
    this.shader = new Shader({
      name,
      places: place.dtypes,
      aliases: place.aliases,
      threads: threadsOf(schedule),
      vectors: this.vectors(reads),
    });
    this.main = this.shader.main;
  }
  /** Part of the depth that each split has, in units of which the whole depth has `units`. */
  share(units: number): number {
    return Math.ceil(units / this.schedule.splits);
  }
  /** A factor at one lane of one line and at a depth. */
  factor(which: 'a' | 'b', line: Expr, depth: Expr): Expr {
    const { product } = this;
    return rebuild([product[which]], (e) => {
      if (e.kind === 'acc') return acc(e.slot, e.dtype);
      if (e.over === 'r') return depth;
      return e.axis === axis.batch ? loop('i', axis.batch, product.batch) : line;
    })[0]!;
  }
  /** The number of a line: that lane of that group, counted from the thread's first. */
  line({ loop: first, lanes, threads }: Lines, group: number, lane: number): Expr {
    return expr('add', expr('mul', expr('add', first, lit(group * threads)), lit(lanes)), lit(lane));
  }
  /** Arrays that are read and written in fours, as most of their places allow. */
  private vectors(reads: readonly Expr[]): ReadonlySet<number> {
    const found = new Map<number, { sure: number; all: number }>();
    const { aliases } = this.place;
    const count = (array: number, sure: boolean): void => {
      const place = aliases.get(array) ?? array;
      const c = found.get(place) ?? { sure: 0, all: 0 };
      found.set(place, c);
      c.all++;
      if (sure) c.sure++;
    };
    const visit = (roots: readonly Expr[]): void => {
      for (const e of everyExpr(roots)) if (e.kind === 'load') count(e.input, fours(e.at) !== null);
    };
    const depth = expr('mul', loop('r', 0, Math.ceil(this.product.depth / 4)), lit(4));
    for (const d of [0, 1, 2, 3]) {
      const at = expr('add', depth, lit(d));
      visit(rebuild(this.placed(reads, 0, 0, 0, 0, 0), (e) => (e.kind === 'loop' && e.over === 'r' ? at : e)));
    }
    this.targets.forEach(({ place }, k) => {
      for (const { lanes } of this.elements) {
        visit(lanes.map(({ placed }) => placed[2 * k]!));
        count(place, lanes.length === 4 && inFour(lanes.map(({ placed }) => placed[2 * k + 1]!)) !== null);
      }
    });
    // A vector is written as a whole or not at all: threads that write parts of one would disturb each other.
    const partly = this.targets.filter(
      ({ place }) => this.product.columns % 4 || found.get(place)!.sure < this.elements.length,
    );
    for (const { place } of partly) found.delete(place);
    const wide = new Set([...found].flatMap(([place, { sure, all }]) => (2 * sure > all ? [place] : [])));
    for (const [input, output] of aliases) if (wide.has(output)) wide.add(input);
    return wide;
  }
  /** Expressions of the flat loops at one element of the thread, whose sum has this number. */
  placed(
    roots: readonly Expr[],
    rowGroup: number,
    rowLane: number,
    columnGroup: number,
    lane: number,
    sum: number,
  ): Expr[] {
    const row = this.line(this.rows, rowGroup, rowLane);
    const column = this.line(this.columns, columnGroup, lane);
    return rebuild(roots, (e) => {
      if (e.kind === 'acc') return acc(sum, e.dtype);
      if (e.over === 'r') return loop('r', e.axis, e.extent);
      if (e.axis === axis.row) return row;
      if (e.axis === axis.column) return column;
      return loop('i', e.axis, e.extent);
    });
  }

  /** What the thread writes, in the order of its sums. */
  private findElements(): Element[] {
    const { rows, columns } = this;
    const roots = this.targets.flatMap((t) => [t.body, t.at]);
    const found: Element[] = [];
    let sums = 0;
    this.eachSum((name, row, group) => {
      const lanes = Array.from({ length: columns.lanes }, (_, lane) => {
        const sum = sums++;
        const placed = this.placed(roots, Math.floor(row / rows.lanes), row % rows.lanes, group, lane, sum);
        return { sum, placed };
      });
      found.push({ name, row, group, lanes });
    });
    return found;
  }

  /** Where the workgroup and the thread stand. */
  begin(slicesNear: boolean): void {
    const { main, schedule, product } = this;
    const { down, across, slices, splits } = schedule;
    const [tm, tn] = this.tiles;
    const parts = tm * tn;
    main.say(`let part = group / ${parts}u;`, `let tile = group % ${parts}u;`);
    main.say(`if (part >= ${product.batch * splits}u) { return; }`);
    if (tm > 1 && tn > 1)
      main.say(
        `let first = tile / ${band * tn}u * ${band}u;`,
        `let height = min(${tm}u - first, ${band}u);`,
        `let place = tile % ${band * tn}u;`,
        'let down = first + place % height;',
        'let across = place / height;',
      );
    else main.say(`let down = ${tm > 1 ? 'tile' : '0u'};`, `let across = ${tn > 1 ? 'tile' : '0u'};`);
    const bound = (over: 'i' | 'r', which: number, extent: number, name: string, text: string): void => {
      main.say(`let ${name} = i32(${text});`);
      if (extent > 1) main.bind(over, which, name);
    };
    bound('i', axis.batch, product.batch, 'batch', splits > 1 ? `part % ${product.batch}u` : 'part');
    if (splits > 1) bound('i', own.split, splits, 'split', `part / ${product.batch}u`);
    const threads = down * across;
    main.say(`let worker = ${slices === 1 ? 'thread' : slicesNear ? `thread / ${slices}u` : `thread % ${threads}u`};`);
    if (slices > 1) main.say(`let slice = i32(${slicesNear ? `thread % ${slices}u` : `thread / ${threads}u`});`);
    for (const [lines, tile, at] of [
      [this.rows, 'down', `worker / ${across}u`],
      [this.columns, 'across', `worker % ${across}u`],
    ] as const) {
      main.say(`let worker_${lines.text} = ${at};`);
      main.say(`let ${lines.text} = i32(${tile} * ${lines.groups * lines.threads}u + worker_${lines.text});`);
      if (lines.loop.kind === 'loop') main.bind('i', lines.loop.axis, lines.text);
    }
    this.eachSum((name) => main.say(`var ${name} = ${this.vector}();`));
  }
  /** Name of the running sums of a row and a group of columns. */
  sum(row: number, group: number): string {
    return `c${row}_${group}`;
  }
  eachSum(act: (name: string, row: number, group: number) => void): void {
    for (let i = 0; i < this.schedule.rows; i++)
      for (let g = 0; g < this.columns.groups; g++) act(this.sum(i, g), i, g);
  }
  /** A vector of factors as workgroup memory keeps it, and back as it is multiplied. */
  keep(text: string): string {
    return this.kept === this.scalar ? text : `vec4<${this.kept}>(${text})`;
  }
  taken(text: string): string {
    return this.kept === this.scalar ? text : `vec4<${this.scalar}>(${text})`;
  }
  /** Adds products at one depth: a number for each row, a vector for each group of columns. */
  multiply(block: Block, a: readonly string[], b: readonly string[]): void {
    this.eachSum((name, i, g) => block.say(`${name} = ${a[i]} * ${b[g]} + ${name};`));
  }

  /** Writes what becomes of the sums. */
  end(): void {
    const { shader, main: block, rows, columns, product } = this;
    const { lanes } = columns;
    const { targets, elements } = this;
    for (const { lanes: all } of elements) for (const { placed } of all) shader.expect(...placed);
    const wholeRows = product.rows % tileRows(this.schedule) === 0;
    const wholeColumns = product.columns % tileColumns(this.schedule) === 0;
    for (const { name, row, group, lanes: all } of elements) {
      for (const [lane, { sum }] of all.entries()) {
        const value = lanes === 1 ? name : `${name}.${'xyzw'[lane]}`;
        block.say(`let a${sum} = ${product.dtype === 'u8' ? `${value} & 255u` : value};`);
      }
      const rowNumber = `(row + ${Math.floor(row / rows.lanes) * rows.threads}) * ${rows.lanes} + ${row % rows.lanes}`;
      const first = `(column + ${group * columns.threads}) * ${lanes}`;
      const inRows = wholeRows ? [] : [`${rowNumber} < ${product.rows}`];
      const fits = (lane: number): string[] =>
        wholeColumns ? inRows : [...inRows, `${first} + ${lane} < ${product.columns}`];
      const when = (conditions: readonly string[], statement: string): void =>
        block.say(conditions.length ? `if (${conditions.join(' && ')}) { ${statement} }` : statement);
      // all of them before the first is written, which may lie where another is read
      const values = targets.map((_, k) =>
        all.map(({ placed }) => {
          const value = block.value(placed[2 * k]!);
          if (targets.length === 1) return value;
          const name = shader.fresh('v');
          block.say(`let ${name} = ${value};`);
          return name;
        }),
      );
      targets.forEach(({ place }, k) => {
        const positions = all.map(({ placed }) => placed[2 * k + 1]!);
        const whole = shader.isVector(place) ? inFour(positions) : null;
        if (whole) when(fits(0), shader.storeVector(place, block.value(whole), this.stored(place, values[k]!)));
        else positions.forEach((at, lane) => when(fits(lane), shader.store(place, block.value(at), values[k]![lane]!)));
      });
    }
  }
  private stored(place: number, values: readonly string[]): string {
    const dtype = this.shader.options.places[place]!;
    return vectorOf(
      values.map((v) => toMemory(v, dtype)),
      storedTypeOf(dtype),
    );
  }
  finish(): Pass {
    const [tm, tn] = this.tiles;
    return this.shader.finish(tm * tn * this.product.batch * this.schedule.splits);
  }
}
/** Positions side by side as one vector; null where that is not certain. */
function inFour(positions: readonly Expr[]): Expr | null {
  const found = positions.map(fours);
  if (found.some((f, lane) => !f || f.lane !== lane || f.whole !== found[0]!.whole)) return null;
  return found[0]!.whole;
}
