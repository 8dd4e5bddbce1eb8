// Which device programs start on, and what is said where one cannot be had.
import { afterEach, expect, test, vi } from 'vitest';
import * as nn from '../index.js';

type Core = typeof nn;
/** The library as it is on an engine with another `WebAssembly`. */
async function withWebAssembly(replaced: unknown): Promise<Core> {
  vi.stubGlobal('WebAssembly', replaced);
  vi.resetModules();
  return (await import('../index.js')) as Core;
}
afterEach(() => vi.unstubAllGlobals());

test('programs start on WebAssembly, at once', () => {
  expect(nn.device().name).toBe('wasm');
  expect(nn.ones([2]).device.name).toBe('wasm');
});
test.each([
  ['there is no WebAssembly', undefined, 'this JavaScript engine has no WebAssembly'],
  ['it has no SIMD', { ...wasm(), validate: () => false }, "this engine's WebAssembly has no SIMD"],
  [
    'the page forbids it',
    {
      ...wasm(),
      Module: class {
        constructor() {
          throw new Error('blocked by CSP');
        }
      },
    },
    "this page or process does not allow WebAssembly to be compiled (blocked by CSP); a Content-Security-Policy needs 'wasm-unsafe-eval'",
  ],
])('they start on the CPU where %s', async (_, replaced, reason) => {
  const core = await withWebAssembly(replaced);
  expect(core.device().name).toBe('cpu');
  expect(core.toArraySync(core.add(core.ones([2]), 1))).toEqual([2, 2]);
  await expect(core.setDevice('wasm')).rejects.toThrow(`device "wasm" cannot be had: ${reason}. Choose one of "cpu"`);
});
test('random numbers go on from device to device', async () => {
  const draw = (): nn.NestedArray => nn.toArraySync(nn.uniform([2]));
  nn.defaultGenerator.manualSeed(3);
  const right = [draw(), draw(), draw(), draw()];
  nn.defaultGenerator.manualSeed(3);
  const traced = nn.compile(() => nn.uniform([2]));
  const got = [draw()];
  await nn.setDevice('cpu');
  got.push(nn.toArraySync(traced()));
  await nn.setDevice('wasm');
  got.push(nn.toArraySync(traced()), draw());
  expect(got).toEqual(right);
});
test('a compiled function refuses a tensor of another device', async () => {
  const w = new nn.Variable(nn.ones([2]), { name: 'w' });
  const f = nn.compile((x: nn.Tensor) => nn.mul(x, w.get()), { name: 'f' });
  f(nn.ones([2]));
  const there = await nn.to(nn.ones([2]), 'cpu');
  const double = nn.compile((x: nn.Tensor) => nn.add(x, nn.mul(nn.onesLike(x), nn.ones([2]))));
  expect(nn.toArraySync(double(there))).toEqual([2, 2]);
  expect(double(there).device.name).toBe('cpu');
  expect(() => f(there)).toThrow(
    `compiled "f": inputs and Variables are on two devices, cpu and wasm: f32[2] is on wasm. Move it with to('cpu')`,
  );
});

function wasm(): Record<string, unknown> {
  return Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((k) => [k, Reflect.get(WebAssembly, k)]));
}
