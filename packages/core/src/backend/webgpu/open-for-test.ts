// The GPU of a test run, or a loud word about what is left out where there is none.
import { it } from 'vitest';
import { createWebgpu, type Webgpu, type WebgpuOptions } from './webgpu.js';

/** Declares tests that need a GPU; where none can be had, one test says what was left out, and why. */
export async function withGpu(
  what: string,
  declare: (device: Webgpu) => void,
  options: WebgpuOptions = {},
): Promise<void> {
  const opened = await createWebgpu(options).catch((error: Error) => error);
  if (!(opened instanceof Error)) return declare(opened);
  it(`LEFT OUT, there is no GPU: ${what}`, () => {
    console.warn(`\n*** NOT TESTED: ${what} ***\n${opened.message}\n`);
  });
}
