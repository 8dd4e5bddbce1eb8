// Builds and serves the page for browsers. The libraries to compare with are copied beside it; mode `alone` leaves them out.
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { installPeers, peersFolder } from './src/run/install.js';

const modules = join(peersFolder, 'node_modules');
const jax = join(modules, '@jax-js/jax');
const ort = join(modules, 'onnxruntime-web/dist');

/** Files of the peers, and where they go. */
function peerFiles(): [from: string, to: string][] {
  const tf = (name: string, file: string): [string, string] => [join(modules, '@tensorflow', name, 'dist', file), file];
  return [
    tf('tfjs', 'tf.es2017.min.js'),
    tf('tfjs-backend-webgpu', 'tf-backend-webgpu.es2017.min.js'),
    ...readdirSync(join(jax, 'dist'))
      .filter((file) => file.endsWith('.js'))
      .map((file): [string, string] => [join(jax, 'dist', file), join('jax', file)]),
    ...['ort.webgpu.bundle.min.mjs', 'ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm'].map(
      (file): [string, string] => [join(ort, file), join('ort', file)],
    ),
  ];
}
const peers: Plugin = {
  name: 'copy-peers',
  apply: 'build',
  // Only a build installs: reading this file does not.
  config() {
    installPeers(console.log);
    const { version } = JSON.parse(readFileSync(join(jax, 'package.json'), 'utf8')) as { version: string };
    return { define: { __JAX_VERSION__: JSON.stringify(version) } };
  },
  writeBundle({ dir }) {
    for (const [from, to] of peerFiles()) {
      const target = join(dir!, 'peers', to);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(from, target);
    }
  },
};

// With both, a page may share memory between threads and has a finer clock.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig(({ mode }) => {
  const alone = mode === 'alone';
  return {
    root: fileURLToPath(new URL('page', import.meta.url)),
    base: './',
    publicDir: false,
    appType: 'mpa',
    logLevel: 'warn',
    resolve: { conditions: ['@nn/source', 'module', 'browser', 'import', 'default'] },
    define: alone ? { __JAX_VERSION__: "''" } : {},
    plugins: alone ? [] : [peers],
    worker: { format: 'es' },
    build: { outDir: 'dist', emptyOutDir: true, target: 'es2022' },
    preview: { headers },
  };
});
