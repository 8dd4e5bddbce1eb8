// What `apply` knows of a call once it was made: the spec of its result, and how it runs. Found again by numbers for specs, not by texts.
import type { Backend, Program } from '../backend/index.js';
import { DTypeError, isFloat, sizeOf, type Spec } from '../base/index.js';
import { forgetExpressions, load, param, ravel, type Access } from '../kernel/index.js';
import { buildKernel, lowerCall, type Slots } from './lower.js';
import { numberFunction, type NumberFunction } from './numbers.js';
import { intern, specNumber } from './spec.js';
import type { Lowering, Primitive, Tensor } from './tensor.js';

/** A number for what a call must know of an input: its spec, and whether it is an array or a number. */
const keyOf = ({ spec, literal }: Tensor): number => (literal === null ? specNumber(spec) : -1 - specNumber(spec));

/** Attributes are arrays, plain objects and simple values. */
function sameAttrs(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let k = 0; k < a.length; k++) if (!sameAttrs(a[k], b[k])) return false;
    return true;
  }
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  let left = 0;
  for (const k in x) {
    if (!sameAttrs(x[k], y[k])) return false;
    left++;
  }
  for (const _ in y) left--;
  return left === 0;
}
/** A copy that nobody changes. */
function copyAttrs(x: unknown): unknown {
  if (Array.isArray(x)) return x.map(copyAttrs);
  if (x === null || typeof x !== 'object' || Object.getPrototypeOf(x) !== Object.prototype) return x;
  return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, copyAttrs(v)]));
}

/** One primitive on inputs of known specs with known attributes. */
export class PreparedCall {
  readonly size: number;
  /** Gradients can flow through the result. */
  readonly float: boolean;
  /** Computes the result of numbers alone; null where it is an array. */
  readonly ofNumbers: NumberFunction | null = null;
  readonly inputs: readonly Spec[];
  private readonly areNumbers: readonly boolean[];
  private made: Program | null = null;
  constructor(
    private readonly backend: Backend,
    private readonly prim: Primitive,
    inputs: readonly Tensor[],
    readonly attrs: unknown,
    readonly out: Spec,
  ) {
    this.size = sizeOf(out.shape);
    this.float = isFloat(out.dtype);
    this.inputs = inputs.map((x) => x.spec);
    this.areNumbers = inputs.map((x) => x.literal !== null);
    if (out.shape.length || !inputs.length || this.areNumbers.includes(false)) return;
    const { lowering } = this.lower();
    if (lowering.form === 'map') this.ofNumbers = numberFunction(lowering.body([], []));
    forgetExpressions();
  }
  /** Numbers are parameters, so that a new number needs no new kernel. */
  private lower(): { lowering: Lowering; slots: Slots } {
    const slots: Slots = { inputs: [], params: [] };
    const accesses = this.inputs.map(({ shape, dtype }, k): Access => {
      if (!this.areNumbers[k]) {
        const slot = slots.inputs.push(dtype) - 1;
        return (i) => load(slot, ravel(i, shape), dtype);
      }
      const number = param(slots.params.push(dtype) - 1, dtype);
      return () => number;
    });
    return { lowering: lowerCall(this.prim, accesses, this.attrs, this), slots };
  }
  /** The program that runs it. */
  get program(): Program {
    if (!this.made) {
      const { lowering, slots } = this.lower();
      this.made = this.backend.compile(buildKernel(this.prim.name, lowering, this.out, slots));
      forgetExpressions();
    }
    return this.made;
  }
}

/** Attributes that a list is searched for; more are found by their text. */
const listed = 8;
/** The calls of one primitive on one backend whose first inputs are known; a tree by the keys of the inputs. */
class Calls {
  private readonly next = new Map<number, Calls>();
  private lastKey = NaN;
  private last: Calls | null = null;
  private readonly list: PreparedCall[] = [];
  private byText: Map<string, PreparedCall> | null = null;
  follow(key: number): Calls {
    if (key === this.lastKey) return this.last!;
    let calls = this.next.get(key);
    if (!calls) this.next.set(key, (calls = new Calls()));
    this.lastKey = key;
    return (this.last = calls);
  }
  find(attrs: unknown): PreparedCall | undefined {
    for (const call of this.list) if (sameAttrs(call.attrs, attrs)) return call;
    return this.byText?.get(JSON.stringify(attrs));
  }
  add(call: PreparedCall): PreparedCall {
    if (this.list.length < listed) this.list.push(call);
    else (this.byText ??= new Map()).set(JSON.stringify(call.attrs), call);
    return call;
  }
}

type OfBackend = WeakMap<Primitive, Calls>;
const ofBackends = new WeakMap<Backend, OfBackend>();
let lastBackend: Backend | null = null;
let lastCalls: OfBackend = new WeakMap();

/** Prepares a call, or finds it prepared. A wrong shape or dtype throws. */
export function prepare(backend: Backend, prim: Primitive, inputs: readonly Tensor[], attrs: unknown): PreparedCall {
  if (backend !== lastBackend) {
    lastCalls = ofBackends.get(backend) ?? new WeakMap();
    ofBackends.set(backend, lastCalls);
    lastBackend = backend;
  }
  let calls = lastCalls.get(prim);
  if (!calls) lastCalls.set(prim, (calls = new Calls()));
  for (let k = 0; k < inputs.length; k++) calls = calls.follow(keyOf(inputs[k]!));
  return calls.find(attrs) ?? calls.add(first(backend, prim, inputs, copyAttrs(attrs)));
}
function first(backend: Backend, prim: Primitive, inputs: readonly Tensor[], attrs: unknown): PreparedCall {
  const out = intern(
    prim.infer(
      inputs.map((x) => x.spec),
      attrs,
    ),
  );
  if (!backend.dtypes.has(out.dtype)) {
    throw new DTypeError(
      `${prim.name}: device "${backend.name}" has no ${out.dtype}; it has ${[...backend.dtypes].join(', ')}. Cast first, or move to a device that has it`,
    );
  }
  return new PreparedCall(backend, prim, inputs, attrs, out);
}
