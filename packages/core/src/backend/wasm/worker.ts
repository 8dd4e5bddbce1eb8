// The module of a worker in browsers; elsewhere its function is sent as text.
import { serve, type Words } from './serve.js';

interface Start {
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  readonly number: number;
  readonly spin: number;
  readonly at: Words;
}
const self = globalThis as unknown as {
  onmessage: (event: { readonly data: Start }) => void;
  postMessage(message: unknown): void;
};
self.onmessage = ({ data: { memory, base, number, spin, at } }) => {
  self.postMessage('ready');
  serve(memory, base, number, spin, at);
};
