// How the demo speaks: colours and drawn bars on a terminal, plain lines elsewhere.
import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Whether the output is a terminal, on which lines may be redrawn. */
export const interactive = (): boolean => process.stdout.isTTY === true && process.env['TERM'] !== 'dumb';
/** Whether the output shows colours: a terminal that has them, unless NO_COLOR says otherwise. */
export const coloured = (): boolean =>
  interactive() && !process.env['NO_COLOR'] && process.stdout.hasColors?.() !== false;

export const paint = (format: Format, text: string): string =>
  coloured() ? styleText(format, text, { validateStream: false }) : text;

/** The colour of each style, in curves and headings alike. */
export const torchColour = 'green';
export const kerasColour = 'yellow';

export const say = (text = ''): void => console.log(text);
/** A line across the page with a title in it. */
export const rule = (title: string): void => {
  const width = Math.min(process.stdout.columns || 96, 96);
  say(`\n${paint('bold', `── ${title} `)}${paint('dim', '─'.repeat(Math.max(3, width - title.length - 4)))}`);
};
export const heading = (colour: Format, title: string, remark: string): void =>
  say(`\n${paint([colour, 'bold'].flat() as Format, title)}  ${paint('dim', remark)}`);

export const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
/** `5.8e-8`, and `0` for none. */
export const small = (x: number): string => (x === 0 ? '0' : x.toExponential(1).replace('.0', ''));
export const verdict = (good: boolean, text: string): string =>
  `${good ? paint('green', '✓') : paint(['red', 'bold'], '✗')} ${text}`;

/** Rows whose columns line up; those in `right` to the right. The first row is the head. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, c) => (right.includes(c) ? text.padStart(widths[c]!) : text.padEnd(widths[c]!)))
      .join('   ')
      .trimEnd();
  return rows.map((row, r) => `  ${r === 0 ? paint('dim', line(row)) : line(row)}`).join('\n');
}
