// The one build of all packages: each source file becomes one ES module, so that bundlers drop what a program does not import.
import { defineConfig, type Options } from 'tsup';

export const modules: Options = {
  entry: ['src/**/*.ts', '!src/**/*.test.ts'],
  format: ['esm'],
  target: 'es2022',
  bundle: false,
  splitting: false,
  sourcemap: true,
  clean: true,
  silent: true,
};

export default defineConfig(modules);
