// torch.autograd: gradients as values, functions with their own backward, derivatives of functions.
import * as core from '@nn/core';
import { backwardAll, type BackwardOptions, checkRoot, graphOptions } from './tensor/backward.js';
import { Tensor } from './tensor/tensor.js';

export interface GradOptions {
  /** Gradients of the outputs; needed unless they have one element. */
  gradOutputs?: Tensor | readonly (Tensor | null)[] | null;
  retainGraph?: boolean;
  createGraph?: boolean;
  /** Inputs that the outputs do not depend on get null instead of an error; default false. */
  allowUnused?: boolean;
  /** ... or zeros. */
  materializeGrads?: boolean;
}
const listOf = <T>(x: T | readonly T[]): T[] => (Array.isArray(x) ? [...(x as readonly T[])] : [x as T]);

/**
 * The gradients of the sum of the outputs with respect to the inputs, without touching `.grad`.
 *
 * @example
 * const x = tensor([1, 2], { requiresGrad: true })
 * autograd.grad(x.pow(3).sum(), x)[0] // => [3, 12]
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  o?: GradOptions & { allowUnused?: false },
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  o?: GradOptions,
): (Tensor | null)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  o: GradOptions = {},
): (Tensor | null)[] {
  const ys = listOf<Tensor>(outputs);
  const xs = listOf<Tensor>(inputs);
  const given = o.gradOutputs ? listOf<Tensor | null>(o.gradOutputs) : [];
  ys.forEach((y, k) => checkRoot(y, k, given[k] ?? null));
  for (const x of xs)
    if (!x.requiresGrad) throw new core.GradError('One of the differentiated Tensors does not require grad');
  const targets = xs.map((x) => x.value);
  const found = core.gradients(
    ys.map((y) => y.value),
    { cotangents: ys.map((_, k) => given[k]?.value ?? null), targets, ...graphOptions(o) },
  );
  return targets.map((t) => {
    const g = found.get(t);
    if (g) return new Tensor(g);
    if (o.materializeGrads) return new Tensor(core.zerosLike(t));
    if (o.allowUnused) return null;
    throw new core.GradError(
      'One of the differentiated Tensors appears to not have been used in the graph. Set allowUnused: true if this is the desired behavior.',
    );
  });
}

/** Adds the gradients of the sum of tensors to `.grad` of the leaves. */
export function backward(
  tensors: Tensor | readonly Tensor[],
  gradTensors?: Tensor | readonly (Tensor | null)[] | null,
  o: Omit<BackwardOptions, 'gradient'> = {},
): void {
  const ys = listOf<Tensor>(tensors);
  const gs = gradTensors ? listOf<Tensor | null>(gradTensors) : [];
  backwardAll(
    ys,
    ys.map((_, k) => gs[k] ?? null),
    o,
  );
}

/** What a Function hands from forward to backward. */
export class FunctionContext {
  /** Tensors kept by `saveForBackward`. */
  savedTensors: readonly Tensor[] = [];
  /** Which arguments of forward need a gradient. */
  needsInputGrad: readonly boolean[] = [];
  [key: string]: unknown;
  saveForBackward(...tensors: Tensor[]): void {
    this.savedTensors = tensors;
  }
}
type Result = Tensor | readonly Tensor[];
/** The static side of a Function. */
export interface FunctionClass<A extends unknown[], R extends Result> {
  readonly name: string;
  forward(ctx: FunctionContext, ...args: A): R;
  backward(ctx: FunctionContext, ...gradOutputs: Tensor[]): Tensor | null | readonly (Tensor | null)[];
}

/**
 * A differentiable function with its own backward: a subclass has static `forward(ctx, ...args)` and `backward(ctx, ...grads)`, which
 * returns one gradient (or null) for each argument. Called by `apply`.
 *
 * @example
 * class Double extends autograd.Function {
 *   static forward(ctx: FunctionContext, x: Tensor): Tensor { return x.mul(2); }
 *   static backward(ctx: FunctionContext, g: Tensor): Tensor { return g.mul(2); }
 * }
 * const x = tensor([3], { requiresGrad: true })
 * Double.apply(x).sum().backward()
 * x.grad // => [2]
 */
export abstract class Function {
  static apply<A extends unknown[], R extends Result>(this: FunctionClass<A, R>, ...args: A): R {
    const places = args.flatMap((a, i) => (a instanceof Tensor ? [i] : []));
    const ctx = new FunctionContext();
    ctx.needsInputGrad = args.map((a) => a instanceof Tensor && a.requiresGrad);
    let many = true;
    const run = core.customFunctionTuple({
      name: this.name,
      forward: (_, ...values) => {
        const rebuilt = args.map((a, i) => (places.includes(i) ? new Tensor(values[places.indexOf(i)]!) : a)) as A;
        const result = this.forward(ctx, ...rebuilt);
        many = !(result instanceof Tensor);
        return listOf<Tensor>(result).map((t) => t.value);
      },
      backward: (_, ...gs) => {
        const back = listOf(this.backward(ctx, ...gs.map((g) => new Tensor(g))));
        if (back.length !== args.length) {
          throw new core.GradError(
            `function ${this.name}Backward returned an incorrect number of gradients (expected ${args.length}, got ${back.length}). Return one for each argument of forward, null where there is none`,
          );
        }
        return places.map((i) => (back[i] as Tensor | null)?.value ?? null);
      },
    });
    const out = run(...places.map((i) => (args[i] as Tensor).value)).map((v) => new Tensor(v, this.name));
    return (many ? out : out[0]) as R;
  }
}

/** Derivatives of functions. */
export * as functional from './functional-derivatives.js';
