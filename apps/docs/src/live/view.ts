// How the live parts of the site look: elements, results as text, and curves.

type Child = Node | string;
/** An element with attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** The styles of all live parts, in the colours of the site. */
export const style = `
  :host { display: block; margin: 0.5rem 0 1rem; font-size: 0.85rem; color: var(--vp-c-text-1); }
  button, select { font: inherit; color: inherit; background: var(--vp-c-bg-alt); border: 1px solid var(--vp-c-divider); border-radius: 6px; padding: 0.2rem 0.8rem; }
  button { cursor: pointer; color: var(--vp-c-brand-1); font-weight: 600; }
  button:hover:enabled { border-color: var(--vp-c-brand-1); }
  button:disabled { cursor: default; opacity: 0.5; }
  .said { margin-left: 0.8rem; color: var(--vp-c-text-2); }
  .failed { color: var(--vp-c-danger-1); white-space: pre-wrap; }
  pre { margin: 0.5rem 0 0; padding: 0.6rem 0.8rem; overflow: auto; max-height: 22rem; border-radius: 6px; background: var(--vp-code-block-bg); font: 0.75rem/1.5 var(--vp-font-family-mono); }
  svg { display: block; width: 100%; max-width: 560px; margin-top: 0.5rem; }
  svg text { font: 11px var(--vp-font-family-mono); fill: var(--vp-c-text-2); }
  svg .axis { stroke: var(--vp-c-divider); fill: none; }
  svg .curve { fill: none; stroke-width: 2; }
  svg .dotted { stroke-width: 5; stroke-linecap: round; stroke-dasharray: 0.1 12; }
  table { border-collapse: collapse; margin-top: 0.5rem; }
  td, th { padding: 0.2rem 0.9rem 0.2rem 0; text-align: left; font-weight: normal; }
  th { color: var(--vp-c-text-2); }
`;

const short = (v: number): string => (Number.isInteger(v) ? String(v) : String(Number(v.toPrecision(5))));
const numbersOf = (v: unknown): readonly number[] | null => {
  const list: unknown[] = ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : Array.isArray(v) ? v : [];
  return list.length && list.every((x) => typeof x === 'number') ? list : null;
};
/** What an error says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
/** The longest list that is shown in full. */
const longest = 12;

/** A value as a reader wants to see it: numbers with five digits, long lists by their ends. */
export function textOf(value: unknown): string {
  if (typeof value === 'number') return short(value);
  if (typeof value === 'string') return value;
  const numbers = numbersOf(value);
  if (numbers && numbers.length > longest)
    return `[${short(numbers[0]!)}, …, ${short(numbers.at(-1)!)}] (${numbers.length} numbers)`;
  if (numbers) return `[${numbers.map(short).join(', ')}]`;
  if (Array.isArray(value)) {
    const parts = value.map((v) => textOf(v).replaceAll('\n', ', '));
    const line = `[${parts.join(', ')}]`;
    return line.length < 90 ? line : `[\n${parts.map((p) => `  ${p},`).join('\n')}\n]`;
  }
  // tensors, Variables and modules have a text of their own
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (!plain) return String(value);
  const fields = Object.entries(value).map(([key, v]) => [key, textOf(v)] as const);
  const isRecord = (text: string): boolean => text.includes('\n') && !text.startsWith('[');
  const indented = (text: string): string => `\n${text}`.replaceAll('\n', '\n  ');
  return fields.map(([key, text]) => `${key}:${isRecord(text) ? indented(text) : ` ${text}`}`).join('\n');
}

export interface Curve {
  readonly name: string;
  readonly values: readonly number[];
  readonly colour: string;
}
const colours = ['var(--vp-c-brand-1)', 'var(--vp-c-warning-1)', 'var(--vp-c-tip-1)', 'var(--vp-c-danger-1)'];

/** The losses in a result: its lists of numbers that are named so. */
export function curvesIn(value: unknown): Curve[] {
  if (value === null || typeof value !== 'object') return [];
  const found = Object.entries(value).flatMap(([name, v]) => {
    const values = /loss/i.test(name) ? numbersOf(v) : null;
    return values && values.length > 1 ? [{ name, values }] : [];
  });
  const own = found.map((c, k) => ({ ...c, colour: colours[k % colours.length]! }));
  return own.length ? own : Object.values(value).flatMap(curvesIn).slice(0, colours.length);
}

const [width, height, left, bottom] = [560, 200, 56, 24];
const svg = (tag: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement => {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  return made;
};
/** Curves in one plot, with a legend; every second one is dotted, as curves may be one. Losses that fall far are on a logarithmic scale. */
export function plot(curves: readonly Curve[]): SVGElement {
  const all = curves.flatMap((c) => c.values).filter(Number.isFinite);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const logarithmic = low > 0 && high / low > 5;
  const scale = (v: number): number => (logarithmic ? Math.log(v) : v);
  const most = Math.max(2, ...curves.map((c) => c.values.length));
  const x = (k: number): number => left + (k / (most - 1)) * (width - left - 8);
  const y = (v: number): number =>
    8 + ((scale(high) - scale(v)) / (scale(high) - scale(low) || 1)) * (height - bottom - 24);
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img' });
  picture.append(
    svg('path', { class: 'axis', d: `M${left} 4V${height - bottom - 10}H${width - 8}` }),
    svg('text', { x: left - 6, y: y(high) + 4, 'text-anchor': 'end' }, short(Number(high.toPrecision(3)))),
    svg('text', { x: left - 6, y: y(low) + 4, 'text-anchor': 'end' }, short(Number(low.toPrecision(3)))),
    svg('text', { x: left, y: height - bottom + 6 }, '1'),
    svg('text', { x: width - 8, y: height - bottom + 6, 'text-anchor': 'end' }, String(most)),
  );
  curves.forEach(({ name, values, colour }, n) => {
    const points = values.map((v, k) => `${x(k).toFixed(1)},${y(v).toFixed(1)}`).join(' ');
    picture.append(
      svg('polyline', { class: n % 2 ? 'curve dotted' : 'curve', points, style: `stroke: ${colour}` }),
      svg('circle', { cx: left + 4 + n * 150, cy: height - 6, r: 4, style: `fill: ${colour}` }),
      svg('text', { x: left + 14 + n * 150, y: height - 2 }, name),
    );
  });
  return picture;
}
