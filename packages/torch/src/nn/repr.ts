// Text of modules as Python prints it.

/** A number that Python would print as a float: `1.0`, `1e-05`. */
export class Float {
  constructor(readonly value: number) {}
}
export const float = (value: number): Float => new Float(value);

function number(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return String(x);
}

/** Python's `repr` of a value: `True`, `None`, `(1, 2)`, `'same'`. */
export function py(x: unknown): string {
  if (x === null || x === undefined) return 'None';
  if (typeof x === 'boolean') return x ? 'True' : 'False';
  if (typeof x === 'number') return number(x);
  if (x instanceof Float)
    return Number.isInteger(x.value) && Math.abs(x.value) < 1e16 ? `${x.value}.0` : number(x.value);
  if (typeof x === 'string') return `'${x}'`;
  if (Array.isArray(x)) return `(${x.map(py).join(', ')}${x.length === 1 ? ',' : ''})`;
  throw new TypeError(`no Python text for ${typeof x}`);
}

/** `a=1, b=True` */
export const args = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${py(value)}`)
    .join(', ');

const indent = (text: string): string => text.split('\n').join('\n  ');

/** `Name(extra)` or the nested form with one line for each child. */
export function layout(name: string, extra: string, children: readonly (readonly [string, string])[]): string {
  const lines = [...(extra ? extra.split('\n') : []), ...children.map(([key, text]) => `(${key}): ${indent(text)}`)];
  if (lines.length === 0) return `${name}()`;
  if (children.length === 0 && lines.length === 1) return `${name}(${lines[0]})`;
  return `${name}(\n  ${lines.join('\n  ')}\n)`;
}
