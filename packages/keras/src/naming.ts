// Names: snake case, automatic names with one counter for each prefix, and the path of enclosing layers.

const counters = new Map<string, number>();

/** `Conv2DTranspose` -> `conv2d_transpose`, `PReLU` -> `p_re_lu`, as Keras writes names. */
export const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
/** `kernel_initializer` -> `kernelInitializer`, `beta_1` -> `beta1`. */
export const camelCase = (name: string): string => name.replace(/_+([a-zA-Z0-9])/g, (_, c: string) => c.toUpperCase());

/** `dense`, then `dense_1`, `dense_2`, … */
export function autoName(prefix: string): string {
  const name = snakeCase(prefix);
  const n = counters.get(name) ?? 0;
  counters.set(name, n + 1);
  return n ? `${name}_${n}` : name;
}
/** Starts the automatic names again (`keras.utils.clearSession`, `keras.backend.clearSession`). */
export const resetNames = (): void => counters.clear();

const stack: { readonly owner: object; readonly name: string }[] = [];
/** The names of the layers that are being called or built, outermost first, joined by `/`. */
export const currentPath = (): string => stack.map((s) => s.name).join('/');
/** Runs `f` with `name` as the innermost part of the path. */
export function withName<R>(owner: object, name: string, f: () => R): R {
  if (stack.at(-1)?.owner === owner) return f();
  stack.push({ owner, name });
  try {
    return f();
  } finally {
    stack.pop();
  }
}
