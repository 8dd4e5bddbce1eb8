// The kernel: loops around scalar expressions. All that a backend must run, in four forms.
import type { DType, Shape } from '../base/index.js';
import { dtypes } from '../base/index.js';
import { coerce, type Expr } from './expr.js';

export type ReduceOp = 'add' | 'mul' | 'max' | 'min';

export interface KernelAttrs {
  readonly op?: ReduceOp;
  readonly axis?: number;
  readonly reverse?: boolean;
  readonly exclusive?: boolean;
  readonly descending?: boolean;
}
/** A factor of a contraction: an array, and where in it the loops read. */
export interface Factor {
  readonly shape: Shape;
  /** The array's element at the loops `i` over its shape. */
  readonly value: Expr;
  /** Row-major position that the contraction's loops read. */
  readonly at: Expr;
  /** The value there. */
  readonly read: Expr;
}
/**
 * A reduction that is a sum of products of two arrays, described by its loops: out[at] = sum over `k` of a*b. `i` runs over `batch`, `m`
 * (which b does not depend on) and `n` (which a does not depend on), one after another; `r` over `k`.
 */
export interface Contraction {
  readonly batch: Shape;
  readonly m: Shape;
  readonly n: Shape;
  readonly k: Shape;
  readonly a: Factor;
  readonly b: Factor;
  /** Row-major position in the output. */
  readonly at: Expr;
}
/** A reduction of each row; later stages and the outputs read its result as `acc` with its number. */
export interface Stage {
  readonly op: ReduceOp;
  readonly dtype: DType;
  readonly over: Shape;
  readonly body: Expr;
  /** Present where the reduction is known to be a contraction: backends may schedule it as one, or ignore this. */
  readonly contraction?: Contraction;
}
/** An array that a kernel writes: row-major over its loops `i` and `r`. */
export interface Output {
  readonly dtype: DType;
  readonly over: Shape;
  readonly body: Expr;
  /**
   * Inputs whose memory the output may take: they are read only at the element that is written, after all stages of its row. So no partial
   * result of a stage may stand in the output's memory meanwhile.
   */
  readonly replaces: readonly number[];
}
interface Common {
  readonly name: string;
  readonly inputs: readonly DType[];
  readonly params: readonly DType[];
  readonly shape: Shape;
}
/**
 * Any number of reductions of each row, then any number of arrays made of them. A map has no stage and one output over no loops; a plain
 * reduction one stage, whose result is the output. Outputs over the same loops are computed together: all reads of an element come before
 * its writes.
 */
export interface RowsKernel extends Common {
  readonly form: 'rows';
  readonly stages: readonly Stage[];
  readonly outputs: readonly Output[];
}
/** A kernel whose steps follow one another, with one output over `shape`. */
export interface SerialKernel extends Common {
  readonly form: 'scan' | 'scatter' | 'sort';
  readonly dtype: DType;
  readonly over: Shape;
  readonly body: Expr;
  readonly init: Expr | null;
  /** Flat position in the output, for scatter. */
  readonly index: Expr | null;
  readonly attrs: KernelAttrs;
}
/**
 * The forms of a kernel; `i` runs over `shape`, `r` over the `over` of a stage, an output or the kernel:
 * - rows     for each i: acc_k = op over r of body(i, r), stage by stage; then out_n[i, r] = body(i, r), output by output
 * - scan     out[i] = op over all positions of `axis` up to i's (from the end when `reverse`; without i's own when `exclusive`)
 * - scatter  out[i] = init(i), then for each r in order: out[index(r)] = body(r), or op(out[index(r)], body(r))
 * - sort     out[i] = the position along `axis` of the element with rank i, by body; stable; NaN is the largest
 */
export type Kernel = RowsKernel | SerialKernel;

/** The value that leaves an accumulator as it is. */
export function identity(op: ReduceOp, dtype: DType): number {
  if (op === 'add') return 0;
  if (op === 'mul') return 1;
  return coerce(op === 'max' ? dtypes[dtype].lowest : dtypes[dtype].highest, dtype);
}

const printed = new WeakMap<Kernel, string>();
/** A text that is equal for equal kernels: the key of the program cache, and what `show` prints. */
export function printKernel(kernel: Kernel): string {
  let text = printed.get(kernel);
  if (text === undefined) printed.set(kernel, (text = print(kernel)));
  return text;
}
function print(kernel: Kernel): string {
  const names = new Map<number, string>();
  const lines: string[] = [];
  const part = (e: Expr): string => {
    if (e.kind === 'const') return `${Object.is(e.value, -0) ? '-0' : e.value}${e.dtype === 'i32' ? '' : e.dtype}`;
    if (e.kind === 'loop') return `${e.over}${e.axis}`;
    if (e.kind === 'param') return `p${e.slot}`;
    if (e.kind === 'acc') return `a${e.slot}`;
    const known = names.get(e.id);
    if (known) return known;
    const text =
      e.kind === 'load'
        ? `x${e.input}[${part(e.at)}]`
        : e.kind === 'cast'
          ? `${e.dtype}(${part(e.args[0])})`
          : `${e.op}(${e.args.map(part).join(', ')})`;
    if (text.length < 24) return text;
    const name = `t${names.size}`;
    names.set(e.id, name);
    lines.push(`  ${name} = ${text}`);
    return name;
  };
  const loopsText = (over: Shape): string => (over.length ? ` over [${over}]` : '');
  const say = (line: string): void => void lines.push(`  ${line}`);
  if (kernel.form === 'rows') {
    kernel.stages.forEach((s, k) => {
      const body = part(s.body);
      say(`a${k}: ${s.dtype} = ${s.op}${loopsText(s.over)} of ${body}${s.contraction ? ' (contraction)' : ''}`);
    });
    kernel.outputs.forEach((o, k) => {
      const body = part(o.body);
      say(
        `out${k}: ${o.dtype}${loopsText(o.over)} = ${body}${o.replaces.length ? ` (in place of ${o.replaces.map((n) => `x${n}`).join(', ')})` : ''}`,
      );
    });
  } else
    for (const [name, e] of [
      ['init', kernel.init],
      ['index', kernel.index],
      ['body', kernel.body],
    ] as const)
      if (e) say(`${name} = ${part(e)}`);
  const head =
    kernel.form === 'rows'
      ? `rows [${kernel.shape}]`
      : `${kernel.form} ${kernel.dtype}[${kernel.shape}]${loopsText(kernel.over)}${Object.entries(kernel.attrs)
          .map(([k, v]) => ` ${k}=${v}`)
          .join('')}`;
  const inputs = [...kernel.inputs.map((d, k) => `x${k}: ${d}`), ...kernel.params.map((d, k) => `p${k}: ${d}`)];
  return [`${head} (${inputs.join(', ')})`, ...lines].join('\n');
}
