// Kernels that touch more arrays than an adapter binds: inputs are copied side by side into one array first.
import type { DType } from '../../base/index.js';
import { expr, lit, load, replace, type Expr, type Kernel } from '../../kernel/index.js';
import type { Place } from './place.js';

/** An input that is copied into a scratch array before the kernel runs. */
export interface Copy {
  readonly input: number;
  /** Place of the scratch array. */
  readonly to: number;
  /** Where it begins there, in elements, and how many there are. */
  readonly at: number;
  readonly size: number;
}

/** The kernel with its expressions replaced. */
function mapExpressions(kernel: Kernel, f: (e: Expr) => Expr): Kernel {
  if (kernel.form !== 'rows')
    return {
      ...kernel,
      body: f(kernel.body),
      init: kernel.init && f(kernel.init),
      index: kernel.index && f(kernel.index),
    };
  return {
    ...kernel,
    stages: kernel.stages.map(({ op, dtype, over, body }) => ({ op, dtype, over, body: f(body) })),
    outputs: kernel.outputs.map((o) => ({ ...o, body: f(o.body) })),
  };
}

/**
 * Brings inputs of one dtype together until the kernel touches no more than `most` arrays: those dtypes first of which there are most.
 *
 * @param sizes  elements of the inputs
 */
export function packInputs(
  kernel: Kernel,
  sizes: readonly number[],
  most: number,
  place: Place,
): { readonly kernel: Kernel; readonly copies: readonly Copy[] } {
  let count = place.dtypes.length;
  if (count <= most) return { kernel, copies: [] };
  const groups = new Map<DType, number[]>();
  kernel.inputs.forEach((dtype, k) => groups.set(dtype, [...(groups.get(dtype) ?? []), k]));
  const moved = new Map<number, Copy>();
  for (const [dtype, inputs] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
    if (count <= most) break;
    // the largest stay where they are
    const needed = Math.min(inputs.length, count - most + 1);
    const chosen = [...inputs].sort((a, b) => sizes[a]! - sizes[b]!).slice(0, needed);
    const to = place.take(
      chosen.reduce((n, k) => n + sizes[k]!, 0),
      dtype,
    );
    let at = 0;
    for (const input of chosen) {
      moved.set(input, { input, to, at, size: sizes[input]! });
      at += sizes[input]!;
    }
    count -= needed - 1;
  }
  const move = (e: Expr): Expr =>
    replace([e], (x) => {
      const copy = x.kind === 'load' ? moved.get(x.input) : undefined;
      return x.kind === 'load' && copy ? load(copy.to, expr('add', move(x.at), lit(copy.at)), x.dtype) : null;
    })[0]!;
  return { kernel: mapExpressions(kernel, move), copies: [...moved.values()] };
}
