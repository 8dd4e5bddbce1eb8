// The documentation site.
import { existsSync } from 'node:fs';
import { defineConfig } from 'vitepress';

/** Workers are named as they are when they are built; here they are sources. */
const workers = {
  name: 'workers-of-sources',
  resolveId(id: string) {
    const source = id.replace(/\.js$/, '.ts');
    return source !== id && !existsSync(id) && existsSync(source) ? source : null;
  },
};
/** Elements that run programs, of src/live. */
const live = ['device-chooser', 'run-program', 'train-digits'];

export default defineConfig({
  title: 'nn',
  description: 'Deep learning in TypeScript with two faces over one core',
  cleanUrls: false,
  vue: { template: { compilerOptions: { isCustomElement: (tag) => live.includes(tag) } } },
  vite: {
    // from the sources, as in tests
    resolve: { conditions: ['@nn/source'] },
    build: { target: 'es2022' },
    // lowers decorators
    esbuild: { target: 'es2022' },
    worker: { format: 'es', plugins: () => [workers] },
  },
  themeConfig: {
    nav: [
      { text: 'Side by side', link: '/' },
      { text: 'Digits', link: '/digits' },
      { text: 'Differences', link: '/differences' },
      { text: 'Porting', link: '/porting' },
      { text: 'Guide', link: '/guide/tracing' },
    ],
    sidebar: {
      '/guide/': [
        {
          text: 'Guide',
          items: [
            { text: 'Tracing and compiling', link: '/guide/tracing' },
            { text: 'Memory', link: '/guide/memory' },
            { text: 'In-place changes', link: '/guide/in-place' },
            { text: 'Devices', link: '/guide/devices' },
          ],
        },
      ],
    },
    search: { provider: 'local' },
  },
});
