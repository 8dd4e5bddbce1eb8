// The one door: every operation, eager or traced, forward or backward, passes `apply`.
import type { Backend, Buffer } from '../backend/index.js';
import { describe, DeviceError, DTypeError, type DType, type Spec } from '../base/index.js';
import { prepare } from './calls.js';
import { allocateStorage, own, share } from './memory.js';
import { intern } from './spec.js';
import { currentBackend, currentTrace, isGradEnabled } from './state.js';
import { checkAlive, Edge, keptInputs, Node, Tensor, type Primitive } from './tensor.js';

const scalar = (dtype: DType): Spec => intern({ shape: [], dtype });
const scalars: Partial<Record<DType, Spec>> = {};
/** A number as a 0-d tensor without memory. */
export const literal = (
  value: number | boolean,
  dtype: DType = typeof value === 'boolean' ? 'bool' : 'f32',
  backend: Backend = currentBackend(),
): Tensor => new Tensor((scalars[dtype] ??= scalar(dtype)), backend, { literal: Number(value) });

/** The device that all inputs with data are on. */
function commonBackend(op: string, inputs: readonly Tensor[]): Backend {
  let found: Backend | null = null;
  for (let k = 0; k < inputs.length; k++) {
    const x = inputs[k]!;
    if (x.gone !== null) checkAlive(op, x);
    if (x.literal !== null || x.backend === found) continue;
    if (found)
      throw new DeviceError(
        `${op}: inputs are on two devices, ${found.name} and ${x.backend.name}: ${inputs.map((t) => `${describe(t.spec)} on ${t.backend.name}`).join(', ')}. Move one with to('${found.name}')`,
      );
    found = x.backend;
  }
  return found ?? inputs[0]?.backend ?? currentBackend();
}
function anyNeedsGrad(inputs: readonly Tensor[]): boolean {
  for (let k = 0; k < inputs.length; k++) if (inputs[k]!.edge !== null) return true;
  return false;
}
function numbersOf(inputs: readonly Tensor[]): number[] {
  const numbers: number[] = [];
  for (let k = 0; k < inputs.length; k++) {
    const { literal: value } = inputs[k]!;
    if (value !== null) numbers.push(value);
  }
  return numbers;
}

/** A stand-in for a value that the gradient does not read: its spec, but not its data. */
function ghost(x: Tensor): Tensor {
  if (x.storage === null) return x;
  return x.edge?.out ?? new Tensor(x.spec, x.backend, { edge: x.edge });
}
/** What the record for gradients holds of a call: the values that `keep` names. */
function record(prim: Primitive, inputs: readonly Tensor[], attrs: unknown, spec: Spec): Node {
  const kept = keptInputs(prim, inputs);
  const held: Tensor[] = [];
  for (let k = 0; k < inputs.length; k++) held.push(kept & (1 << k) ? inputs[k]! : ghost(inputs[k]!));
  return new Node(prim, held, attrs, spec);
}

/** The one door. A wrong shape or dtype throws here, in the caller's stack. */
export function apply<A>(primitive: Primitive<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const prim = primitive as Primitive<unknown>;
  const backend = commonBackend(prim.name, inputs);
  const call = prepare(backend, prim, inputs, attrs);
  const spec = call.out;
  const needsGrad = call.float && isGradEnabled() && anyNeedsGrad(inputs);
  if (call.ofNumbers && !needsGrad) return new Tensor(spec, backend, { literal: call.ofNumbers(numbersOf(inputs)) });
  if (currentTrace()) {
    const node = new Node(prim, inputs, call.attrs, spec);
    const edge = needsGrad ? new Edge(node, null, spec) : null;
    const out = new Tensor(spec, backend, { node, edge });
    if (edge) edge.out = out;
    return out;
  }
  const buffers: Buffer[] = [];
  for (let k = 0; k < inputs.length; k++) {
    const x = inputs[k]!;
    if (x.storage !== null) buffers.push(x.storage.buffer);
    else if (x.literal === null)
      throw new DTypeError(
        `${prim.name}: ${describe(x.spec)} comes from inside of a trace that has ended. Return it from the compiled function`,
      );
  }
  const edge = needsGrad ? new Edge(record(prim, inputs, call.attrs, spec), null, spec) : null;
  let out: Tensor;
  if (prim.alias && inputs[0]!.storage) out = share(inputs[0]!, spec, edge);
  else {
    const { program } = call;
    const storage = allocateStorage(backend, call.size, spec.dtype);
    out = own(new Tensor(spec, backend, null, storage, edge));
    program.run(buffers, [storage.buffer], buffers.length === inputs.length ? none : numbersOf(inputs));
  }
  if (edge) edge.out = prim.keep === undefined || prim.keep.output ? out : new Tensor(spec, backend, { edge });
  return out;
}
const none: readonly number[] = [];
