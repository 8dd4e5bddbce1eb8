// Loads a library in Node, as its process is told to.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setThreads } from '@nn/core/wasm';
import type { Library } from '../measure/case.js';
import type { Jax } from '../peers/jax-api.js';
import { jaxJs } from '../peers/jax.js';
import { onnxRuntime, type Ort } from '../peers/ort.js';
import { limit } from '../peers/limit.js';
import { ours } from '../peers/ours.js';
import { tfjs } from '../peers/tfjs.js';
import type { Tfjs } from '../peers/tfjs-api.js';
import { peersFolder } from './install.js';
import type { Setup } from './setup.js';

const require = createRequire(join(peersFolder, 'package.json'));

type Ours = Extract<Setup, { library: 'ours' }>;
async function loadOurs({ device, mode, threads, gpu }: Ours): Promise<Library> {
  const library = await ours(device, mode, gpu);
  if (threads > 1 && device !== 'wasm') throw new Error(`on ${device} there are no ${threads} threads`);
  if (device === 'wasm') await setThreads(threads);
  return library;
}

async function loadTfjs(backend: 'wasm' | 'cpu'): Promise<Library> {
  const tf = require('@tensorflow/tfjs') as Tfjs & {
    setBackend(name: string): Promise<boolean>;
    ready(): Promise<void>;
  };
  if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm');
  // Without its checks, as in production.
  tf.env().set('PROD', true);
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
  await tf.ready();
  return tfjs(tf, 'at once');
}

async function loadJax(): Promise<Library> {
  const file = require.resolve('@jax-js/jax');
  const jax = (await import(pathToFileURL(file).href)) as Jax & {
    init(device: string): Promise<unknown>;
    defaultDevice(name: string): void;
  };
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const manifest = join(peersFolder, 'node_modules/@jax-js/jax/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return jaxJs(jax, version, true);
}

function loadOrt(kind: 'web' | 'node', threads: number): Library {
  const name = `onnxruntime-${kind}`;
  const ort = require(name) as Ort;
  if (kind === 'web') {
    ort.env.wasm.numThreads = threads;
    return onnxRuntime(ort, name, { session: { executionProviders: ['wasm'] } });
  }
  // Threads that spin while they wait would take the time of the other peers.
  const quiet = { session: { intra_op: { allow_spinning: '0' } } };
  const session = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: quiet,
  };
  return onnxRuntime(ort, name, { session, writesInto: true });
}

/** Loads what the setup names. */
export async function load(setup: Setup): Promise<Library> {
  switch (setup.library) {
    case 'ours':
      return loadOurs(setup);
    case 'limit':
      return limit();
    case 'tfjs':
      return loadTfjs(setup.backend);
    case 'jax':
      return loadJax();
    case 'ort':
      return loadOrt(setup.kind, setup.threads);
    case 'torch':
      throw new Error('PyTorch runs in Python, by pytorch.py');
  }
}
