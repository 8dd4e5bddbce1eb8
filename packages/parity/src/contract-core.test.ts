// The programs of the core contract, unmodified, on every device of this machine: what their comments say.
import { setDevice } from '@nn/core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as programs from './contract/core.js';
import { availableDevices } from './devices.js';

describe.each(await availableDevices())('core programs on %s', (device) => {
  beforeAll(async () => void (await setDevice(device)));

  it('chooseDevice: one line for both styles', async () => {
    expect(await programs.chooseDevice(device)).toEqual({ name: device, torch: device, keras: device });
  });

  it.each(['eager', 'compiled', 'fit'] as const)(
    'flatMemory over 1,000 steps, %s: the same number of live buffers from the second epoch on',
    async (style) => {
      const { live } = await programs.flatMemory(1000, style);
      expect(live).toHaveLength(style === 'fit' ? 100 : 500);
      // Waiting for a GPU lets the collector run: it may free what earlier programs left, so there can be fewer later on.
      expect(Math.max(...live.slice(1))).toBe(live[1]);
    },
    // some 100,000 kernels, each of which a software GPU takes tens of microseconds to begin
    180_000,
  );

  it('scoped: only what is returned stays', () => {
    const { before, during, after } = programs.scoped();
    expect([during, after]).toEqual([before + 1, before]);
  });

  it('gradientsCheck: to second order, in f64, where the device has it', async () => {
    const result: unknown = await (async () => programs.gradientsCheck())().catch((error: Error) => error.message);
    const right = expect.objectContaining({ ok: true, maxError: expect.closeTo(0, 6) as number }) as object;
    const refused = expect.stringContaining('device "webgpu" has no f64') as string;
    expect(result).toEqual(device === 'webgpu' ? refused : right);
  });

  it('lookInside: graph, kernels and source', () => {
    const text = programs.lookInside();
    expect(text.length).toBeGreaterThan(100);
    expect(text).toContain('f32[2,3]');
  });
});
