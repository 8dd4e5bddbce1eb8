// Reads the workspace's TypeScript sources: which files there are, what each imports, its comments.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

export const root: string = fileURLToPath(new URL('..', import.meta.url));

export interface Import {
  /** What the file wrote: `./dtype.js`, `@nn/core`. */
  readonly specifier: string;
  /** The imported file relative to the root, or undefined for another package. */
  readonly target: string | undefined;
  readonly line: number;
}

export interface Source {
  /** Path relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly defaultExport: boolean;
  /** Comments without their marks, with the line they begin on. */
  readonly comments: readonly {
    readonly text: string;
    readonly line: number;
    readonly end: number;
    readonly block: boolean;
  }[];
}

/** The line number (from 1) of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

export function readSource(path: string, text: string): Source {
  const { module, comments, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`);
  const found: { specifier: string; offset: number }[] = [];
  for (const entry of module.staticImports) found.push({ specifier: entry.moduleRequest.value, offset: entry.start });
  for (const statement of module.staticExports) {
    const request = statement.entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (request) found.push({ specifier: request.value, offset: statement.start });
  }
  for (const entry of module.dynamicImports) {
    const written = text.slice(entry.moduleRequest.start, entry.moduleRequest.end);
    const literal = /^['"`]([^'"`$]+)['"`]$/.exec(written);
    if (literal) found.push({ specifier: literal[1]!, offset: entry.start });
  }
  return {
    path,
    text,
    imports: found.map(({ specifier, offset }) => ({
      specifier,
      target: specifier.startsWith('.')
        ? join(dirname(path), specifier.replace(/\.js$/, '.ts')).replaceAll('\\', '/')
        : undefined,
      line: lineAt(text, offset),
    })),
    defaultExport: module.staticExports.some((statement) =>
      statement.entries.some((entry) => entry.exportName.kind === 'Default' || entry.exportName.name === 'default'),
    ),
    comments: comments.map((comment) => ({
      text: comment.value,
      line: lineAt(text, comment.start),
      end: comment.end,
      block: comment.type === 'Block',
    })),
  };
}

/** All sources that match the patterns, in order of their paths. */
export function readSources(patterns: readonly string[], base: string = root): Source[] {
  const paths = globSync([...patterns], { cwd: base, exclude: (path) => /(^|[\\/])(node_modules|dist)$/.test(path) });
  return paths
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => readSource(path, readFileSync(join(base, path), 'utf8')));
}

export function here(path: string): string {
  return relative(root, path).replaceAll('\\', '/');
}
