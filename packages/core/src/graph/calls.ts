// What `apply` knows of a call once it was made: the spec of its result, and how it runs. Found again by numbers for specs, not by texts.
import type { Backend, Program } from '../backend/index.js';
import { DTypeError, isFloat, sizeOf, type DType, type Spec } from '../base/index.js';
import { forgetExpressions, load, param, ravel, type Access } from '../kernel/index.js';
import { buildKernel, lowerCall } from './lower.js';
import { numberFunction, type NumberFunction } from './numbers.js';
import { intern, specNumber } from './spec.js';
import type { Primitive, Tensor } from './tensor.js';

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
  readonly ofNumbers: NumberFunction | null;
  private made: Program | null = null;
  private readonly accesses: () => { lower: Access[]; slots: { inputs: DType[]; params: DType[] } };
  constructor(
    private readonly backend: Backend,
    private readonly prim: Primitive,
    inputs: readonly Tensor[],
    readonly attrs: unknown,
    readonly out: Spec,
  ) {
    this.size = sizeOf(out.shape);
    this.float = isFloat(out.dtype);
    const kinds = inputs.map((x) => ({ spec: x.spec, isNumber: x.literal !== null }));
    this.accesses = () => {
      const slots = { inputs: [] as DType[], params: [] as DType[] };
      const lower = kinds.map(({ spec, isNumber }): Access => {
        if (isNumber) {
          const p = param(slots.params.push(spec.dtype) - 1, spec.dtype);
          return () => p;
        }
        const k = slots.inputs.push(spec.dtype) - 1;
        return (i) => load(k, ravel(i, spec.shape), spec.dtype);
      });
      return { lower, slots };
    };
    this.specs = { inputs: kinds.map((k) => k.spec), out };
    this.ofNumbers = out.shape.length === 0 && kinds.length > 0 && kinds.every((k) => k.isNumber) ? this.fold() : null;
  }
  private readonly specs: { readonly inputs: readonly Spec[]; readonly out: Spec };

  private fold(): NumberFunction | null {
    const lowering = lowerCall(this.prim, this.accesses().lower, this.attrs, this.specs);
    const f = lowering.form === 'map' ? numberFunction(lowering.body([], [])) : null;
    forgetExpressions();
    return f;
  }
  /** The program that runs it. Numbers come as parameters, so that a new number needs no new kernel. */
  get program(): Program {
    if (this.made) return this.made;
    const { lower, slots } = this.accesses();
    const lowering = lowerCall(this.prim, lower, this.attrs, this.specs);
    this.made = this.backend.compile(buildKernel(this.prim.name, lowering, this.out, slots));
    forgetExpressions();
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
