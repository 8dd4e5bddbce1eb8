// Finds the examples in docstrings and in Markdown files (blocks marked ts) and turns them into programs that check themselves.
//
// In a `@example` block, `expression // => expected` states what the expression gives; `const y = f(x) // => expected` works too.
//   [[1, 2], [3, 4]]          numbers, nested arrays, objects, strings, booleans: any JavaScript expression; tensors are compared as arrays
//   [0.333, 0.667] within 1e-3   how near the numbers must be; 1e-6 (relative above 1) when nothing is said
//   Float32Array [1, 2]       a typed array of this kind
//   throws ShapeError: text   the expression throws, and the error contains the text
//   Linear(in_features=3)     anything that is no JavaScript value is compared with the printed value, line by line;
//                             comment lines that follow directly belong to it
// Blocks without `// =>` are not run. In scope: all exports of the package and of the file itself, and the packages as namespaces.
import { transform } from 'esbuild';
import { parseSync } from 'oxc-parser';
import { inspect } from 'node:util';
import { lineAt, type Source } from './sources.ts';

export interface Example {
  readonly path: string;
  /** The line of the file on which the code begins. */
  readonly line: number;
  readonly code: string;
}

interface Expectation {
  /** As written, without `within`. */
  readonly text: string;
  /** The kind of typed array that was asked for. */
  readonly kind: string | undefined;
  readonly tolerance: number | undefined;
  readonly line: number;
}

export interface Program {
  /** JavaScript: the body of an async function of `__check` and `__import`. */
  readonly body: string;
  readonly expectations: readonly Expectation[];
}

/** The examples of one file that state a result. */
export function examplesOf(source: Source): Example[] {
  const examples: Example[] = [];
  for (const comment of source.comments) {
    if (!comment.block || !comment.text.startsWith('*')) continue;
    const lines = comment.text.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
    for (let i = 0; i < lines.length; i++) {
      const first = /^\s*@example\b(.*)$/.exec(lines[i]!);
      if (!first) continue;
      const begin = i;
      const block = [first[1]!];
      while (i + 1 < lines.length && !/^\s*@[a-z]+\b(?!\s*[.(])/.test(lines[i + 1]!)) block.push(lines[++i]!);
      const code = block.map((line) => (/^\s*```/.test(line) ? '' : line)).join('\n');
      if (/\/\/ *=>/.test(code)) examples.push({ path: source.path, line: comment.line + begin, code });
    }
  }
  return examples;
}

/** The examples of a Markdown file that state a result. */
export function examplesInMarkdown(path: string, text: string): Example[] {
  const examples: Example[] = [];
  for (const { 1: code, index } of text.matchAll(/(?<=^```ts\n)([\s\S]*?)^```$/gm))
    if (/\/\/ *=>/.test(code!)) examples.push({ path, line: lineAt(text, index), code: code! });
  return examples;
}

/** Cuts `Float32Array [1, 2] within 1e-5` into its parts. */
function expectation(written: string, line: number): Expectation {
  const within = /^([\s\S]*?)\s+within\s+([\d.e+-]+)\s*$/.exec(written);
  const text = (within ? within[1]! : written).trim();
  return { text, kind: /^(\w+Array) ?\[/.exec(text)?.[1], tolerance: within ? Number(within[2]) : undefined, line };
}

const isExpression = (text: string): boolean => parseSync('expected.ts', `(${text}\n)`).errors.length === 0;

/** Rewrites an example: each stated result becomes a call of `__check`, each import a call of `__import`. */
export async function programOf(example: Example): Promise<Program> {
  const { code } = example;
  const fail = (offset: number, message: string): never => {
    throw new Error(`${example.path}:${example.line + lineAt(code, offset) - 1}: ${message}`);
  };
  const { program, comments, errors } = parseSync('example.ts', code);
  if (errors.length > 0) fail(errors[0]!.labels[0]?.start ?? 0, `the example does not parse: ${errors[0]!.message}`);
  const edits: { start: number; end: number; text: string }[] = [];
  const expectations: Expectation[] = [];

  for (const node of program.body) {
    if (node.type !== 'ImportDeclaration') continue;
    const names = node.specifiers.flatMap((specifier) => {
      if (specifier.type === 'ImportNamespaceSpecifier') return [];
      if (specifier.type === 'ImportDefaultSpecifier') return [`default: ${specifier.local.name}`];
      if (specifier.importKind === 'type' || specifier.imported.type !== 'Identifier') return [];
      return [`${specifier.imported.name}: ${specifier.local.name}`];
    });
    const whole = node.specifiers.find((specifier) => specifier.type === 'ImportNamespaceSpecifier');
    const from = `await __import(${JSON.stringify(node.source.value)})`;
    const text =
      node.importKind === 'type' ? '' : `const ${whole ? whole.local.name : `{ ${names.join(', ')} }`} = ${from};`;
    edits.push({ start: node.start, end: node.end, text });
  }

  comments.forEach((comment, index) => {
    const stated = /^\s*=>([\s\S]*)$/.exec(comment.value);
    if (!stated) return;
    const node = program.body.findLast((statement) => statement.end <= comment.start);
    if (!node || code.slice(node.end, comment.start).includes('\n'))
      return fail(comment.start, 'no statement ends on the line of this "=>"');
    let text = stated[1]!;
    for (let next = index + 1; next < comments.length; next++) {
      const between = code.slice(comments[next - 1]!.end, comments[next]!.start);
      const own = code.slice(code.lastIndexOf('\n', comments[next]!.start) + 1, comments[next]!.start);
      if (
        between.trim() !== '' ||
        own.trim() !== '' ||
        (between.match(/\n/g) ?? []).length !== 1 ||
        /^\s*=>/.test(comments[next]!.value)
      )
        break;
      text += `\n${comments[next]!.value}`;
    }
    const expected = expectation(text, example.line + lineAt(code, comment.start) - 1);
    const id = expectations.push(expected) - 1;
    const listed = expected.kind === undefined ? expected.text : expected.text.slice(expected.kind.length);
    const value = isExpression(listed) ? `async () => (${listed}\n)` : 'undefined';
    if (node.type === 'ExpressionStatement') {
      const written = code.slice(node.expression.start, node.expression.end);
      edits.push({
        start: node.start,
        end: node.end,
        text: `await __check(${id}, async () => (${written}\n), ${value});`,
      });
    } else if (node.type === 'VariableDeclaration' && node.declarations.at(-1)!.id.type === 'Identifier') {
      const { start, end } = node.declarations.at(-1)!.id;
      const name = code.slice(start, end).replace(/:[\s\S]*$/, '');
      edits.push({ start: node.end, end: node.end, text: `; await __check(${id}, async () => ${name}, ${value});` });
    } else fail(comment.start, `"=>" stands after a ${node.type}; it must follow an expression or "const name = ..."`);
  });

  let text = code;
  for (const edit of edits.sort((a, b) => b.start - a.start))
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  const out = await transform(text, { loader: 'ts', target: 'es2022', supported: { 'top-level-await': true } });
  return { body: `{\n${out.code}\n}`, expectations };
}

/** What an example may name: namespaces and their exports; later ones win. */
export type Scope = Readonly<Record<string, unknown>>;

export interface Runtime {
  readonly scope: Scope;
  /** Resolves the imports of an example. */
  load(specifier: string): Promise<unknown>;
  /** Tensors to nested arrays; any other value comes back as it is. */
  plain(value: unknown): unknown;
}

/** Everything in the value as numbers, strings, arrays and plain objects. */
async function settle(value: unknown, plain: Runtime['plain']): Promise<unknown> {
  const given = await plain(await value);
  if (ArrayBuffer.isView(given) && !(given instanceof DataView)) return Array.from(given as Float32Array);
  if (Array.isArray(given)) return Promise.all(given.map((item) => settle(item, plain)));
  if (given instanceof Map) return settle(Object.fromEntries(given), plain);
  if (given !== null && typeof given === 'object' && Object.getPrototypeOf(given) === Object.prototype) {
    const entries = Object.entries(given).map(async ([key, item]) => [key, await settle(item, plain)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
  return given;
}

function same(a: unknown, b: unknown, tolerance: number | undefined): boolean {
  if (typeof a === 'boolean' && typeof b === 'number') return Number(a) === b;
  if (typeof a === 'number' && typeof b === 'boolean') return a === Number(b);
  if (typeof a === 'number' && typeof b === 'number')
    return Object.is(a, b) || a === b || Math.abs(a - b) <= (tolerance ?? 1e-6 * Math.max(1, Math.abs(b)));
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => same(item, b[i], tolerance));
  if (
    a !== null &&
    b !== null &&
    typeof a === 'object' &&
    typeof b === 'object' &&
    !Array.isArray(a) &&
    !Array.isArray(b)
  ) {
    const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
    const keys = Object.keys(left);
    return (
      keys.length === Object.keys(right).length &&
      keys.every((key) => key in right && same(left[key], right[key], tolerance))
    );
  }
  return Object.is(a, b);
}

const lines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

/** Runs an example; throws an error that names the line, what was stated and what came. */
export async function runExample(example: Example, runtime: Runtime): Promise<number> {
  const { body, expectations } = await programOf(example);
  let checked = 0;
  const check = async (
    id: number,
    actual: () => Promise<unknown>,
    expected?: () => Promise<unknown>,
  ): Promise<void> => {
    const { text, kind, tolerance, line } = expectations[id]!;
    const fail = (got: string): never => {
      throw new Error(`${example.path}:${line}: the docstring says ${text}\nbut the example gives ${got}`);
    };
    checked++;
    const throws = /^throws\b\s*([\s\S]*)$/.exec(text);
    if (throws) {
      const message = await actual().then(
        (value) => fail(inspect(value)),
        (error: unknown) => `${error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error)}`,
      );
      if (!message.includes(throws[1]!.trim().replace(/^(["'`])(.*)\1$/, '$2'))) fail(message);
      return;
    }
    const raw = await actual();
    if (kind !== undefined && raw?.constructor.name !== kind) fail(inspect(raw));
    const value = await settle(raw, runtime.plain);
    if (expected) {
      // A text such as `Linear(in_features=3)` is an expression too, but one that cannot be evaluated: then it is a text.
      const wanted = await expected().then(
        (given) => ({ value: given }),
        () => undefined,
      );
      if (wanted && same(value, await settle(wanted.value, runtime.plain), tolerance)) return;
    }
    const prints = [String(raw), inspect(raw), inspect(value, { depth: null })];
    if (!prints.some((print) => lines(print) === lines(text))) fail(typeof raw === 'string' ? raw : prints[2]!);
  };
  const names = Object.keys(runtime.scope).filter(
    (name) => /^[A-Za-z_$][\w$]*$/.test(name) && new RegExp(`\\b${name.replaceAll('$', '\\$')}\\b`).test(example.code),
  );
  const AsyncFunction = (async () => {}).constructor as new (
    ...source: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const run = new AsyncFunction('__check', '__import', ...names, body);
  await run(check, (specifier: string) => runtime.load(specifier), ...names.map((name) => runtime.scope[name]));
  return checked;
}
