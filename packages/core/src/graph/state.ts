// What the door looks at: the device in use, whether gradients are recorded, and the trace that is being made.
import { firstBackend, openBackend, type Backend, type DeviceName } from '../backend/index.js';
import { TraceError, type Spec } from '../base/index.js';
import { Edge, Node, Tensor, type Cell, type Device } from './tensor.js';

/** A trace in the making: what the function read from the world and what it wrote to it. */
export class Trace {
  /** Variables that were read, with the hole that stands for the value. */
  readonly captures: Map<Cell, Tensor> = new Map();
  /** Variables that were written, with the last value; null when cleared. */
  readonly writes: Map<Cell, Tensor | null> = new Map();
  /** Host state that was read: the trace holds only while it reads the same. */
  readonly guards: { readonly read: () => unknown; readonly value: unknown }[] = [];
  /** Where it runs: the device of its arguments, or else of the first Variable with memory that it reads. */
  home: Backend | null = null;
  /** Gradients were taken inside: the function is a whole step, and its results are not differentiated from outside. */
  differentiated = false;
  constructor(
    /** Thrown away when it is done: only shapes are wanted. */
    readonly symbolic: boolean,
  ) {}
}

/** The first device is chosen when something is first made. */
let backend: Backend | null = null;
let trace: Trace | null = null;
let gradEnabled = true;

export const currentBackend = (): Backend => (backend ??= firstBackend());
export const currentTrace = (): Trace | null => trace;
/** The device that new tensors are made on. */
export const device = (): Device => currentBackend();

/**
 * Chooses the device for everything that is made from now on.
 *
 * @throws DeviceError  (as a rejection) with the reason and the remedy when the device cannot be had
 * @example
 * (await setDevice('cpu')).name // => 'cpu'
 */
export async function setDevice(name: DeviceName): Promise<Device> {
  return (backend = await openBackend(name));
}
/** Chooses a backend that is open, by itself instead of by name; returns the one before. */
export function useBackend(next: Backend): Backend {
  const was = currentBackend();
  backend = next;
  return was;
}

/** Runs `f` so that what it makes is made on `b`. */
export function onBackend<R>(b: Backend, f: () => R): R {
  const was = useBackend(b);
  try {
    return f();
  } finally {
    backend = was;
  }
}

/** Runs `f` on a device that can be read without waiting: the current one, or else the one that programs start on. */
export function onReadable<R>(f: () => R): R {
  if (currentBackend().readSync) return f();
  const was = useBackend(firstBackend());
  try {
    return f();
  } finally {
    useBackend(was);
  }
}
/** Runs `f` so that what it makes is made where `x` is. */
export const beside = <R>(x: Tensor, f: () => R): R => (x.backend === currentBackend() ? f() : onBackend(x.backend, f));

/** Runs `f` with another trace in place (null: none). */
export function withTrace<R>(t: Trace | null, f: () => R): R {
  const was = trace;
  trace = t;
  try {
    return f();
  } finally {
    trace = was;
  }
}
/** True while a function is being traced. */
export const isTracing = (): boolean => trace !== null;
let frozen: string | null = null;
/** The function that is being traced again, in which no Variable may be made; null elsewhere. */
export const variablesForbidden = (): string | null => frozen;
/** Runs `f` so that making a Variable is an error: only the first trace of a function may. */
export function forbidVariables<R>(name: string, f: () => R): R {
  const was = frozen;
  frozen = name;
  try {
    return f();
  } finally {
    frozen = was;
  }
}
/** Runs `f` outside of any trace: building a layer's weights inside compile() makes real data, once. */
export const untraced = <R>(f: () => R): R => withTrace(null, f);
/** Runs `f` so that operations only infer shapes; nothing is computed and nothing is written. */
export const symbolic = <R>(f: () => R): R => withTrace(new Trace(true), f);

/** Reads host state that a trace depends on (a training flag, a momentum). A compiled trace is used again only while it reads the same. */
export function guard<T>(read: () => T): T {
  const value = read();
  trace?.guards.push({ read, value });
  return value;
}

export const isGradEnabled = (): boolean => gradEnabled;
/** Switches the recording of gradients; returns what it was. */
export function setGradEnabled(on: boolean): boolean {
  const was = gradEnabled;
  gradEnabled = on;
  return was;
}
function withGrad<R>(on: boolean, f: () => R): R {
  const was = setGradEnabled(on);
  let result: R;
  try {
    result = f();
  } finally {
    gradEnabled = was;
  }
  return result;
}
/** Runs `f` without recording for gradients. */
export const noGrad = <R>(f: () => R): R => withGrad(false, f);
/** Runs `f` with recording for gradients. */
export const enableGrad = <R>(f: () => R): R => withGrad(true, f);

/** A tensor without data: an input of a trace. */
export function placeholder(
  spec: Spec,
  owner: Cell | null = null,
  needsGrad = false,
  on: Backend = currentBackend(),
): Tensor {
  const node = new Node(null, [], null, spec);
  return new Tensor(spec, on, { node, edge: needsGrad ? new Edge(null, owner, spec) : null });
}

/** What a reader of traced values is told. */
export const tracedRead = (op: string, what: string): TraceError =>
  new TraceError(
    `${op}: ${what} has no data yet, because it is being traced (compile, tf.function or symbolic input). JavaScript's if and while are frozen by a trace: use cond, whileLoop or scan, or return the value and read it outside`,
  );
