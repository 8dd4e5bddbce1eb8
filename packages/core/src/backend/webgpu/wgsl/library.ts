// The functions that a shader calls, with what those call, each once and before its use.
import { elementary, type WgslFunction } from './elementary.js';
import { integer } from './integer.js';
import { special } from './special.js';

const all: Readonly<Record<string, WgslFunction>> = { ...elementary, ...special, ...integer };

/** The code of every library function that the text calls. */
export function libraryFor(code: string): string {
  const done = new Set<string>();
  const parts: string[] = [];
  const add = (name: string): void => {
    if (done.has(name)) return;
    done.add(name);
    const found = all[name]!;
    found.calls.forEach(add);
    parts.push(found.code);
  };
  for (const [name] of code.matchAll(/\b[a-z]\w*_(?=\()/g)) if (name in all) add(name);
  return parts.join('\n');
}
