// Measures what a program costs in a browser: bundled and minified, after gzip. Run by `pnpm size`; exits 1 above a limit.
// Vite decides: of a namespace such as `nn` it keeps what is used. esbuild keeps all of it, and its figure is printed beside.
// The limit is for core with the CPU backend and the face: the WebAssembly device is left out of that sum, and the total stands beside it.
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as bundleByEsbuild } from 'esbuild';
import { build as bundleByVite, type Rollup } from 'vite';
import { root } from './sources.ts';

export interface Program {
  readonly title: string;
  readonly code: string;
  /** In kB (1,000 bytes) after gzip; without one the size is only printed. */
  readonly limit?: number;
}

const programs: readonly Program[] = [
  {
    title: 'torch: a custom activation (core, CPU backend, torch face)',
    limit: 45,
    code: `import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
class MyReLU extends nn.Module {
  constructor(readonly threshold = 0) { super(); }
  forward(x: Tensor): Tensor { return torch.where(x.gt(this.threshold), x, torch.zerosLike(x)); }
}
const myRelu = new MyReLU(0.5);
const input = torch.tensor([-1, 0.25, 0.5, 0.75, 2]);
const output = myRelu(input);
console.log('Input:', input);
console.log('Output:', output);
export const result = await output.data();`,
  },
  {
    title: 'keras: a functional model with fit (core, CPU backend, keras face)',
    code: `import { tf } from '@nn/keras';
const inputs = tf.keras.Input({ shape: [10] });
const outputs = new tf.keras.layers.Dense(1)(inputs);
const model = new tf.keras.Model({ inputs, outputs });
model.compile({ optimizer: 'adam', loss: 'mse' });
await model.fit(tf.zeros([4, 10]), tf.zeros([4, 1]));`,
  },
];

export interface Size {
  readonly minified: number;
  readonly gzip: number;
  /** Bytes of the largest files of the bundle, largest first. */
  readonly largest: readonly (readonly [path: string, bytes: number])[];
}

const sizeOf = (code: Uint8Array | string): number => gzipSync(code, { level: 9 }).byteLength;

/** The size of a program as esbuild bundles it. `folder` says from where its imports are resolved. */
export async function esbuildSize(code: string, folder: string): Promise<Size> {
  const { outputFiles, metafile } = await bundleByEsbuild({
    stdin: { contents: code, resolveDir: folder, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@nn/source'],
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.outputs)[0]?.inputs ?? {};
  const largest = Object.entries(inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const);
  const { contents } = outputFiles[0]!;
  return { minified: contents.byteLength, gzip: sizeOf(contents), largest: largest.sort((a, b) => b[1] - a[1]) };
}

/** The same program as Vite bundles it, after gzip. Modules whose path matches `leftOut` are imports of the bundle, not parts of it. */
export async function viteSize(code: string, folder: string, leftOut?: RegExp): Promise<number> {
  const entry = join(folder, 'size-entry.ts');
  const output = await bundleByVite({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@nn/source', 'module', 'browser', 'import', 'default'] },
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? code : null),
      },
      {
        name: 'left-out',
        enforce: 'pre',
        async resolveId(source, importer) {
          const found = leftOut && (await this.resolve(source, importer, { skipSelf: true }));
          return found && leftOut.test(found.id) ? { id: found.id, external: true } : null;
        },
        // Vite's own function for imports on demand goes with what is loaded on demand.
        load: (id) =>
          leftOut && /vite\/preload-helper/.test(id) ? 'export const __vitePreload = (load) => load();' : null,
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  });
  const bundles = [output].flat() as Rollup.RollupOutput[];
  return sizeOf(
    bundles
      .flatMap((bundle) => bundle.output)
      .map((part) => (part.type === 'chunk' ? part.code : ''))
      .join(''),
  );
}

/** The WebAssembly device, which every program has, and WebGPU, which it loads when it asks for it: the limit is for what it has beside. */
const devices = /\/backend\/(wasm|webgpu)\//;
/** What a program loads only when it asks for it. */
const onDemand = /\/backend\/webgpu\//;
const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = join(root, 'packages/parity');
  for (const { title, code, limit } of programs) {
    const { gzip: whole, largest } = await esbuildSize(code, folder);
    const gzip = await viteSize(code, folder, devices);
    const total = await viteSize(code, folder, onDemand);
    const verdict =
      limit === undefined ? 'no limit' : `limit ${limit.toFixed(1)} kB, ${gzip <= limit * 1000 ? 'ok' : 'TOO LARGE'}`;
    console.log(
      `${title}: ${kB(gzip)} gzip by Vite (${verdict}); with the WebAssembly device ${kB(total)}, ${kB(whole)} by esbuild, which keeps whole namespaces`,
    );
    if (process.argv.includes('--files'))
      for (const [path, bytes] of largest.slice(0, 25)) console.log(`  ${kB(bytes).padStart(9)}  ${path}`);
    if (limit !== undefined && gzip > limit * 1000) process.exitCode = 1;
  }
}
