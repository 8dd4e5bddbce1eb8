// The one door: every operation, eager or traced, forward or backward, passes `apply`.
import type { Backend, Program } from '../backend/index.js';
import { describe, DeviceError, DTypeError, isFloat, sizeOf, type DType, type Spec } from '../base/index.js';
import { forgetExpressions, lit, load, param, ravel, type Access } from '../kernel/index.js';
import { buildKernel, lowerCall } from './lower.js';
import { allocateStorage, own, share } from './memory.js';
import { currentBackend, currentTrace, isGradEnabled } from './state.js';
import { checkAlive, Edge, keptInputs, Node, Tensor, type Primitive } from './tensor.js';

/** A number as a 0-d tensor without memory. */
export const literal = (
  value: number | boolean,
  dtype: DType = typeof value === 'boolean' ? 'bool' : 'f32',
  backend: Backend = currentBackend(),
): Tensor => new Tensor({ shape: [], dtype }, backend, { literal: Number(value) });

const eager = new WeakMap<Backend, Map<string, Program>>();
/** The program that runs one primitive on inputs of these specs. Numbers come as parameters, so that a new number needs no new kernel. */
function eagerProgram(
  backend: Backend,
  prim: Primitive,
  inputs: readonly Tensor[],
  attrs: unknown,
  out: Spec,
): Program {
  let cache = eager.get(backend);
  if (!cache) eager.set(backend, (cache = new Map()));
  let key = prim.name;
  for (const x of inputs) key += x.literal === null ? `|${x.spec.dtype}${x.spec.shape.join()}` : `|#${x.spec.dtype}`;
  if (attrs !== null) key += `|${JSON.stringify(attrs)}`;
  let program = cache.get(key);
  if (program) return program;
  const slots = { inputs: [] as DType[], params: [] as DType[] };
  const accesses = inputs.map((x): Access => {
    if (x.literal !== null) {
      const p = param(slots.params.push(x.dtype) - 1, x.dtype);
      return () => p;
    }
    const k = slots.inputs.push(x.dtype) - 1;
    return (i) => load(k, ravel(i, x.shape), x.dtype);
  });
  const kernel = buildKernel(
    prim.name,
    lowerCall(prim, accesses, attrs, { inputs: inputs.map((x) => x.spec), out }),
    out,
    slots,
  );
  program = backend.compile(kernel);
  forgetExpressions();
  cache.set(key, program);
  return program;
}

/** The number that a pointwise primitive makes of numbers, or null when it is not one. */
function foldNumbers(prim: Primitive, inputs: readonly Tensor[], attrs: unknown, out: Spec): number | null {
  if (out.shape.length || !inputs.length || inputs.some((x) => x.literal === null)) return null;
  const lowering = lowerCall(
    prim,
    inputs.map((x) => () => lit(x.literal!, x.dtype)),
    attrs,
    { inputs: inputs.map((x) => x.spec), out },
  );
  if (lowering.form !== 'map') return null;
  const e = lowering.body([], []);
  forgetExpressions();
  return e.kind === 'const' ? e.value : null;
}

/** The device that all inputs with data are on. */
function commonBackend(op: string, inputs: readonly Tensor[]): Backend {
  let found: Backend | null = null;
  for (const x of inputs) {
    checkAlive(op, x);
    if (x.literal !== null || x.backend === found) continue;
    if (found)
      throw new DeviceError(
        `${op}: inputs are on two devices, ${found.name} and ${x.backend.name}: ${inputs.map((t) => `${describe(t.spec)} on ${t.backend.name}`).join(', ')}. Move one with to('${found.name}')`,
      );
    found = x.backend;
  }
  return found ?? inputs[0]?.backend ?? currentBackend();
}

/** A stand-in for a value that the gradient does not read: its spec, but not its data. */
const ghost = (x: Tensor): Tensor => (x.storage === null ? x : new Tensor(x.spec, x.backend, { edge: x.edge }));

/** What the record for gradients holds of a call: the values that `keep` names. */
function record(prim: Primitive, inputs: readonly Tensor[], attrs: unknown, spec: Spec): Node {
  const kept = keptInputs(prim, inputs);
  const held = kept.size === inputs.length ? inputs : inputs.map((x, k) => (kept.has(k) ? x : ghost(x)));
  return new Node(prim, held, attrs, spec);
}

/** The one door. A wrong shape or dtype throws here, in the caller's stack. */
export function apply<A>(primitive: Primitive<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  const prim = primitive as Primitive<unknown>;
  const backend = commonBackend(prim.name, inputs);
  const spec = primitive.infer(
    inputs.map((x) => x.spec),
    attrs,
  );
  if (!backend.dtypes.has(spec.dtype)) {
    throw new DTypeError(
      `${prim.name}: device "${backend.name}" has no ${spec.dtype}; it has ${[...backend.dtypes].join(', ')}. Cast first, or move to a device that has it`,
    );
  }
  const needsGrad = isGradEnabled() && isFloat(spec.dtype) && inputs.some((x) => x.edge !== null);
  const folded = needsGrad ? null : foldNumbers(prim, inputs, attrs, spec);
  if (folded !== null) return new Tensor(spec, backend, { literal: folded });
  if (currentTrace()) {
    const node = new Node(prim, inputs, attrs, spec);
    const edge = needsGrad ? new Edge(node, null, spec) : null;
    const out = new Tensor(spec, backend, { node, edge });
    if (edge) edge.out = out;
    return out;
  }
  for (const x of inputs)
    if (x.node && !x.storage)
      throw new DTypeError(
        `${prim.name}: ${describe(x.spec)} comes from inside of a trace that has ended. Return it from the compiled function`,
      );
  const edge = needsGrad ? new Edge(record(prim, inputs, attrs, spec), null, spec) : null;
  let out: Tensor;
  if (prim.alias && inputs[0]!.storage) out = share(inputs[0]!, spec, edge);
  else {
    const program = eagerProgram(backend, prim, inputs, attrs, spec);
    const storage = allocateStorage(backend, sizeOf(spec.shape), spec.dtype);
    const buffers = [];
    const params = [];
    for (const x of inputs)
      if (x.literal === null) buffers.push(x.storage!.buffer);
      else params.push(x.literal);
    program.run(buffers, [storage.buffer], params);
    out = own(new Tensor(spec, backend, { storage, edge }));
  }
  if (edge) edge.out = prim.keep === undefined || prim.keep.output ? out : ghost(out);
  return out;
}
