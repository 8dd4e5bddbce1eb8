// The programs of the port contract, unmodified, on every device of this machine: what their comments say.
import { setDevice } from '@nn/core';
import { beforeAll, describe, expect, it } from 'vitest';
import * as programs from './contract/port.js';
import { availableDevices } from './devices.js';

describe.each(await availableDevices())('port programs on %s', (device) => {
  beforeAll(async () => void (await setDevice(device)));

  it('structuralPort: equal to 1e-5 in outputs, gradients and after 3 steps; back again with the same names', async () => {
    const { equal, rows, roundTrip } = await programs.structuralPort();
    expect({ equal, rows }).toMatchObject({ equal: true });
    expect(rows.length).toBeGreaterThan(10);
    expect(roundTrip).toHaveLength(2 + 5 + 2);
  });

  it('liveWrap: the same parameters, without a copy', () => {
    const { params, names } = programs.liveWrap();
    expect(params).toBe(10 + 1 + 20 + 2);
    expect(names).toHaveLength(4);
  });

  it('customRule: declared once, works both ways', async () => {
    expect(await programs.customRule()).toBe(true);
  });

  it('subclassedModule: a forward of its own becomes a functional model', () => {
    const { layers, params } = programs.subclassedModule();
    expect(layers.length).toBeGreaterThanOrEqual(4);
    expect(params).toBe(10 * 5 + 5 + 5 * 2 + 2);
  });
});
