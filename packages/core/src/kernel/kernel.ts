// The kernel: loops around scalar expressions. All that a backend must run, in five forms.
import type { DType, Shape } from '../base/index.js';
import { dtypes } from '../base/index.js';
import { coerce, type Expr } from './expr.js';

export type ReduceOp = 'add' | 'mul' | 'max' | 'min';

/**
 * The forms of a kernel; `i` runs over `shape`, `r` over `over`:
 * - map      out[i] = body(i)
 * - reduce   out[i] = op over r of body(i, r)
 * - scan     out[i] = op over all positions of `axis` up to i's (from the end when `reverse`; without i's own when `exclusive`)
 * - scatter  out[i] = init(i), then for each r in order: out[index(r)] = body(r), or op(out[index(r)], body(r))
 * - sort     out[i] = the position along `axis` of the element with rank i, by body; stable; NaN is the largest
 */
export type KernelForm = 'map' | 'reduce' | 'scan' | 'scatter' | 'sort';
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
export interface Kernel {
  readonly name: string;
  readonly form: KernelForm;
  readonly inputs: readonly DType[];
  readonly params: readonly DType[];
  readonly dtype: DType;
  readonly shape: Shape;
  readonly over: Shape;
  readonly body: Expr;
  readonly init: Expr | null;
  /** Flat position in the output, for scatter. */
  readonly index: Expr | null;
  readonly attrs: KernelAttrs;
  /** Present where the reduction is known to be a contraction: backends may schedule it as one, or ignore this. */
  readonly contraction?: Contraction;
}

/** The value that leaves an accumulator as it is. */
export function identity(op: ReduceOp, dtype: DType): number {
  if (op === 'add') return 0;
  if (op === 'mul') return 1;
  return coerce(op === 'max' ? dtypes[dtype].lowest : dtypes[dtype].highest, dtype);
}

/** A text that is equal for equal kernels: the key of the program cache, and what `show` prints. */
export function printKernel({
  form,
  inputs,
  params,
  dtype,
  shape,
  over,
  body,
  init,
  index,
  attrs,
  contraction,
}: Kernel): string {
  const names = new Map<number, string>();
  const lines: string[] = [];
  const print = (e: Expr): string => {
    if (e.kind === 'const') return `${Object.is(e.value, -0) ? '-0' : e.value}${e.dtype === 'i32' ? '' : e.dtype}`;
    if (e.kind === 'loop') return `${e.over}${e.axis}`;
    if (e.kind === 'param') return `p${e.slot}`;
    const known = names.get(e.id);
    if (known) return known;
    const text =
      e.kind === 'load'
        ? `x${e.input}[${print(e.at)}]`
        : e.kind === 'cast'
          ? `${e.dtype}(${print(e.args[0])})`
          : `${e.op}(${e.args.map(print).join(', ')})`;
    if (text.length < 24) return text;
    const name = `t${names.size}`;
    names.set(e.id, name);
    lines.push(`  ${name} = ${text}`);
    return name;
  };
  const results = [
    ['init', init],
    ['index', index],
    ['body', body],
  ].flatMap(([name, e]) => (e ? [`  ${name as string} = ${print(e as Expr)}`] : []));
  const options = Object.entries(attrs)
    .map(([k, v]) => ` ${k}=${v}`)
    .join('');
  return [
    `${form} ${dtype}[${shape}]${over.length ? ` over [${over}]` : ''}${options}${contraction ? ' contraction' : ''} (${[...inputs.map((d, k) => `x${k}: ${d}`), ...params.map((d, k) => `p${k}: ${d}`)].join(', ')})`,
    ...lines,
    ...results,
  ].join('\n');
}
