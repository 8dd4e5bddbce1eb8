// Runs the @example lines of core's docstrings: what stands before `// =>` must give what stands after it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import * as core from '../index.js';
import * as testing from './index.js';

const root = join(import.meta.dirname, '..');

interface Example {
  readonly file: string;
  readonly line: number;
  readonly lines: readonly string[];
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(join(root, file), 'utf8').split('\n');
  const found: Example[] = [];
  for (let n = 0; n < text.length; n++) {
    if (!/^\s*\* @example\s*$/.test(text[n]!)) continue;
    const line = n + 1;
    const lines: string[] = [];
    for (n++; n < text.length && !/^\s*\*(\/| @)/.test(text[n]!); n++) lines.push(text[n]!.replace(/^\s*\* ?/, ''));
    n--;
    found.push({ file, line, lines });
  }
  return found;
}

/** A script that calls `check(value, expected, tolerance)` for each line with an arrow. */
function script(lines: readonly string[]): string {
  const body = lines.map((line) => {
    const arrow = /^(.*?);?\s*\/\/ => (.*?)(?: within (\S+))?$/.exec(line);
    if (!arrow) return line;
    const [, left, expected, tolerance = '1e-6'] = arrow;
    const named = /^(?:const|let) (\w+) = /.exec(left!);
    const value = named ? named[1] : `(${left})`;
    return `${named ? `${left};` : ''}check(await ${value}, (${expected}), ${tolerance});`;
  });
  return `(async () => {\n${body.join('\n')}\n})()`;
}

/** Tensors as nested arrays, so that values of all kinds compare. */
function plain(value: unknown): unknown {
  if (value instanceof core.Tensor) return core.toArraySync(value);
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<number>)];
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

/** Throws unless the values agree: numbers within the tolerance, everything else exactly. */
function compare(value: unknown, expected: unknown, tolerance: number): void {
  const [a, b] = [plain(value), plain(expected)];
  if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) a.forEach((x, i) => compare(x, b[i], tolerance));
  else if (typeof a === 'number' && typeof b === 'number' ? testing.distance(a, b) > tolerance : a !== b) {
    throw new Error(`received ${JSON.stringify(a)}, the example says ${JSON.stringify(b)}`);
  }
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'))
  .sort();
const examples = files.flatMap(examplesOf);

describe('examples in docstrings', () => {
  it('are found', () => expect(examples.length).toBeGreaterThan(80));
  for (const { file, line, lines } of examples) {
    it(`${file}:${line}`, async () => {
      const context = createContext({ ...core, ...testing, check: compare, console });
      await (runInContext(script(lines), context, { filename: `${file}:${line}` }) as Promise<void>);
    });
  }
});
