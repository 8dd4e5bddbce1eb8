// Python arguments as arguments of our functions and constructors, whose own parameter names say where each one goes.
import { camel } from '../golden/value.js';
import { NotCovered } from './outcome.js';

interface Parameters {
  /** Names of the positional parameters, in order. */
  readonly names: readonly string[];
  /** Where the options object goes, if there is one; Infinity is after everything that a rest parameter takes. */
  readonly options: number | undefined;
}

const isOptions = (parameter: string): boolean => /^(\{|(o|options)\b)/.test(parameter);
const read = new WeakMap<object, Parameters>();

/** The parameters of a function, or of the constructor that a class has or inherits, as its source names them. */
export function parametersOf(f: object): Parameters {
  let found = read.get(f);
  if (!found) {
    const list = parameterList(f);
    const place = list.findIndex(isOptions);
    const options = list.at(-1)?.startsWith('...') ? Infinity : place < 0 ? undefined : place;
    const names = list.slice(0, options).map((parameter) => /^(?:\.\.\.)?_?([\w$]+)/.exec(parameter)?.[1] ?? '');
    read.set(f, (found = { names, options }));
  }
  return found;
}

function parameterList(f: object): string[] {
  if (typeof f !== 'function' || f === Function.prototype) return [];
  const source = Function.prototype.toString.call(f);
  if (!source.startsWith('class')) return splitList(source, source.indexOf('('));
  const constructor = /(?<=[\s;{}])constructor\s*\(/.exec(source);
  return constructor
    ? splitList(source, constructor.index + constructor[0].length - 1)
    : parameterList(Object.getPrototypeOf(f) as object);
}

/** The parts between the bracket at `open` and its partner, separated by the commas that stand in no other bracket or text. */
function splitList(source: string, open: number): string[] {
  const parts: string[] = [];
  let depth = 0;
  let begin = open + 1;
  for (let i = open; i < source.length; i++) {
    const c = source[i]!;
    if (c === '"' || c === "'" || c === '`') i = source.indexOf(c, i + 1);
    else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    if (depth === 0 || (depth === 1 && c === ',')) {
      const part = source.slice(begin, i).trim();
      if (part !== '') parts.push(part);
      begin = i + 1;
    }
    if (depth === 0) break;
  }
  return parts;
}

/** Arguments for a function, and what of the options it has not looked at. */
export interface Bound {
  readonly args: unknown[];
  /** Throws NotCovered when the function has been called and never looked at one of the options. */
  assertRead(): void;
}

/**
 * Arguments for `f`: keyword arguments that it names become positional, all others go into its options.
 *
 * @param what   for messages: "nn.Linear"
 * @param order  the Python names of the positional arguments, for those that `f` takes as options
 */
export function bind(
  what: string,
  f: object,
  positional: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  order: readonly string[] = [],
): Bound {
  const { names, options: at } = parametersOf(f);
  const args = [...positional];
  const rest: Record<string, unknown> = {};
  if (at !== undefined)
    for (let i = at; i < positional.length && order[i] !== undefined; i++) rest[camel(order[i]!)] = args[i];
  if (Object.keys(rest).length > 0) args.length = at!;
  for (const [key, value] of Object.entries(kwargs)) {
    const name = camel(key);
    const place = names.indexOf(name);
    if (place >= 0) args[place] = value;
    else rest[name] = value;
  }
  const given = Object.keys(rest).filter((key) => rest[key] !== null);
  if (at === undefined && given.length > 0) throw new NotCovered(`${what} has no argument ${given.join(', ')}`);
  if (at === undefined || Object.keys(rest).length === 0) return { args, assertRead: () => {} };
  const seen = new Set<string>();
  args[at === Infinity ? args.length : Math.max(at, args.length)] = new Proxy(rest, {
    get: (target, key) => {
      seen.add(String(key));
      return target[String(key)];
    },
    ownKeys: (target) => {
      for (const key of Object.keys(target)) seen.add(key);
      return Reflect.ownKeys(target);
    },
  });
  return {
    args,
    assertRead: () => {
      const unread = given.filter((key) => !seen.has(key));
      if (unread.length > 0) throw new NotCovered(`${what} has no argument ${unread.join(', ')}`);
    },
  };
}

/** What stands under a dotted Python name in a namespace of ours, or NotCovered. */
export function find(namespace: object, root: string, path: string): object {
  let value: unknown = namespace;
  for (const part of path.split('.')) {
    value =
      (value as Readonly<Record<string, unknown>>)[part] ?? (value as Readonly<Record<string, unknown>>)[camel(part)];
    if (typeof value !== 'function' && (typeof value !== 'object' || value === null))
      throw new NotCovered(`no ${root}.${path}`);
  }
  return value as object;
}
