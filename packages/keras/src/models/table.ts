// A table in box characters, laid out as Python's rich does it: columns shrink evenly, cells wrap at words.

export interface Column {
  readonly name: string;
  readonly align: 'left' | 'right' | 'center';
  /** Characters of content that it would like to have. */
  readonly width: number;
}

/** Rounds halves to even, as Python does. */
const roundEven = (x: number): number => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

/** Widths with one space on each side, reduced evenly until the table is as wide as asked for. */
function fit(columns: readonly Column[], total: number): number[] {
  const widths = columns.map((c) => c.width + 2);
  let excess = widths.reduce((a, b) => a + b, 0) - (total - columns.length - 1);
  if (excess <= 0) return widths.map((w, i) => (i === widths.length - 1 ? w - excess : w));
  return widths.map((w, i) => {
    const cut = Math.min(w, roundEven(excess / (widths.length - i)));
    excess -= cut;
    return w - cut;
  });
}

/** Lines of at most `width` characters, broken between words; a word that is too long ends in an ellipsis. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.match(/\s*\S+\s*/g) ?? []) {
    const line = lines.at(-1)!;
    if (width - line.length >= word.trimEnd().length) lines[lines.length - 1] = line + word;
    else if (line) lines.push(word);
    else lines[0] = word;
  }
  return lines.map((l) => l.trimEnd()).map((l) => (l.length > width ? `${l.slice(0, Math.max(0, width - 1))}…` : l));
}
function align(text: string, width: number, how: Column['align']): string {
  if (how === 'left') return text.padEnd(width);
  if (how === 'right') return text.padStart(width);
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
}

/** The table with a header, and a rule between all rows. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], total: number): string {
  const widths = fit(columns, total);
  const rule = (left: string, line: string, middle: string, right: string): string =>
    left + widths.map((w) => line.repeat(w)).join(middle) + right;
  const draw = (cells: readonly string[], bar: string): string[] => {
    const wrapped = cells.map((cell, i) => wrap(cell, widths[i]! - 2));
    const height = Math.max(1, ...wrapped.map((lines) => lines.length));
    return Array.from(
      { length: height },
      (_, k) =>
        bar +
        wrapped.map((lines, i) => ` ${align(lines[k] ?? '', widths[i]! - 2, columns[i]!.align)} `).join(bar) +
        bar,
    );
  };
  return [
    rule('┏', '━', '┳', '┓'),
    ...draw(
      columns.map((c) => c.name),
      '┃',
    ),
    rule('┡', '━', '╇', '┩'),
    ...rows.flatMap((row, i) => [...(i ? [rule('├', '─', '┼', '┤')] : []), ...draw(row, '│')]),
    rule('└', '─', '┴', '┘'),
  ].join('\n');
}
