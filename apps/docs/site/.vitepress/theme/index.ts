// VitePress's own theme, with room for two columns of code, and parts of pages that run programs.
import theme from 'vitepress/theme';
import '@fontsource/jetbrains-mono/latin-400.css';
import './wide.css';

// The parts are made in browsers only; the library is loaded when a program is run.
if (typeof window !== 'undefined') await import('../../../src/live/index.js');

export default theme;
