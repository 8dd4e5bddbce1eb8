// compile: captures a function once for each signature of its inputs, and replays the kernels after that.
import { describe, type Spec } from '../base/index.js';
import type { Differentiate } from './backward.js';
import { capture, type Capture } from './capture.js';
import {
  currentBackend,
  currentTrace,
  forbidVariables,
  isGradEnabled,
  onBackend,
  placeholder,
  symbolic,
} from './state.js';
import type { Tensor } from './tensor.js';
import { flatten, isLeafMark } from './tree.js';

type AnyFunction = (...args: never[]) => unknown;
export interface CompileOptions {
  /** For messages and `show`. Default: the function's own name. */
  readonly name?: string;
  /** Hears the warning about frequent tracing. Default console.warn. */
  readonly onRetrace?: (message: string) => void;
}
/** A compiled function: called like the original. */
export type Compiled<F extends AnyFunction> = F & {
  /** How often the function was traced. */
  readonly traces: number;
  /** The captured programs, for `show`. */
  readonly captures: readonly Capture[];
};

const captures = new WeakMap<object, readonly Capture[]>();
/** The captures of a compiled function. */
export const capturesOf = (f: object): readonly Capture[] | undefined => captures.get(f);

/** Gives back the memory of compiled functions that nobody holds any more. */
const collected = new FinalizationRegistry<readonly Capture[]>((all) => {
  for (const c of all) c.release();
});

const identities = new WeakMap<object, number>();
let identityCount = 0;
const staticKey = (x: unknown): string => {
  if (isLeafMark(x)) return 'T';
  if (x === null || (typeof x !== 'object' && typeof x !== 'function'))
    return `${typeof x}:${Object.is(x, -0) ? '-0' : String(x)}`;
  if (!identities.has(x)) identities.set(x, identityCount++);
  return `@${identities.get(x)}`;
};

/** `compile` without the gradients, which a higher floor hands down. */
export function compileWith<F extends AnyFunction>(
  differentiate: Differentiate | null,

  f: F,
  { name = f.name || 'anonymous', onRetrace = console.warn }: CompileOptions,
): Compiled<F> {
  const all: Capture[] = [];
  let recent: number[] = [];
  let calls = 0;
  let warnings = 0;
  const call = f as unknown as (...args: unknown[]) => unknown;
  const warn = (): void => {
    recent = [...recent, calls].filter((c) => c > calls - 10);
    if (recent.length < 5 || warnings >= 2) return;
    warnings++;
    const message = `compile: "${name}" was traced ${recent.length} times in its last 10 calls. Each new shape, dtype or non-tensor argument is a new trace: pass numbers that change as tensors, and keep shapes the same`;
    onRetrace(message);
  };
  const trace = (args: unknown[]): unknown => {
    const flat = flatten(args);
    const backend = flat.leaves.find((t) => t.literal === null)?.backend ?? currentBackend();
    const grad = isGradEnabled();
    const specs = flat.leaves.map((t) => `${describe(t.spec)}${t.needsGrad ? 'g' : ''}`);
    const signature = `${backend.name}|${grad}|${specs.join(';')}|${flat.statics.map(staticKey).join(',')}`;
    const made = { args: flat, backend, grad, signature };
    const make = (): Capture => onBackend(backend, () => capture(call, made, name, differentiate));
    last = all.length ? forbidVariables(name, make) : make();
    all.push(last);
    warn();
    return last.run(flat.leaves);
  };
  let last: Capture | null = null;
  const fitting = (args: unknown[]): Capture | null => {
    if (last?.fits(args, leaves)) return last;
    for (const c of all) if (c !== last && c.fits(args, leaves)) return (last = c);
    return null;
  };
  /** The tensors of this call: one list, so that a call makes none. */
  const leaves: Tensor[] = [];
  const compiled = (...args: unknown[]): unknown => {
    if (currentTrace()) return call(...args);
    calls++;
    const hit = fitting(args);
    if (!hit) return trace(args);
    try {
      return hit.run(leaves);
    } finally {
      leaves.length = 0;
    }
  };
  captures.set(compiled, all);
  collected.register(compiled, all);
  Object.defineProperties(compiled, {
    traces: { get: () => all.length },
    captures: { get: () => all },
    name: { value: name },
  });
  return compiled as unknown as Compiled<F>;
}

/** The specs of a function's result, found by running it on tensors that have no data. */
export function evalSpec(f: (...xs: Tensor[]) => unknown, ...specs: readonly Spec[]): Spec[] {
  return symbolic(() => flatten(f(...specs.map((s) => placeholder(s)))).leaves.map((t) => t.spec));
}
