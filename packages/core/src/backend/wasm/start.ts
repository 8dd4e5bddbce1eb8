// Workers in Node and in pages, and what there is to know about the place.
import { serve, type Words } from './serve.js';

/** A worker. */
export interface Thread {
  end(): void;
}
/** What a worker is told. */
export interface Start {
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  readonly number: number;
  readonly spin: number;
  readonly at: Words;
}
/** The parts of Node's module that are used here. */
interface NodeThreads {
  Worker: new (
    code: string,
    options: { eval: true; workerData: unknown; execArgv: string[] },
  ) => {
    on(event: string, f: (x: unknown) => void): void;
    unref(): void;
    terminate(): Promise<number>;
  };
}
interface Process {
  getBuiltinModule?(name: string): unknown;
  readonly versions?: { readonly node?: string };
}
const nodeModule = <T>(name: string): T | null => {
  const { process } = globalThis as { process?: Process };
  return process?.versions?.node ? ((process.getBuiltinModule?.(name) as T | undefined) ?? null) : null;
};
/** Cores that this process may use. */
export function cores(): number {
  const os = nodeModule<{ availableParallelism(): number }>('node:os');
  return (
    os?.availableParallelism() ??
    (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
    1
  );
}

/** Starts a worker; `ready` or `failed` is called when it is known whether it works. */
export function startThread(message: Start, ready: () => void, failed: (reason: unknown) => void): Thread {
  const node = nodeModule<NodeThreads>('node:worker_threads');
  return node ? startInNode(node, message, ready, failed) : startInPage(message, ready, failed);
}
/** What a worker says when it begins. */
const readyMessage = 'nn-ready';
/** Milliseconds after which a file that says nothing is not that of the worker. */
const patience = 5000;
/** Some bundlers have functions call this. */
const prelude = 'const __name = (f) => f;';
function startInNode(
  { Worker }: NodeThreads,
  message: Start,
  ready: () => void,
  failed: (reason: unknown) => void,
): Thread {
  const code = `${prelude} const { parentPort, workerData: w } = require('node:worker_threads'); parentPort.postMessage('${readyMessage}');
(${serve.toString()})(w.memory, w.base, w.number, w.spin, w.at);`;
  const worker = new Worker(code, { eval: true, workerData: message, execArgv: [] });
  worker.on('message', () => {
    // A program is not kept alive by threads that wait for work.
    worker.unref();
    ready();
  });
  worker.on('error', failed);
  return { end: () => void worker.terminate() };
}
/** The worker's file where the bundler or the server has it, else its text. */
function startInPage(message: Start, ready: () => void, failed: (reason: unknown) => void): Thread {
  const begin = (worker: Worker, otherwise: (reason: unknown) => void): Worker => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      worker.terminate();
      otherwise(new Error(reason));
    };
    const timer = setTimeout(fail, patience, 'it does not answer');
    worker.onmessage = ({ data }) => {
      if (data !== readyMessage) return;
      clearTimeout(timer);
      ready();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message || 'its file cannot be loaded');
    };
    worker.postMessage(message);
    return worker;
  };
  let ended = false;
  let worker: Worker;
  const fromText = (): void => {
    if (ended) return;
    const code = `${prelude} onmessage = ({ data: w }) => { postMessage('${readyMessage}'); (${serve.toString()})(w.memory, w.base, w.number, w.spin, w.at); };`;
    worker = begin(new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))), failed);
  };
  worker = begin(new Worker(new URL('./kernel-worker.js', import.meta.url), { type: 'module' }), fromText);
  return {
    end() {
      ended = true;
      worker.terminate();
    },
  };
}
