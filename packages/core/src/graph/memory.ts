// Who owns a tensor and when its memory goes back: scopes, and the collector as the last net. Nobody counts references in user code.
import type { Backend } from '../backend/index.js';
import { dtypes, sizeOf, type DType, type Shape, type Spec, type TypedArray } from '../base/index.js';
import { Storage, Tensor, type Ownership } from './tensor.js';
import { flatten } from './tree.js';

let buffers = 0;
let bytes = 0;

/** Live buffers on all devices, and their bytes. */
export function memory(): { buffers: number; bytes: number } {
  return { buffers, bytes };
}

/** New memory on a device, counted. */
export function allocateStorage(backend: Backend, size: number, dtype: DType): Storage {
  const storage = new Storage(backend, backend.alloc(size, dtype), size, dtype);
  buffers++;
  bytes += size * dtypes[dtype].bytes;
  return storage;
}
/** Gives up one reference; the last one frees the memory. */
export function releaseStorage(storage: Storage): void {
  if (--storage.references > 0) return;
  buffers--;
  bytes -= storage.size * dtypes[storage.dtype].bytes;
  storage.backend.free(storage.buffer);
}

const collected = new FinalizationRegistry<Storage>(releaseStorage);
function drop(t: Tensor, why: string): void {
  t.gone = why;
  if (t.storage) releaseStorage(t.storage);
  t.storage = null;
}

/** Owner of what is made outside of any scope: the collector. */
const collector: Ownership & { own(t: Tensor): void } = {
  own(t) {
    t.scope = collector;
    collected.register(t, t.storage!, t);
  },
  release(t, why) {
    collector.forget(t);
    drop(t, why);
  },
  forget(t) {
    collected.unregister(t);
    t.scope = null;
  },
};

let current: Scope | null = null;

/** Owns the tensors that are made while it is the innermost open one, and frees them when it closes. */
export class Scope implements Ownership {
  private readonly tensors = new Set<Tensor>();
  private readonly parent: Scope | null = current;
  private closed = false;
  /** Makes a scope the innermost open one. */
  static open(): Scope {
    return (current = new Scope());
  }
  own(t: Tensor): void {
    t.scope = this;
    this.tensors.add(t);
  }
  release(t: Tensor, why: string): void {
    this.forget(t);
    drop(t, why);
  }
  forget(t: Tensor): void {
    this.tensors.delete(t);
    t.scope = null;
  }
  /** Hands the tensors in `tree` to the scope around this one. */
  keep(tree: unknown): void {
    for (const t of flatten(tree).leaves) if (t.scope === this) this.handOver(t);
  }
  private handOver(t: Tensor): void {
    this.forget(t);
    let outer = this.parent;
    while (outer?.closed) outer = outer.parent;
    if (t.storage) (outer ?? collector).own(t);
  }
  /** Frees what it owns. Closing twice does nothing. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    while (current?.closed) current = current.parent;
    for (const t of this.tensors) {
      t.scope = null;
      drop(t, 'it was made in a scope that has ended');
    }
    this.tensors.clear();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Opens a scope that stays open until `close()`: for loops that free memory once a step. */
export const openScope = (): Scope => Scope.open();

/**
 * Runs `f` and frees every tensor that was made in it, except those in its result and those that Variables hold.
 *
 * @param f  may be async: then the scope ends with the promise
 * @returns  what `f` returns
 * @example
 * const before = memory().buffers
 * const s = scope(() => sum(exp(tensor([0, 0]))))
 * itemSync(s) // => 2
 * memory().buffers - before // => 1
 */
export function scope<R>(f: () => R): R {
  const opened = Scope.open();
  const end = <T>(result: T): T => {
    opened.keep(result);
    opened.close();
    return result;
  };
  let result: R;
  try {
    result = f();
  } catch (error) {
    opened.close();
    throw error;
  }
  if (!(result instanceof Promise)) return end(result);
  return result.then(end, (error: unknown) => {
    opened.close();
    throw error;
  }) as R;
}

/** Gives a new tensor with memory its owner: the innermost scope, or the collector. */
export function own(t: Tensor): Tensor {
  (current ?? collector).own(t);
  return t;
}
/** Takes a tensor out of its scope: the caller is responsible from here on, the collector being the net. */
export function takeOver(t: Tensor): Tensor {
  if (t.scope === collector || !t.storage) return t;
  t.scope?.forget(t);
  collector.own(t);
  return t;
}
/** Hands a tensor that nobody needs any more to the innermost scope; without one the collector has it. */
export function giveUp(t: Tensor): void {
  if (!current || !t.storage) return;
  t.scope?.forget(t);
  current.own(t);
}
/** Frees a tensor now. */
export function freeNow(t: Tensor, why: string): void {
  if (t.scope) t.scope.release(t, why);
}

/** Memory filled from an array. */
export function upload(backend: Backend, data: TypedArray, dtype: DType, shape: Shape): Tensor {
  const storage = allocateStorage(backend, sizeOf(shape), dtype);
  backend.write(storage.buffer, data);
  return own(new Tensor({ shape, dtype }, backend, { storage }));
}
/** The same memory under another spec or edge. */
export function share(t: Tensor, spec: Spec, edge: Tensor['edge']): Tensor {
  t.storage!.references++;
  return own(new Tensor(spec, t.backend, { storage: t.storage!, edge }));
}
