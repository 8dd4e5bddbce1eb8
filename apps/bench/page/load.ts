// How a worker loads each library. Those of others are files beside the page, copied there by its build.
import type { Library } from '../src/measure/case.js';
import type { Jax } from '../src/peers/jax-api.js';
import { jaxJs } from '../src/peers/jax.js';
import { onnxRuntime, type Ort } from '../src/peers/ort.js';
import { ours } from '../src/peers/ours.js';
import type { Tfjs } from '../src/peers/tfjs-api.js';
import { tfjs } from '../src/peers/tfjs.js';
import type { LibraryName } from './libraries.js';

/** Imports a file of another library, by its name in the page's folder of peers. */
async function peer<M>(file: string): Promise<M> {
  // The worker's own script is in the folder of assets.
  const url = new URL(`../peers/${file}`, location.href).href;
  try {
    return (await import(/* @vite-ignore */ url)) as M;
  } catch (error) {
    throw new Error(
      `${file} cannot be loaded (${String(error)}). Is the page built with the peers, by pnpm bench:page?`,
    );
  }
}

async function loadTfjs(): Promise<Library> {
  await peer('tf.es2017.min.js');
  await peer('tf-backend-webgpu.es2017.min.js');
  const { tf } = globalThis as unknown as {
    tf: Tfjs & { setBackend(name: string): Promise<boolean>; ready(): Promise<void> };
  };
  tf.env().set('PROD', true);
  // Small tensors would be computed in JavaScript instead.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  if (!(await tf.setBackend('webgpu'))) throw new Error('its backend webgpu does not start');
  await tf.ready();
  return tfjs(tf, 'by waiting');
}

async function loadJax(): Promise<Library> {
  const jax = await peer<Jax & { init(device: string): Promise<unknown>; defaultDevice(name: string): void }>(
    'jax/index.js',
  );
  await jax.init('webgpu');
  jax.defaultDevice('webgpu');
  return jaxJs(jax, __JAX_VERSION__, false);
}

async function loadOrt(): Promise<Library> {
  const ort = await peer<Ort>('ort/ort.webgpu.bundle.min.mjs');
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('no WebGPU adapter');
  ort.env.wasm.numThreads = 1;
  return onnxRuntime(ort, 'onnxruntime-web', {
    session: { executionProviders: ['webgpu'], preferredOutputLocation: 'gpu-buffer' },
    device: async () => ort.env.webgpu.device,
  });
}

export const loaders: Readonly<Record<LibraryName, () => Promise<Library>>> = {
  'ours-webgpu': () => ours('webgpu', 'compiled'),
  'ours-webgpu-tuned': () => ours('webgpu', 'compiled', { tuned: true }),
  'ours-webgpu-no-replay': () => ours('webgpu', 'compiled', { replay: false }),
  'ours-webgpu-eager': () => ours('webgpu', 'eager'),
  'ours-wasm': () => ours('wasm', 'compiled'),
  'ours-wasm-eager': () => ours('wasm', 'eager'),
  'tfjs-webgpu': loadTfjs,
  'jax-js': loadJax,
  'ort-web': loadOrt,
};
