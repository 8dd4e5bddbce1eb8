// Builds this app; see the shared options.
export { default } from '../../tsup.base.js';
