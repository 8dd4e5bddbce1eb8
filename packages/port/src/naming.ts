// Names: those that people chose go over to the other side, those that the framework made up do not.

const snakeCase = (name: string): string =>
  name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** The name of a child as a layer's name; null for the numbers that containers give. */
export const layerName = (path: string): string | null =>
  path === '' || path.split('.').every((part) => /^\d+$/.test(part)) ? null : path;
/** Whether the name is the one that Keras gives to layers of this class: `dense`, `dense_1`. */
export const isAutomatic = (name: string, className: string): boolean => {
  const prefix = snakeCase(className);
  return name === prefix || (name.startsWith(`${prefix}_`) && /^\d+$/.test(name.slice(prefix.length + 1)));
};
/** The name, with a number if it is taken. */
export function unique(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
  return free;
}
export const helperName = (name: string, className: string): string => `${name}_${snakeCase(className)}`;
