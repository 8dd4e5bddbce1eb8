// The GPU of a test run, or a loud word about what is left out where there is none, or none that can do it.
import { it } from 'vitest';
import { createWebgpu, type Webgpu, type WebgpuOptions } from './webgpu.js';

interface TestOptions extends WebgpuOptions {
  /** What the adapter has to offer. */
  readonly needs?: GPUFeatureName | undefined;
}

/** Declares tests that need a GPU; where none can be had, or the feature is missing, one test says what was left out, and why. */
export async function withGpu(
  what: string,
  declare: (device: Webgpu) => void,
  { needs, ...options }: TestOptions = {},
): Promise<void> {
  const leftOut = (reason: string, message: string): void =>
    it(`LEFT OUT, ${reason}: ${what}`, () => {
      console.warn(`\n*** NOT TESTED: ${what} ***\n${message}\n`);
    });
  const opened = await createWebgpu(options).catch((error: Error) => error);
  if (opened instanceof Error) return leftOut('there is no GPU', opened.message);
  const { features, vendor, description } = opened.report;
  if (needs && !features.includes(needs))
    return leftOut(`no "${needs}"`, `${description || vendor} offers ${features.join(', ')}`);
  declare(opened);
}
