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
      expect(new Set(live.slice(1))).toEqual(new Set([live[1]]));
    },
  );

  it('scoped: only what is returned stays', () => {
    const { before, during, after } = programs.scoped();
    expect([during, after]).toEqual([before + 1, before]);
  });

  it('gradientsCheck: to second order, in f64', async () => {
    const { ok, maxError } = await programs.gradientsCheck();
    expect(ok).toBe(true);
    expect(maxError).toBeLessThan(1e-6);
  });

  it('lookInside: graph, kernels and source', () => {
    const text = programs.lookInside();
    expect(text.length).toBeGreaterThan(100);
    expect(text).toContain('f32[2,3]');
  });
});
