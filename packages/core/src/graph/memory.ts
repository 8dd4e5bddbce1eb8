// Who owns a tensor and when its memory goes back: scopes, and the collector as the last net. Nobody counts references in user code.
import type { Backend } from '../backend/index.js';
import { dtypes, sizeOf, type DType, type Shape, type Spec, type TypedArray } from '../base/index.js';
import { intern } from './spec.js';
import { Storage, Tensor, type Ownership, type Watch } from './tensor.js';
import { flatten } from './tree.js';

let buffers = 0;
let bytes = 0;
/** What backends have moved out of their memory. */
const moved = new Set<NonNullable<Backend['aside']>>();
let lastBackend: Backend | null = null;

/**
 * Live buffers in the memory of all devices, and their bytes. A buffer that was made outside of any scope counts until it is disposed of, or
 * until the collector or the device takes its memory back: that happens sooner or later after its last use.
 */
export function memory(): { buffers: number; bytes: number } {
  const now = { buffers, bytes };
  for (const aside of moved) {
    now.buffers -= aside.buffers;
    now.bytes -= aside.bytes;
  }
  return now;
}

/** New memory on a device, counted. */
export function allocateStorage(backend: Backend, size: number, dtype: DType): Storage {
  if (backend !== lastBackend) {
    lastBackend = backend;
    if (backend.aside) moved.add(backend.aside);
  }
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
  if (storage.watch) storage.watch.free = null;
  storage.backend.free(storage.buffer);
}

const collected = new FinalizationRegistry<Watch>(({ free, bytes: freed }) => {
  if (!free) return;
  buffers--;
  bytes -= freed;
  free();
});
/** Nobody is told when the collector takes the storage. */
const unwatched: Watch = { free: null, bytes: 0 };
/** Lets the collector free the memory with the last tensor that shares it. Once for each storage, so that an operation costs little. */
function watch(storage: Storage): void {
  const { backend, buffer } = storage;
  const free = backend.whenCollected ? backend.whenCollected(buffer) : () => backend.free(buffer);
  storage.watch = free ? { free, bytes: storage.size * dtypes[storage.dtype].bytes } : unwatched;
  if (free) collected.register(storage, storage.watch);
}
function drop(t: Tensor, why: string): void {
  t.gone = why;
  if (t.storage) releaseStorage(t.storage);
  t.storage = null;
}

/** Owner of what is made outside of any scope: the collector. */
const collector: Ownership & { own(t: Tensor): void } = {
  own(t) {
    t.scope = collector;
    if (t.storage!.watch === null) watch(t.storage!);
  },
  release(t, why) {
    t.scope = null;
    drop(t, why);
  },
  forget(t) {
    t.scope = null;
  },
};

let current: Scope | null = null;

/** Owns the tensors that are made while it is the innermost open one, and frees them when it closes. */
export class Scope implements Ownership {
  /** What it owns, and tensors that have left since: those have another `scope`. */
  private tensors: Tensor[] = [];
  private pruneAt = 4096;
  private readonly parent: Scope | null = current;
  private closed = false;
  /** Makes a scope the innermost open one. */
  static open(): Scope {
    return (current = new Scope());
  }
  own(t: Tensor): void {
    t.scope = this;
    if (this.tensors.push(t) > this.pruneAt) this.prune();
  }
  private prune(): void {
    this.tensors = this.tensors.filter((t) => t.scope === this);
    this.pruneAt = Math.max(4096, 2 * this.tensors.length);
  }
  release(t: Tensor, why: string): void {
    t.scope = null;
    drop(t, why);
  }
  forget(t: Tensor): void {
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
      if (t.scope !== this) continue;
      t.scope = null;
      drop(t, 'it was made in a scope that has ended');
    }
    this.tensors = [];
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
  return own(new Tensor(intern({ shape, dtype }), backend, null, storage));
}
/** The same memory under another spec or edge. */
export function share(t: Tensor, spec: Spec, edge: Tensor['edge']): Tensor {
  t.storage!.references++;
  return own(new Tensor(spec, t.backend, null, t.storage, edge));
}
