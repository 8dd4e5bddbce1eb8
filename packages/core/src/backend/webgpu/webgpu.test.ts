// What a backend must do, on WebGPU: memory, every primitive with its gradients, and training, against the CPU.
import { describe, expect, it } from 'vitest';
import { backendSuite } from '../../testing/backend-suite.js';
import { withGpu } from './open-for-test.js';

await withGpu('every primitive on WebGPU', (device) => {
  // GPUs may take denormal numbers for 0, and SwiftShader does
  const checks = backendSuite(() => device, { cases: 4, denormals: false });
  describe(`WebGPU on ${device.report.description || device.report.vendor}`, () => {
    it.each(checks.map((c) => [`${c.of} ${c.name}`, c] as const))('%s', (_, check) => check.run());
    it('hands work over in batches', () => {
      const { submits, dispatches } = device.work();
      expect(dispatches).toBeGreaterThan(submits);
    });
  });
});
