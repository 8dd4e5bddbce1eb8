// VitePress's own theme, with room for two columns of code.
import theme from 'vitepress/theme';
import '@fontsource/jetbrains-mono/latin-400.css';
import './wide.css';

export default theme;
