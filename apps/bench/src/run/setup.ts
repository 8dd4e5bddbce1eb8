// What a peer's process is started with, and the first thing that it says.
import type { DeviceName } from '@nn/core';

/** What is asked of our device on a GPU, beside running there. */
export interface GpuSetup {
  /** Measures the schedules of a task's products first, and takes the quickest. */
  readonly tuned?: boolean;
  /** Default true: compiled steps are recorded once. */
  readonly replay?: boolean;
}
/** Which library a process loads, and how it is set up. */
export type Setup =
  | {
      readonly library: 'ours';
      readonly device: DeviceName;
      readonly mode: 'eager' | 'compiled';
      readonly threads: number;
      readonly gpu?: GpuSetup;
    }
  | { readonly library: 'limit' }
  | { readonly library: 'tfjs'; readonly backend: 'wasm' | 'cpu' }
  | { readonly library: 'jax' }
  | { readonly library: 'ort'; readonly kind: 'web' | 'node'; readonly threads: number }
  | { readonly library: 'torch'; readonly threads: number };

export interface Greeting {
  readonly ready: true;
  readonly versions: Readonly<Record<string, string>>;
}
