// Tests run from the sources: the `@nn/source` condition of each package.json names them, so nothing has to be built.
import { transform } from 'esbuild';
import { defineConfig, type Plugin } from 'vitest/config';
import { gpuEnvironment } from './tools/gpu.ts';

/** As in the core's own tsconfig.json, which a transform of single files does not read. */
const coreOptions = { compilerOptions: { useDefineForClassFields: false } };
// esbuild lowers decorators (`@(tf.function)`), as in the build; Vite's own transformer leaves them as they are.
const typescript: Plugin = {
  name: 'esbuild-typescript',
  enforce: 'pre',
  async transform(code, id) {
    const file = id.split('?')[0]!;
    if (!/\.[mc]?ts$/.test(file) || file.includes('/node_modules/')) return null;
    const out = await transform(code, {
      loader: 'ts',
      target: 'es2022',
      sourcefile: file,
      sourcemap: true,
      tsconfigRaw: file.includes('/packages/core/') ? coreOptions : undefined,
    });
    return { code: out.code, map: out.map };
  },
};

/** Tests that run on the CPU backend too. */
const reference = [
  'packages/core/src/{kernel,graph,ops,autograd,testing,functional}/**/*.test.ts',
  'packages/parity/src/golden.test.ts',
];
// The processes of the tests inherit where to find a GPU.
Object.assign(process.env, gpuEnvironment());

const conditions = ['@nn/source', 'module', 'import', 'node', 'default'];

export default defineConfig({
  plugins: [typescript],
  oxc: false,
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'default',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/{src,test}/**/*.test.ts', 'tools/**/*.test.ts'],
        },
      },
      // The reference that other devices are judged by is itself held to its records and to the originals' numbers.
      {
        extends: true,
        test: {
          name: 'cpu',
          include: reference,
          setupFiles: ['packages/parity/src/on-cpu.setup.ts'],
        },
      },
    ],
  },
});
