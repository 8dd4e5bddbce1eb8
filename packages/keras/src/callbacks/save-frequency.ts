// When callbacks write files, and under which names.
import { nearest, ValueError } from '@nn/core';

/** At the end of each epoch, or after so many batches. */
export type SaveFrequency = 'epoch' | number;

/** Counts batches over the epochs: true each time that `frequency` more were seen. */
export function everySoManyBatches(what: string, frequency: SaveFrequency): (batch: number) => boolean {
  if (frequency !== 'epoch' && !(Number.isInteger(frequency) && frequency > 0))
    throw new ValueError(
      `${what}: unrecognized saveFreq: ${String(frequency)}. Expected saveFreq are 'epoch' or a whole number of batches`,
    );
  let [seen, last] = [0, 0];
  return (batch) => {
    if (frequency === 'epoch') return false;
    seen += batch <= last ? batch + 1 : batch - last;
    last = batch;
    if (seen < frequency) return false;
    seen = 0;
    return true;
  };
}

/** A number in one of Python's formats: `02d`, `.4f`, `.2e`, or none. */
function formatted(value: number, spec: string): string | null {
  const found = /^(0?)(\d*)(?:\.(\d+))?([dfegs]?)$/.exec(spec);
  if (!found) return null;
  const [, zero, width, digits, kind] = found;
  const places = digits === undefined ? 6 : Number(digits);
  const text =
    kind === 'f'
      ? value.toFixed(places)
      : kind === 'e'
        ? value.toExponential(places).replace(/e([+-])(\d)$/, 'e$10$2')
        : kind === 'd'
          ? String(Math.trunc(value))
          : digits === undefined
            ? String(value)
            : String(Number(value.toPrecision(Math.max(1, places))));
  return text.padStart(Number(width) || 0, zero ? '0' : ' ');
}

/**
 * A path with values in it, written as Python's `str.format` does: `{epoch:02d}-{val_loss:.2f}`.
 *
 * @throws ValueError  Failed to format this callback filepath: for a name that is no value, or a format that is none
 * @example
 * fillIn('{epoch:02d}-{loss:.2f}.safetensors', { epoch: 3, loss: 0.126 }) // => '03-0.13.safetensors'
 */
export function fillIn(path: string, values: Readonly<Record<string, number>>): string {
  const fail = (reason: string): never => {
    throw new ValueError(`Failed to format this callback filepath: "${path}". ${reason}`);
  };
  return path.replace(/\{([^{}:]*)(?::([^{}]*))?\}/g, (whole, name: string, spec = '') => {
    const value = values[name];
    if (value === undefined)
      return fail(
        `There is no value '${name}'.${nearest(name, Object.keys(values))} Values: ${Object.keys(values).join(', ')}`,
      );
    return (
      formatted(value, spec as string) ?? fail(`${whole} has no such format; use for example {epoch:02d} or {loss:.4f}`)
    );
  });
}
