/** The version of jax-js, which does not say it itself; the build of the page puts it in. */
declare const __JAX_VERSION__: string;
