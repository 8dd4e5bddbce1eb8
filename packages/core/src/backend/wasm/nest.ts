// Nests of loops around the evaluation of expressions, and the arguments that every kernel function takes.
import { bitOf } from '../../kernel/index.js';
import type { DType } from '../../base/index.js';
import { Evaluator } from './evaluate.js';
import { i32, type I32, type Local, type Type, type Value } from './instructions.js';
import type { Func, Signature } from './module.js';
import { typeOf } from './scalar.js';
import type { Kernel } from './plain-kernel.js';

/** One loop of a nest. */
export interface Axis {
  readonly bit: number;
  readonly extent: number;
}
export const axes = (over: 'i' | 'r', extents: readonly number[]): Axis[] =>
  extents.map((extent, d) => ({ bit: bitOf(over, d), extent }));

/** A kernel function takes the addresses of its inputs, of its output and of its scratch memory, then its parameters. */
export const signatureOf = ({ inputs, params }: Kernel): Signature => ({
  params: [...inputs.map((): Type => 'i32'), 'i32', 'i32', ...params.map((t: DType): Type => typeOf(t))],
  result: 'void',
});

/** The loops of one evaluation, outermost first. */
export class Loops {
  readonly evaluate: Evaluator;
  readonly variables: readonly Local<'i32'>[];
  constructor(
    readonly f: Func,
    kernel: Kernel,
    readonly axes: readonly Axis[],
    vector = 0,
  ) {
    this.variables = axes.map(() => f.local('i32'));
    const n = kernel.inputs.length;
    this.evaluate = new Evaluator(
      f,
      f.params.slice(0, n + 1) as unknown as I32[],
      f.params.slice(n + 2) as unknown as Value<'i32' | 'f32' | 'f64'>[],
      { bits: axes.map((a) => a.bit), variables: this.variables, vector },
    );
  }
  /** Loops from depth `first` to before depth `last` around `inner`; all extents are at least 1. */
  around(first: number, last: number, stage: 'whole' | 'rest', inner: () => void): void {
    if (first === last) return inner();
    this.axis(first, 0, this.axes[first]!.extent, 1, stage, () => this.around(first + 1, last, stage, inner));
  }
  /** The loop of one axis over part of its extent, which is not empty. */
  axis(depth: number, from: number, to: number, step: number, stage: 'whole' | 'rest', inner: () => void): void {
    this.range(depth, i32.const(from), i32.const(to), step, stage, inner);
  }
  /** The same with bounds that are computed. */
  range(depth: number, from: I32, to: I32, step: number, stage: 'whole' | 'rest', inner: () => void): void {
    const v = this.variables[depth]!;
    this.f.set(v, from);
    this.f.loop(v, to, i32.const(step), () => {
      this.evaluate.enter(depth + 1, stage);
      inner();
    });
  }
}
