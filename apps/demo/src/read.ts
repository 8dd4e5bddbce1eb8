// Reads the file of digits that comes with the demo.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DigitsError, parseDigits, type Digits } from './digits.js';

const file: URL = new URL('../data/digits.csv.gz', import.meta.url);

/** Reads the digits; a file that is missing or damaged is an error that says so. */
export function readDigits(from: URL = file): Digits {
  let text: string;
  try {
    text = gunzipSync(readFileSync(from)).toString('utf8');
  } catch (error) {
    throw new DigitsError(
      `${from.pathname}: the digits cannot be read (${(error as Error).message}). Restore the file from the repository`,
      { cause: error },
    );
  }
  return parseDigits(text, from.pathname);
}
