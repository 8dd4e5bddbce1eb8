// The documentation site.
import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'nn',
  description: 'Deep learning in TypeScript with two faces over one core',
  cleanUrls: false,
  themeConfig: {
    nav: [
      { text: 'Side by side', link: '/' },
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
