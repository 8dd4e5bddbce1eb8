// The module of a worker in browsers; elsewhere its function is sent as text.
import { serve } from './serve.js';
import type { Start } from './start.js';

const self = globalThis as unknown as {
  onmessage: (event: { readonly data: Start }) => void;
  postMessage(message: unknown): void;
};
self.onmessage = ({ data: { memory, base, number, spin, at } }) => {
  self.postMessage('nn-ready');
  serve(memory, base, number, spin, at);
};
