// Writing in place: what PyTorch checks before it, and how a write through a view reaches its base.
import * as core from '@nn/core';
import { canCast, scalarType } from './dtype.js';
import { baseOf, type Operand, promote, rawTensor, type Tensor } from './handle.js';

/**
 * Stores the result of an operation in a tensor, as `x.add_(y)` stores `x.add(y)`.
 *
 * @param fn  the operation that made the result, for `gradFn` and for messages
 * @throws GradError   a leaf Variable that requires grad is being used in an in-place operation.
 * @throws DTypeError  result type Float can't be cast to the desired output type Int
 */
export function assign(t: Tensor, result: core.Tensor, fn: string): Tensor {
  const spec = t.spec;
  if (!canCast(result.dtype, spec.dtype)) {
    throw new core.DTypeError(
      `result type ${scalarType(result.dtype)} can't be cast to the desired output type ${scalarType(spec.dtype)}. Use the method without the underscore, or convert the tensor first`,
    );
  }
  if (result.shape.length !== spec.shape.length || result.shape.some((n, i) => n !== spec.shape[i])) {
    throw new core.ShapeError(
      `output with shape [${spec.shape.join(', ')}] doesn't match the broadcast shape [${result.shape.join(', ')}]. An in-place operation cannot change the shape; use the method without the underscore`,
    );
  }
  checkWritable(t);
  write(t, result.dtype === spec.dtype ? result : core.cast(result, spec.dtype), fn);
  return t;
}

/** Stores a value that broadcasts to the tensor's shape and converts to its dtype, as `copy_` does. */
export function store(t: Tensor, value: Operand, fn: string): Tensor {
  const { shape, dtype } = t.spec;
  const v = rawTensor(value);
  let out = v.dtype === dtype ? v : core.cast(v, dtype);
  if (out.shape.length !== shape.length || out.shape.some((n, i) => n !== shape[i])) {
    const fits =
      out.shape.length <= shape.length &&
      out.shape.every((n, i) => n === 1 || n === shape[shape.length - out.shape.length + i]);
    if (!fits) {
      throw new core.ShapeError(
        `The size of tensor a (${shape.join(', ')}) must match the size of tensor b (${out.shape.join(', ')}): the value must broadcast to the tensor that it is written to`,
      );
    }
    out = core.expand(out, shape);
  }
  checkWritable(t);
  write(t, out, fn);
  return t;
}

function checkWritable(t: Tensor): void {
  let node = t;
  for (let view = t._view; view; view = node._view) {
    if (!view.write) {
      throw new core.ValueError(
        'unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.',
      );
    }
    if (view.detached) return;
    node = view.base!;
  }
  if (!core.isGradEnabled() || !node.requiresGrad || !node.isLeaf) return;
  throw new core.GradError(
    `a ${node === t ? '' : 'view of a '}leaf Variable that requires grad is being used in an in-place operation. Do it inside torch.noGrad(() => ...), or on a clone()`,
  );
}

/** Puts a value of the right shape and dtype in place, without checks. */
export function write(t: Tensor, value: core.Tensor, fn: string): void {
  const view = t._view;
  const base = view && baseOf(view);
  if (base) {
    const before = base.value;
    core.markOverwritten(view.value, `${fn.toLowerCase()}_`);
    const whole = view.write!(before, value);
    write(base, view.detached ? keepHistory(base, before, whole) : whole, 'CopySlices');
    t._fn = fn;
    return;
  }
  if (view) {
    t._held = view.value;
    t._view = null;
  }
  const old = t.value;
  if (old === value) return;
  core.markOverwritten(old, `${fn.toLowerCase()}_`);
  const leaf = t._cell?.trainable === true;
  // A value that outlives its scope under this name moves into a Variable, which scopes do not free.
  if (!t._cell && old.node === null && old.scope !== value.scope) promote(t);
  if (t._cell) {
    t._cell.set(value);
    t._held = value.needsGrad && !leaf ? value : null;
    t._seen = t._held && t._cell.get();
  } else t._held = value;
  if (!leaf) t._fn = fn;
  t._writes++;
}

/** Data written through `detach()` into a tensor with a history: the new data, with the old gradient path. */
function keepHistory(base: Tensor, old: core.Tensor, data: core.Tensor): core.Tensor {
  const plain = core.detach(data);
  return old.needsGrad && !base.isLeaf ? core.add(old, core.sub(plain, core.detach(old))) : plain;
}
