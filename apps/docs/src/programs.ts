// Cuts programs out of the tested files by the names of what they declare.
import { readFileSync } from 'node:fs';

export type ContractFile = 'torch' | 'keras' | 'core' | 'port';
const contract = new URL('../../../packages/parity/src/contract/', import.meta.url);
const sources = new Map<ContractFile, string>();
const sourceOf = (file: ContractFile): string => {
  if (!sources.has(file)) sources.set(file, readFileSync(new URL(`${file}.ts`, contract), 'utf8'));
  return sources.get(file)!;
};

/** The declaration of `name` with the comment before it; an error when the file has none. */
export function cut(file: ContractFile, name: string): string {
  const lines = sourceOf(file).split('\n');
  const start = lines.findIndex((line) => new RegExp(`^(export )?(async )?(function|class) ${name}\\b`).test(line));
  if (start < 0) throw new Error(`docs: ${file}.ts declares no ${name}`);
  const end = lines.findIndex((line, i) => i >= start && line === '}');
  let first = start;
  while (first > 0 && /^( \*|\/\*\*)/.test(lines[first - 1]!)) first--;
  return lines.slice(first, end + 1).join('\n');
}
/** Those of the names that a reader can run: functions that need nothing, or what the page gives them. */
export const runnable = (file: ContractFile, names: readonly string[]): string[] =>
  names.filter((name) => runs.test(cut(file, name).replace(/^(\/\*\*| \*).*\n/gm, '')));
const runs = /^export (async )?function (\w+\(\)|chooseDevice\(|flatMemory\()/;
/** Every function and class that a file exports. */
export const exportsOf = (file: ContractFile): string[] =>
  [...sourceOf(file).matchAll(/^export (?:async )?(?:function|class) (\w+)/gm)].map((m) => m[1]!);

export interface Pair {
  readonly title: string;
  readonly about: string;
  readonly torch: readonly string[];
  readonly keras: readonly string[];
}
/** The programs of both styles, side by side. */
export const pairs: readonly Pair[] = [
  {
    title: 'Composing layers',
    about: 'Submodules are fields; layers are functions of symbolic tensors.',
    torch: ['MyNetwork', 'composedModule'],
    keras: ['myDenseBlock', 'functionalModel'],
  },
  {
    title: 'A layer of your own',
    about:
      'Calling an instance runs `forward` or `call`, with its types. Keras makes weights in `build`, on the first call.',
    torch: ['MyReLU', 'customActivation'],
    keras: ['MyDense', 'customLayer'],
  },
  {
    title: 'State and models',
    about: 'Buffers are saved and never trained; a Keras model is a layer that can be fitted.',
    torch: ['RunningScale', 'parametersAndBuffers'],
    keras: ['MyModel', 'customModel'],
  },
  {
    title: 'Attention',
    about: 'The same weights, the same sums, under the names of each framework.',
    torch: ['AttentionLayer'],
    keras: ['AttentionLayer'],
  },
  {
    title: 'A loss of your own',
    about: 'A plain function of tensors. Mind the order of the arguments.',
    torch: ['customLoss'],
    keras: ['customLoss'],
  },
  {
    title: 'A recurrent cell of your own',
    about: 'Any cell can be unrolled over a sequence.',
    torch: ['MyRNNCell', 'customCell'],
    keras: ['MyRNNCell', 'customCell'],
  },
  {
    title: 'Training',
    about: 'A loop in your hands, or `compile` and `fit` with a progress bar.',
    torch: ['trainingLoop'],
    keras: ['compileAndFit'],
  },
  {
    title: 'Compiling',
    about: 'Traced once for each signature, replayed as fused kernels after that.',
    torch: ['compiledTrainingLoop'],
    keras: ['tracedFunction', 'TracedDense'],
  },
];
/** Programs that concern both styles at once. */
export const shared: readonly {
  readonly title: string;
  readonly about: string;
  readonly file: ContractFile;
  readonly names: readonly string[];
}[] = [
  {
    title: 'Moving a model',
    about: 'Rebuilt natively in the other style, weights and layouts converted, and proved equal.',
    file: 'port',
    names: ['structuralPort'],
  },
  { title: 'Wrapping a live one', about: 'The same parameters, no copy.', file: 'port', names: ['liveWrap'] },
  {
    title: 'A rule for your own layers',
    about: 'Declared once, works both ways.',
    file: 'port',
    names: ['customRule', 'subclassedModule'],
  },
  { title: 'Devices', about: 'One line for both styles.', file: 'core', names: ['chooseDevice'] },
  {
    title: 'Memory',
    about: 'Flat, without a disposal call in the program.',
    file: 'core',
    names: ['flatMemory', 'scoped'],
  },
  {
    title: 'Checking and looking',
    about: 'Gradients against finite differences; graph, kernels and source of a compiled function.',
    file: 'core',
    names: ['gradientsCheck', 'lookInside'],
  },
];
