// The loss curves of both styles in one plot, and how far apart they are.
import { plot } from 'simple-ascii-chart';
import { coloured, kerasColour, paint, torchColour } from './terminal.js';

const [width, height] = [72, 12];

/** The largest difference of two lists of one length. */
export const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);

/** Numbers that a reader expects on an axis: 1, 2 and 5 times powers of ten. */
function roundNumbers(low: number, high: number): number[] {
  const found: number[] = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
    for (const m of [1, 2, 5]) if (m * 10 ** e >= low && m * 10 ** e <= high) found.push(m * 10 ** e);
  return found.length > 7 ? found.filter((v) => v.toExponential(0).startsWith('1e')) : found;
}

/** The mean loss of each epoch, on a logarithmic scale: the torch style a line, the Keras style points on it. */
export function lossPlot(torchLosses: readonly number[], kerasLosses: readonly number[]): string {
  const epochs = torchLosses.length;
  const all = [...torchLosses, ...kerasLosses];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const every = Math.ceil(epochs / 16);
  const ticks = torchLosses.map((_, i) => i + 1).filter((e) => e === 1 || e === epochs || e % every === 0);
  const [line, point] = [torchColour, kerasColour].map((c) => `ansi${c[0]!.toUpperCase()}${c.slice(1)}`);
  // One epoch is one point: a line needs two.
  const at = (losses: readonly number[]): [number, number][] =>
    (epochs === 1 ? [...losses, ...losses] : losses).map((v, i) => [i + 1, Math.log10(v)]);
  const drawn = plot([at(torchLosses)], {
    width,
    height,
    points: at(kerasLosses).map(([x, y]) => ({ x, y, ...(coloured() && { color: point as 'ansiYellow' }) })),
    ...(coloured() && { color: [line as 'ansiGreen'] }),
    customXAxisTicks: ticks,
    customYAxisTicks: roundNumbers(low, high).map(Math.log10),
    formatter: (value, { axis }) => (axis === 'y' ? String(Number((10 ** value).toPrecision(2))) : value),
  });
  const body = drawn.replace(/^(?:\s*\n)+/, '').trimEnd();
  const legend = `${paint(torchColour, '━━')} PyTorch style   ${paint(kerasColour, '●')} Keras style   ${paint('dim', 'mean loss of each epoch, logarithmic')}`;
  return `${body.replaceAll(/^/gm, '  ')}\n\n  ${legend}`;
}
