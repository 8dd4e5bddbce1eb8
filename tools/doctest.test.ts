// Runs the examples of all published packages, and shows on small examples that a wrong one fails.
import { describe, expect, test, vi } from 'vitest';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Example, examplesInMarkdown, examplesOf, type Runtime, runExample, type Scope } from './doctest.ts';
import { mayImport } from './floors.ts';
import { readSource, readSources, root } from './sources.ts';

const load = (path: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ join(root, path));
const entry = (name: string): string => `packages/${name}/src/index.ts`;

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return value !== null && (typeof value === 'object' || typeof value === 'function');
}

/** Reads tensors of either face through the core. */
async function reader(): Promise<Runtime['plain']> {
  const core = await load(entry('core'));
  const handle = core['handle'] as symbol;
  const Tensor = core['Tensor'] as new () => object;
  const toArray = core['toArray'] as (tensor: unknown) => unknown;
  return (value) => {
    const wrapped = isObject(value) && handle in value;
    const inner = wrapped ? (value[handle] as () => { value: unknown }).call(value).value : value;
    return inner instanceof Tensor ? toArray(inner) : value;
  };
}

/** Imports of an example: the sources of the packages. */
function loadPackage(specifier: string): Promise<Record<string, unknown>> {
  const [, name, subpath] = /^@nn\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (name === undefined) throw new Error(`an example imports ${specifier}; only @nn packages are at hand`);
  return load(subpath === undefined ? entry(name) : `packages/${name}/src/${subpath}/index.ts`);
}

/** The scope of a docstring: the packages it may use as namespaces, their exports, those of its own package and of its own file. */
async function scopeOf(path: string): Promise<Scope> {
  const own = path.split('/')[1]!;
  const namespaces: Record<string, Record<string, unknown>> = {};
  for (const name of new Set(['core', ...(mayImport[own] ?? []), own])) namespaces[name] = await load(entry(name));
  return Object.assign({}, namespaces, ...Object.values(namespaces), await load(path)) as Scope;
}

const packages = 'packages/{core,torch,keras,port,formats}';
const inDocstrings = readSources([`${packages}/src/**/*.ts`])
  .filter(({ path }) => !path.endsWith('.test.ts'))
  .flatMap(examplesOf);
const inPages = globSync(['*.md', `${packages}/*.md`], { cwd: root }).flatMap((path) =>
  examplesInMarkdown(path, readFileSync(join(root, path), 'utf8')),
);
const named = (examples: readonly Example[]): [string, Example][] =>
  examples.map((example) => [`${example.path}:${example.line}`, example]);

describe('examples', () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true);

  test.each(named(inDocstrings))('%s', async (_, example) => {
    const runtime = { scope: await scopeOf(example.path), load: loadPackage, plain: await reader() };
    expect(await runExample(example, runtime)).toBeGreaterThan(0);
  });

  test.each(named(inPages))('%s', async (_, example) => {
    const runtime = { scope: {}, load: loadPackage, plain: await reader() };
    expect(await runExample(example, runtime)).toBeGreaterThan(0);
  });
});

describe('the tool itself', () => {
  const runtime: Runtime = {
    scope: {
      add: (a: number, b: number) => a + b,
      third: () => Promise.resolve(new Float32Array([1 / 3])),
      shape: [2, 3],
    },
    load: () => Promise.resolve({ answer: 42 }),
    plain: (value) => value,
  };
  const run = async (code: string): Promise<number> => {
    const [example] = examplesOf(
      readSource(
        'a.ts',
        `// For a test.\n/**\n * Adds.\n * @example\n${code.replace(/^/gm, ' * ')}\n * @see nothing\n */\nexport const a = 1;\n`,
      ),
    );
    return runExample(example!, runtime);
  };

  test.each([
    ['a number', 'add(1, 2) // => 3'],
    ['a statement with its semicolon', 'add(1, 2); // => 3'],
    ['rounding noise', 'add(0.1, 0.2) // => 0.3'],
    ['a promise of a typed array', 'third() // => [0.333] within 1e-3'],
    ['a typed array', 'await third() // => Float32Array [0.333] within 1e-3'],
    ['an array', 'shape // => [2, 3]'],
    ['an object', '({ a: shape, b: true }) // => { a: [2, 3], b: 1 }'],
    ['a declaration', 'const y = add(2, 2) // => 4\nadd(y, 1) // => 5'],
    [
      'types, imports and fences',
      "```ts\nimport { answer, type X } from '@nn/core';\nconst y: number = add(answer, 0); // => 42\n```",
    ],
    ['a shadowed name', 'const shape = [1]; // => [1]'],
    ['a text', "'Linear(in_features=3)' // => Linear(in_features=3)"],
    ['a text of several lines', "'Net(\\n  (fc): Linear\\n)' // => Net(\n//   (fc): Linear\n// )"],
    ['a function of several lines', 'add(\n  1,\n  2,\n) // => 3'],
    ['an error', "(() => { throw new TypeError('no way') })() // => throws TypeError: no way"],
    ['an awaited value', 'await third() // => [1 / 3]'],
    [
      'a decorator',
      'const twice = (f: () => number, _: ClassMethodDecoratorContext) => () => 2 * f();\nclass A { @(twice) f() { return 2; } }\nnew A().f() // => 4',
    ],
  ])('passes: %s', async (_, code) => {
    expect(await run(code)).toBeGreaterThan(0);
  });

  test.each([
    ['a wrong number', 'add(1, 2) // => 4', /a\.ts:5: the docstring says 4\nbut the example gives 3/],
    ['a wrong second line', 'add(1, 2) // => 3\nadd(1, 1) // => 3', /a\.ts:6: the docstring says 3/],
    ['too far', 'third() // => [0.333] within 1e-6', /gives \[/],
    ['another kind of array', 'await third() // => Float64Array [0.333] within 1e-3', /gives Float32Array/],
    ['a missing error', 'add(1, 2) // => throws TypeError', /gives 3/],
    ['another error', "(() => { throw new TypeError('x') })() // => throws RangeError", /gives TypeError: x/],
    ['an error that nobody stated', 'missing() // => 3', /missing is not defined/],
    ['a text', "'Linear(a=1)' // => Linear(a=2)", /gives Linear\(a=1\)/],
    ['a code that does not parse', 'add(1, // => 3', /does not parse/],
    ['a result of nothing', 'if (shape) {} // => 3', /must follow an expression/],
  ])('fails: %s', async (_, code, message) => {
    await expect(run(code)).rejects.toThrow(message);
  });
});
