// What the demo prints besides progress: headings, the loss curves, the results.
import { styleText } from 'node:util';
import { green, blue, plot } from 'asciichart';

const colours = process.stdout.isTTY === true;
const style = (format: Parameters<typeof styleText>[0], text: string): string =>
  colours ? styleText(format, text) : text;

export const heading = (text: string): void => console.log(`\n${style(['bold'], text)}`);
export const note = (text: string): void => console.log(style(['dim'], text));

/** Both curves in one plot, the torch style's first; where they lie on each other the Keras style's is seen. */
export function lossPlot(torchLosses: readonly number[], kerasLosses: readonly number[]): string {
  const widen = Math.max(1, Math.floor(60 / torchLosses.length));
  const stretched = (losses: readonly number[]): number[] =>
    losses.flatMap((v) => Array.from({ length: widen }, () => v));
  const lines = plot([stretched(torchLosses), stretched(kerasLosses)], {
    height: 10,
    ...(colours && { colors: [green, blue] }),
    format: (v: number) => v.toFixed(3).padStart(8),
  });
  const mark = (colour: 'green' | 'blue', name: string): string => `${style([colour], '──')} ${name}`;
  return `${lines}\n          ${mark('green', 'PyTorch style')}   ${mark('blue', 'Keras style')}   mean loss of each of ${torchLosses.length} epochs`;
}

/** The largest difference of two lists. */
export const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));

export const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
/** A verdict with its figure. */
export const verdict = (good: boolean, text: string): string =>
  `${good ? style(['green'], '✓') : style(['red'], '✗')} ${text}`;
