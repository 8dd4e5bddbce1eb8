// What initializers, regularizers, losses, layers… share: they are callable, and they can be written to a config and made from one.
import { Callable, nearest, ValueError } from '@nn/core';
import { printable } from './tensor/printable.js';
import { camelCase, snakeCase } from './naming.js';

/** The arguments of an object by their names in Keras (snake case). */
export type Config = { [key: string]: unknown };
/** How Keras writes an object into a file. */
export interface Serialized {
  readonly module: string | null;
  readonly class_name: string;
  readonly config: Config;
  readonly registered_name: string | null;
  readonly build_config?: Config;
}
/** Makes an object of a nested serialized one (the cell of an RNN, the layer of a wrapper). */
export type Resolve = (object: unknown) => unknown;
export interface ObjectClass<T> {
  new (...args: never[]): T;
  fromConfig(config: Config, resolve?: Resolve): T;
}

/** A callable thing with a config. */
export abstract class KerasObject extends Callable {
  static {
    printable(this.prototype);
  }
  /** The module in which Keras has the class. */
  static readonly module: string = 'builtins';
  /** The name of the class in Keras; without it the JavaScript name counts. */
  static readonly className: string | undefined = undefined;
  /** The config keys of the positional arguments of the constructor. */
  static readonly positional: readonly string[] = [];

  /** The name of the class, as names and configs use it. */
  get className(): string {
    return classNameOf(this.constructor as typeof KerasObject);
  }
  abstract getConfig(): Config;
  override toString(): string {
    return `<${this.className}>`;
  }
  serialize(): Serialized {
    const { module } = this.constructor as typeof KerasObject;
    const className = this.className;
    const builtIn = Object.hasOwn(this.constructor, 'className');
    return {
      module: builtIn ? module : null,
      class_name: className,
      config: this.getConfig(),
      registered_name: builtIn ? null : className,
    };
  }
  /** Makes the object from its config: the constructor gets its positional arguments, and the rest as options in camel case. */
  static fromConfig<T>(this: Constructible<T>, config: Config, _resolve?: Resolve): T {
    return construct(this, config);
  }
}
/** What fromConfig needs to know of a class. */
export interface Constructible<T> {
  readonly length: number;
  readonly name: string;
  new (...args: never[]): T;
  readonly positional: readonly string[];
}
/** `new C(...)` with positional arguments and options out of a config. */
export function construct<T>(c: Constructible<T>, config: Config): T {
  const options = optionsOf(config);
  const positional = c.positional.map(camelCase);
  const missing = c.length > positional.length;
  if (missing)
    throw new ValueError(
      `${c.name} cannot be made from a config: its constructor has required arguments. Name their config keys in \`static positional\`, and write them in \`getConfig\`; or write \`static fromConfig\``,
    );
  const args: unknown[] = positional.map((key) => options[key]);
  for (const key of positional) delete options[key];
  return new c(...([...args, options] as never[]));
}
/** Makes the nested object that a config holds; only `deserialize` knows the classes. */
export function nested(resolve: Resolve | undefined, object: unknown): unknown {
  if (!isSerialized(object)) return object;
  if (!resolve)
    throw new ValueError(
      `${object.class_name}: use layers.deserialize(object) to make a layer that holds other layers`,
    );
  return resolve(object);
}

/** Own static name, or the JavaScript name: a subclass does not answer to the name of its parent. */
export const classNameOf = (c: typeof KerasObject): string => (Object.hasOwn(c, 'className') ? c.className! : c.name);
/** A config with its keys in camel case. */
export const optionsOf = (config: Config): Config =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [camelCase(key), value]));
/** A value as it stands in a config. */
export const configValue = (value: unknown): unknown =>
  value instanceof KerasObject
    ? value.serialize()
    : Array.isArray(value)
      ? value.map(configValue)
      : value === undefined
        ? null
        : value;
/** The named fields of an object as a config. */
export const configOf = (object: object, keys: readonly string[]): Config =>
  Object.fromEntries(keys.map((key) => [key, configValue((object as Record<string, unknown>)[camelCase(key)])]));

export const isSerialized = (x: unknown): x is Serialized => typeof x === 'object' && x !== null && 'class_name' in x;

/**
 * The object that an identifier stands for: a name, a serialized object, a class, or the object itself.
 *
 * @param kind     for messages: "Could not interpret initializer identifier: …"
 * @param classes  by class name; `short` adds other names
 * @throws ValueError  that names the nearest known names
 */
export function interpret<T>(
  kind: string,
  identifier: unknown,
  classes: Readonly<Record<string, ObjectClass<T>>>,
  short: Readonly<Record<string, string>> = {},
): T {
  const fail = (given: string): ValueError =>
    new ValueError(
      `Could not interpret ${kind} identifier: ${given}.${nearest(given, [...Object.keys(classes).map(snakeCase), ...Object.keys(short)])}`,
    );
  if (identifier instanceof KerasObject) return identifier as unknown as T;
  if (typeof identifier === 'string') {
    const name = Object.hasOwn(classes, identifier)
      ? identifier
      : (short[identifier] ??
        Object.keys(classes).find((c) => snakeCase(c) === identifier || c.toLowerCase() === identifier.toLowerCase()));
    if (name === undefined) throw fail(identifier);
    return classes[name]!.fromConfig({});
  }
  if (isSerialized(identifier)) {
    const name = identifier.class_name;
    if (!Object.hasOwn(classes, name)) throw fail(name);
    return classes[name]!.fromConfig(identifier.config ?? {});
  }
  if (typeof identifier === 'function') {
    const c = identifier as unknown as ObjectClass<T>;
    return c.prototype instanceof KerasObject ? new c() : (identifier as unknown as T);
  }
  throw fail(String(identifier));
}
