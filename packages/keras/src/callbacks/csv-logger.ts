// CSVLogger: the values of each epoch as a row of a file.
import { readFileIfThere, writeText } from '../saving/files.js';
import { Callback, type Logs } from './callback.js';

export interface CSVLoggerOptions {
  /** Between the cells; default ','. */
  separator?: string;
  /** Goes on in a file that is there; default false: begins it again. */
  append?: boolean;
}

/**
 * Writes the epoch and the values of all metrics after each epoch, in columns by name; NA where a value is missing. Without values of a
 * validation in the first epoch there are columns for them all the same, as in Keras.
 *
 * @param filename  the file, which is made with its folder
 */
export class CSVLogger extends Callback {
  readonly filename: string;
  private readonly o: CSVLoggerOptions;
  private keys: readonly string[] | null = null;
  private headed = false;
  constructor(filename: string, o: CSVLoggerOptions = {}) {
    super();
    this.filename = filename;
    this.o = o;
  }
  override async onTrainBegin(): Promise<void> {
    this.keys = null;
    const old = this.o.append ? await readFileIfThere(this.filename, 'CSVLogger', instead) : null;
    this.headed = old !== null && old.byteLength > 0;
    if (!old) await writeText(this.filename, '', false, 'CSVLogger', instead);
  }
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const lines: string[] = [];
    if (!this.keys) {
      const names = Object.keys(logs).sort();
      const validated = names.some((name) => name.startsWith('val_'));
      this.keys = validated ? names : [...names, ...names.map((name) => `val_${name}`)];
      if (!this.headed) lines.push(this.line(['epoch', ...this.keys]));
    }
    lines.push(this.line([String(epoch), ...this.keys.map((key) => shown(logs[key]))]));
    await writeText(this.filename, lines.join(''), true, 'CSVLogger', instead);
  }
  private line(cells: readonly string[]): string {
    const separator = this.o.separator ?? ',';
    // Quoted where the text would be taken for more than one cell.
    const quoted = cells.map((c) => (c.includes(separator) || /["\r\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c));
    return `${quoted.join(separator)}\r\n`;
  }
}
const instead = 'Keep the values of onEpochEnd where you can';
/** A number; a list for a metric of several values. */
const shown = (value: number | readonly number[] | undefined): string =>
  value === undefined ? 'NA' : typeof value === 'object' ? `[${value.join(', ')}]` : String(value);
