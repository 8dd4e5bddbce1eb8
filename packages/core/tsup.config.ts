// Builds this package; see the shared options.
export { default } from '../../tsup.base.js';
