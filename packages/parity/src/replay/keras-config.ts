// Compares the config that a layer writes with the one that Keras wrote.
import type { Check } from './check.js';
import { NotCovered } from './outcome.js';

type Config = Readonly<Record<string, unknown>>;

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0);

/**
 * Every key that Keras writes must be there with the same value. A key that the layer does not know and that Keras has set
 * is an argument that does not exist yet.
 *
 * @throws NotCovered  that names the argument
 */
export function compareConfig(check: Check, what: string, actual: Config, expected: Config): void {
  for (const [key, value] of Object.entries(expected)) {
    if (key in actual) check.same(`config ${key}`, canonical(actual[key]), canonical(value));
    else if (!isEmpty(value)) throw new NotCovered(`${what} has no argument ${key}`);
  }
}

/** Keys in one order; how an object was built is not part of what it is. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'build_config');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, v]) => [key, canonical(v)]));
}
