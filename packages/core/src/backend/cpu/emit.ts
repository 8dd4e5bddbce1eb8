// Prints a kernel as a JavaScript function of plain loops. Expressions are computed at the outermost loop where their variables are known.
import { sizeOf, type DType } from '../../base/index.js';
import {
  identity,
  type Expr,
  type Kernel,
  type Output,
  type ReduceOp,
  type RowsKernel,
  type ScalarOp,
  type SerialKernel,
} from '../../kernel/index.js';

const isIndex = (e: Expr): boolean => e.dtype === 'i32' && e.lo >= -(2 ** 31) && e.hi <= 2 ** 31 - 1;

/** Spellings that are shorter or faster than a call of the definition; `$0 $1 $2` are the printed arguments. */
const infix: Partial<Record<ScalarOp, string>> = {
  add: '($0+$1)',
  sub: '($0-$1)',
  mul: '($0*$1)',
  div: '($0/$1)',
  rem: '($0%$1)',
  max: 'Math.max($0,$1)',
  min: 'Math.min($0,$1)',
  lt: '($0<$1?1:0)',
  le: '($0<=$1?1:0)',
  eq: '($0===$1?1:0)',
  ne: '($0!==$1?1:0)',
  and: '($0&$1)',
  or: '($0|$1)',
  xor: '($0^$1)',
  shl: '($0<<$1)',
  shr: '($0>>$1)',
  ushr: '($0>>>$1)',
  neg: '(-$0)',
  where: '($0?$1:$2)',
  abs: 'Math.abs($0)',
  sign: 'Math.sign($0)',
  floor: 'Math.floor($0)',
  ceil: 'Math.ceil($0)',
  trunc: 'Math.trunc($0)',
  sqrt: 'Math.sqrt($0)',
  exp: 'Math.exp($0)',
  expm1: 'Math.expm1($0)',
  log: 'Math.log($0)',
  log1p: 'Math.log1p($0)',
  sin: 'Math.sin($0)',
  cos: 'Math.cos($0)',
  tanh: 'Math.tanh($0)',
  idiv: 'Math.floor($0/$1)',
};
/** Brings a result back into the range of its dtype. */
const wrap: Record<DType, (text: string) => string> = {
  f32: (t) => t,
  f64: (t) => t,
  i32: (t) => `(${t}|0)`,
  u32: (t) => `(${t}>>>0)`,
  u8: (t) => `(${t}&255)`,
  bool: (t) => t,
};
const convert: Record<DType, (text: string, from: DType) => string> = {
  f32: (t) => t,
  f64: (t, from) => (from === 'f32' ? `Math.fround(${t})` : t),
  i32: (t) => `(${t}|0)`,
  u32: (t) => `(${t}>>>0)`,
  u8: (t) => `(${t}&255)`,
  bool: (t) => `(${t}!==0?1:0)`,
};

function spell(e: Extract<Expr, { kind: 'op' }>, args: readonly string[]): string {
  const [a, b] = e.args as [Expr, Expr];
  if (isIndex(e) && e.args.every(isIndex)) {
    if (e.op === 'idiv' && a.lo >= 0 && b.lo > 0) return `(${args[0]}/${args[1]}|0)`;
    if (e.op === 'mod' && a.lo >= 0 && b.lo > 0) return `(${args[0]}%${args[1]})`;
  } else if (e.op === 'mul' && (e.dtype === 'i32' || e.dtype === 'u32'))
    return wrap[e.dtype](`Math.imul(${args.join(',')})`);
  const pattern = infix[e.op];
  const text = pattern ? pattern.replace(/\$(\d)/g, (_, k: string) => args[+k]!) : `M.${e.op}(${args.join(',')})`;
  return isIndex(e) && e.args.every(isIndex) ? text : wrap[e.dtype](text);
}

const number = (v: number): string => (Object.is(v, -0) ? '(-0)' : v < 0 ? `(${v})` : `${v}`);

/** Where loop variables stand: `i` and `r` loops start at these depths; null when all is computed at the innermost place. */
type Depths = { readonly i: number; readonly r: number } | null;

/** Collects the statements of a kernel, each at the depth of the innermost loop that it depends on. */
class Printer {
  readonly statements: string[][] = [];
  private readonly names = new Map<number, string>();
  private readonly depths = new Map<number, number>();
  private readonly uses = new Map<number, number>();
  constructor(
    private readonly levels: number,
    private readonly start: Depths,
    roots: readonly Expr[],
    /** Sets the names of this printer apart from those of others in the same function. */
    private readonly prefix: string = 't',
  ) {
    for (let d = 0; d <= levels; d++) this.statements.push([]);
    for (const e of roots) this.visit(e);
  }
  private visit(e: Expr): number {
    this.uses.set(e.id, (this.uses.get(e.id) ?? 0) + 1);
    const known = this.depths.get(e.id);
    if (known !== undefined) return known;
    const below = e.kind === 'load' ? [e.at] : e.kind === 'op' || e.kind === 'cast' ? e.args : [];
    const depth =
      e.kind === 'loop' && this.start
        ? this.start[e.over] + e.axis + 1
        : e.kind === 'acc' && this.start
          ? this.start.r
          : Math.max(0, ...below.map((x) => this.visit(x)));
    this.depths.set(e.id, depth);
    return depth;
  }
  /** The text of an expression that is used at loop depth `at`. */
  print(e: Expr, at: number = this.levels): string {
    if (e.kind === 'const') return number(e.value);
    if (e.kind === 'loop') return `${e.over}${e.axis}`;
    if (e.kind === 'param') return `p${e.slot}`;
    if (e.kind === 'acc') return `a${e.slot}`;
    const known = this.names.get(e.id);
    if (known) return known;
    const depth = this.depths.get(e.id)!;
    const text =
      e.kind === 'load'
        ? `x${e.input}[${this.print(e.at, depth)}]`
        : e.kind === 'cast'
          ? convert[e.dtype](this.print(e.args[0], depth), e.args[0].dtype)
          : spell(
              e,
              e.args.map((a) => this.print(a, depth)),
            );
    if (depth >= at && this.uses.get(e.id) === 1) return text;
    const name = `${this.prefix}${this.names.size}`;
    this.names.set(e.id, name);
    this.statements[depth]!.push(`const ${name}=${text};`);
    return name;
  }
  /** The statements before all loops. */
  get top(): string {
    return this.statements[0]!.join('');
  }
  /** Loops around `inner`, with the hoisted statements at their depths; `first` is the depth outside of them. */
  nest(kind: 'i' | 'r', sizes: readonly number[], first: number, inner: string): string {
    return sizes.reduceRight(
      (code, n, d) =>
        `for(let ${kind}${d}=0;${kind}${d}<${n};${kind}${d}++){${this.statements[first + d + 1]!.join('')}${code}}`,
      inner,
    );
  }
}

const accumulate: Record<ReduceOp, (a: string, v: string) => string> = {
  add: (a, v) => `${a}+${v}`,
  mul: (a, v) => `${a}*${v}`,
  max: (a, v) => `Math.max(${a},${v})`,
  min: (a, v) => `Math.min(${a},${v})`,
};
const combine = (op: ReduceOp, dtype: DType, a: string, v: string): string =>
  op === 'mul' && (dtype === 'i32' || dtype === 'u32')
    ? wrap[dtype](`Math.imul(${a},${v})`)
    : wrap[dtype](accumulate[op](a, v));

/** Loops over all axes but one, around `inner`. */
const around = (shape: readonly number[], axis: number, inner: string): string =>
  shape.reduceRight((code, n, d) => (d === axis ? code : `for(let i${d}=0;i${d}<${n};i${d}++){${code}}`), inner);
const position = (shape: readonly number[]): string =>
  shape.map((_, d) => `i${d}*${sizeOf(shape.slice(d + 1))}`).join('+') || '0';

/** Outputs over the same loops, which are computed together. */
function byLoops(outputs: readonly Output[]): { over: readonly number[]; slots: readonly number[] }[] {
  const groups = new Map<string, { over: readonly number[]; slots: number[] }>();
  outputs.forEach(({ over }, slot) => {
    const key = over.join();
    const group = groups.get(key) ?? groups.set(key, { over, slots: [] }).get(key)!;
    group.slots.push(slot);
  });
  return [...groups.values()];
}
/** The row loops around the stages and outputs, which follow one another; each part's statements stand at the loops that they depend on. */
function rows({ shape, stages, outputs }: RowsKernel): string {
  const depth = shape.length;
  const heads: string[] = shape.map(() => '');
  let row = '';
  const part = (over: readonly number[], roots: readonly Expr[], name: string, inner: (p: Printer) => string): void => {
    const p = new Printer(depth + over.length, { i: 0, r: depth }, roots, name);
    const code = inner(p);
    heads.forEach((_, d) => (heads[d] += p.statements[d]!.join('')));
    row += `${p.statements[depth]!.join('')}${p.nest('r', over, depth, code)}`;
  };
  stages.forEach(({ op, dtype, over, body }, k) => {
    row += `let a${k}=${number(identity(op, dtype))};`;
    part(over, [body], `s${k}_`, (p) => `a${k}=${combine(op, dtype, `a${k}`, p.print(body))};`);
  });
  byLoops(outputs).forEach(({ over, slots }, g) => {
    const bodies = slots.map((k) => outputs[k]!.body);
    part(over, bodies, `t${g}_`, (p) => {
      const values = bodies.map((e) => p.print(e));
      // All is read before anything is written.
      return `${values.map((v, n) => `const v${n}=${v};`).join('')}${slots.map((k, n) => `y${k}[o${k}++]=v${n};`).join('')}`;
    });
  });
  const counters = outputs.map((_, k) => `let o${k}=0;`).join('');
  return `${counters}${shape.reduceRight(
    (code, n, d) => `${heads[d]}for(let i${d}=0;i${d}<${n};i${d}++){${code}}`,
    row,
  )}`;
}

const serial: Record<SerialKernel['form'], (k: SerialKernel) => string> = {
  scan({ shape, body, dtype, attrs }) {
    const { op, axis, reverse, exclusive } = attrs as {
      op: ReduceOp;
      axis: number;
      reverse?: boolean;
      exclusive?: boolean;
    };
    const p = new Printer(0, null, [body]);
    const step = `a=${combine(op, dtype, 'a', p.print(body))};`;
    const put = `out[${position(shape)}]=a;`;
    const v = `i${axis}`;
    const head = reverse
      ? `for(let ${v}=${shape[axis]! - 1};${v}>=0;${v}--)`
      : `for(let ${v}=0;${v}<${shape[axis]};${v}++)`;
    return around(
      shape,
      axis,
      `let a=${number(identity(op, dtype))};${head}{${p.top}${exclusive ? put + step : step + put}}`,
    );
  },
  scatter({ shape, over, body, init, index, dtype, attrs: { op } }) {
    const start = new Printer(shape.length, { i: 0, r: 0 }, [init!]);
    const first = start.print(init!);
    const p = new Printer(over.length, { i: 0, r: 0 }, [index!, body]);
    const at = p.print(index!);
    const value = p.print(body);
    return (
      `{let o=0;${start.top}${start.nest('i', shape, 0, `out[o++]=${first};`)}}` +
      `{${p.top}${p.nest('r', over, 0, `const w=${at};out[w]=${op ? combine(op, dtype, 'out[w]', value) : value};`)}}`
    );
  },
  sort({ shape, body, attrs }) {
    const { axis, descending } = attrs as { axis: number; descending?: boolean };
    const p = new Printer(0, null, [body]);
    const value = p.print(body);
    const v = `i${axis}`;
    const each = `for(let ${v}=0;${v}<${shape[axis]};${v}++)`;
    const [x, y] = descending ? ['y', 'x'] : ['x', 'y'];
    return (
      `const k=new Float64Array(${shape[axis]}),q=new Int32Array(${shape[axis]}),` +
      `less=(x,y)=>k[x]<k[y]||(k[x]===k[x]&&k[y]!==k[y]),c=(x,y)=>less(${x},${y})?-1:less(${y},${x})?1:x-y;` +
      around(
        shape,
        axis,
        `${each}{${p.top}k[${v}]=${value};q[${v}]=${v};}q.sort(c);${each}out[${position(shape)}]=q[${v}];`,
      )
    );
  },
};

/** JavaScript source of the body of a function `(x, y, p, M)`: inputs, outputs, parameters and the definitions of the operations. */
export function emit(kernel: Kernel): string {
  const inputs = kernel.inputs.map((_, k) => `const x${k}=x[${k}];`).join('');
  const params = kernel.params.map((_, k) => `const p${k}=p[${k}];`).join('');
  const outputs = kernel.form === 'rows' ? kernel.outputs.map((_, k) => `const y${k}=y[${k}];`) : ['const out=y[0];'];
  return `${inputs}${outputs.join('')}${params}${kernel.form === 'rows' ? rows(kernel) : serial[kernel.form](kernel)}`;
}
