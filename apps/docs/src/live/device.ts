// Where the programs of a page run: the chooser, and one program after another.
import type { DeviceName } from '@nn/core';
import { element, style } from './view.js';

const devices: readonly (readonly [DeviceName, string])[] = [
  ['wasm', 'wasm: WebAssembly'],
  ['webgpu', 'webgpu: the GPU'],
  ['cpu', 'cpu: plain JavaScript'],
];
let chosen: DeviceName = 'wasm';
let running: Promise<unknown> = Promise.resolve();

/** Runs `f` on the chosen device when the programs before it are done; tells where it ran and how long it took. */
export function onChosen<R>(f: (device: DeviceName) => Promise<R>): Promise<{ result: R; device: string; ms: number }> {
  const name = chosen;
  const next = running.then(async () => {
    const { setDevice } = await import('@nn/core');
    const device = await setDevice(name);
    const began = performance.now();
    return { result: await f(name), device: device.name, ms: performance.now() - began };
  });
  running = next.catch(() => {});
  return next;
}

/** Chooses the device for all programs of the page. */
export class DeviceChooser extends HTMLElement {
  connectedCallback(): void {
    if (this.shadowRoot) return;
    const choice = element('select', { id: 'device', 'aria-label': 'device' });
    for (const [name, text] of devices) choice.append(element('option', { value: name }, text));
    choice.value = chosen;
    const said = element('span', { class: 'said' });
    choice.addEventListener('change', () => {
      chosen = choice.value as DeviceName;
      const missing = chosen === 'webgpu' && !('gpu' in navigator);
      said.textContent = missing
        ? 'This browser has no WebGPU here: Chrome or Edge 113, Safari 26 or Firefox 141, by https or from localhost.'
        : '';
    });
    this.attachShadow({ mode: 'open' }).append(element('style', {}, style), 'Programs run on ', choice, said);
  }
}
