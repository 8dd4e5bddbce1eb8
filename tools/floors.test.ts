// Each rule of the architecture, shown on a file that breaks it and one that keeps it.
import { describe, expect, test } from 'vitest';
import { offences } from './floors.ts';
import { readSource } from './sources.ts';

const core = 'packages/core/src';

/** The messages about one file among several (`path: text`); the comment of the first line is added. */
function messages(files: Record<string, string>): string[] {
  return offences(Object.entries(files).map(([path, text]) => readSource(path, `// For a test.\n${text}`))).map(
    (found) => found.message,
  );
}

const refused: [string, string, string, RegExp][] = [
  [
    'a lower floor imports a higher one',
    `${core}/kernel/a.ts`,
    "import { x } from '../graph/tensor.js';",
    /floor 1 \(kernel\) imports floor 3 \(graph\)/,
  ],
  [
    '... also only a type',
    `${core}/base/a.ts`,
    "import type { X } from '../ops/unary.js';",
    /floor 0 .* imports floor 4/,
  ],
  ['... also by re-export', `${core}/base/a.ts`, "export { x } from '../ops/unary.js';", /floor 0 .* imports floor 4/],
  [
    '... also dynamically',
    `${core}/base/a.ts`,
    "export const f = () => import('../ops/unary.js');",
    /floor 0 .* imports floor 4/,
  ],
  ['a folder that is no floor', `${core}/extras/a.ts`, '', /'extras' is not a floor/],
  [
    'the graph sees a named backend',
    `${core}/graph/a.ts`,
    "import { cpu } from '../backend/cpu/index.js';",
    /graph imports the named backend cpu/,
  ],
  [
    'a backend sees the graph',
    `${core}/backend/cpu/a.ts`,
    "import { x } from '../../graph/tensor.js';",
    /floor 2 .* imports floor 3/,
  ],
  [
    'a backend sees another backend',
    `${core}/backend/wasm/a.ts`,
    "import { x } from '../cpu/a.js';",
    /backend wasm imports the named backend cpu/,
  ],
  [
    'a backend sees more than backend.ts',
    `${core}/backend/cpu/a.ts`,
    "import { x } from '../registry.js';",
    /more of floor 2 than backend\.ts/,
  ],
  [
    'the graph says the name of a backend',
    `${core}/graph/a.ts`,
    "export const sync = (name: string) => name !== 'webgpu';",
    /names the backend webgpu/,
  ],
  ['... or a face does', 'packages/torch/src/a.ts', "export const first = 'cpu';", /names the backend cpu/],
  ['core imports a face', `${core}/ops/a.ts`, "import { x } from '@nn/torch';", /@nn\/core may not import @nn\/torch/],
  [
    'torch imports keras',
    'packages/torch/src/a.ts',
    "import { x } from '@nn/keras';",
    /@nn\/torch may not import @nn\/keras/,
  ],
  [
    'torch imports keras in a test',
    'packages/torch/src/a.test.ts',
    "import { x } from '@nn/keras';",
    /@nn\/torch may not import @nn\/keras/,
  ],
  [
    'keras reaches into torch by a path',
    'packages/keras/src/a.ts',
    "import { x } from '../../torch/src/a.js';",
    /leaves the package/,
  ],
  [
    'formats imports a face',
    'packages/formats/src/a.ts',
    "import { x } from '@nn/torch';",
    /@nn\/formats may not import/,
  ],
  ['a Node module', 'packages/torch/src/a.ts', "import { readFileSync } from 'node:fs';", /runs in browsers/],
  ['a specifier without its extension', 'packages/torch/src/a.ts', "import { x } from './b';", /must end in \.js/],
  ['a default export', 'packages/torch/src/a.ts', 'export default 1;', /default export/],
  [
    'a default export by another name',
    'packages/torch/src/a.ts',
    'const a = 1;\nexport { a as default };',
    /default export/,
  ],
  ['a vague name', 'packages/torch/src/utils.ts', '', /'utils' says nothing/],
  ['a vague name of a test', 'packages/torch/src/helpers.test.ts', '', /'helpers' says nothing/],
  ['a long file', 'packages/torch/src/a.ts', '\n'.repeat(300), /301 lines|302 lines/],
  ['a silenced tool', 'packages/torch/src/a.ts', '// eslint-disable-next-line\n', /silences a tool/],
  [
    'a branch on a primitive',
    `${core}/graph/a.ts`,
    "export const f = (prim: { name: string }) => prim.name === 'dot';",
    /branches on the name/,
  ],
  [
    '... also by switch',
    `${core}/graph/a.ts`,
    'export function f(node: { prim: { name: string } }) { switch (node.prim.name) {} }',
    /branches on the name/,
  ],
];

describe('refused', () => {
  test.each(refused)('%s', (_, path, text, message) => {
    const found = messages({ [path]: text });
    expect(found.filter((line) => message.test(line))).toHaveLength(1);
    expect(found).toHaveLength(1);
  });

  test('a cycle, named from file to file', () => {
    const files = {
      [`${core}/base/a.ts`]: "import { b } from './b.js';",
      [`${core}/base/b.ts`]: "import { c } from './c.js';",
      [`${core}/base/c.ts`]: "import { a } from './a.js';",
    };
    expect(messages(files)).toEqual(['cycle: base/a.ts -> base/b.ts -> base/c.ts -> base/a.ts']);
  });

  test('a file without a first comment', () => {
    expect(offences([readSource('packages/torch/src/a.ts', 'export const a = 1;\n')])[0]?.message).toMatch(
      /first line/,
    );
  });
});

const allowed: [string, string, string][] = [
  [
    'the own floor and lower ones',
    `${core}/ops/a.ts`,
    "import './b.js';\nimport '../graph/tensor.js';\nimport '../base/dtype.js';",
  ],
  [
    'a backend: floors 0 and 1, backend.ts, itself',
    `${core}/backend/cpu/a.ts`,
    "import '../backend.js';\nimport './b.js';\nimport '../../kernel/expr.js';",
  ],
  ['the graph: backend.ts', `${core}/graph/a.ts`, "import '../backend/backend.js';"],
  ['the list of backends: a named backend', `${core}/backend/registry.ts`, "import './cpu/index.js';"],
  ['the graph: the list of backends', `${core}/graph/a.ts`, "import '../backend/registry.js';"],
  ['the entry of core: a named backend', `${core}/index.ts`, "import './backend/cpu/index.js';"],
  [
    'a test of a lower floor: a higher one',
    `${core}/base/a.test.ts`,
    "import '../graph/tensor.js';\nimport 'node:fs';",
  ],
  [
    'a branch on a primitive in ops/',
    `${core}/ops/a.ts`,
    "export const f = (prim: { name: string }) => prim.name === 'dot';",
  ],
  ['port: both faces', 'packages/port/src/a.ts', "import '@nn/torch';\nimport '@nn/keras';"],
  ['parity: everything', 'packages/parity/src/a.ts', "import '@nn/torch';\nimport '@nn/keras';\nimport 'node:fs';"],
  ['a long file with its reason', 'packages/torch/src/a.ts', `// Long because one table.\n${'\n'.repeat(400)}`],
  ['a configuration: default export', 'packages/torch/tsup.config.ts', "export { default } from '../../tsup.base.js';"],
  [
    'an import written in a comment or a string',
    `${core}/base/a.ts`,
    "// import '../graph/tensor.js'\nexport const a = \"import '../graph/tensor.js'\";",
  ],
];

test.each(allowed)('allowed: %s', (_, path, text) => {
  expect(messages({ [path]: text })).toEqual([]);
});
