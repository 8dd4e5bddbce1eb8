// The table of a comparison by checkParity: a line for each tensor, what was compared in columns.
import type { ParityReport } from '@nn/port';
import { paint, small, table } from './terminal.js';

type Row = ParityReport['rows'][number];

/** In which column a row stands. */
const columnOf: Readonly<Record<Row['kind'], 'value' | 'gradient' | 'trained'>> = {
  output: 'value',
  weight: 'value',
  gradient: 'gradient',
  'input gradient': 'gradient',
  'trained weight': 'trained',
};

const shape = (s: readonly number[]): string => `[${s.join(',')}]`;

/** One line for each tensor: its names and shapes in both styles, and how far its values, gradients and trained values are apart. */
export function parityTable({ rows }: ParityReport, steps: number): string {
  const lines = new Map<string, { row: Row; cells: Partial<Record<'value' | 'gradient' | 'trained', Row>> }>();
  for (const row of rows) {
    const key = `${row.torch}\n${row.keras}`;
    const line = lines.get(key) ?? { row, cells: {} };
    line.cells[columnOf[row.kind]] = row;
    lines.set(key, line);
  }
  const cell = (row: Row | undefined): string => (row ? `${small(row.maxAbs)}${row.equal ? '' : ' !'}` : '');
  return table(
    [
      ['in torch', 'in Keras', 'shape in torch', 'in Keras', 'value', 'gradient', `after ${steps} steps`],
      ...[...lines.values()].map(({ row, cells }) => [
        row.torch,
        row.keras,
        shape(row.torchShape),
        shape(row.kerasShape),
        cell(cells.value),
        cell(cells.gradient),
        cell(cells.trained),
      ]),
    ],
    [4, 5, 6],
  );
}

/** The largest difference of all rows. */
export const farthest = ({ rows }: ParityReport): number => Math.max(...rows.map((row) => row.maxAbs));

/** What a report says besides its rows. */
export const remarks = ({ notes }: ParityReport): string =>
  notes.map((note) => `\n  ${paint('dim', `note: ${note}`)}`).join('');
