// The definitions of the scalar operations as imports of every module: the meaning of what has no spelling in WebAssembly.
import { scalarOps, type ScalarOp } from '../../kernel/index.js';
import { i32, type F64 } from './instructions.js';
import type { Func, Import } from './module.js';

const names = Object.keys(scalarOps) as ScalarOp[];
const functions = names.map((name) => scalarOps[name].js);
/** Functions of one and of two numbers; the operation comes as its number. */
export const imports: readonly Import[] = [
  { name: 'one', params: ['i32', 'f64'], result: 'f64' },
  { name: 'two', params: ['i32', 'f64', 'f64'], result: 'f64' },
];
/** What is behind the imports. */
export const importedFunctions: {
  readonly one: (op: number, x: number) => number;
  readonly two: (op: number, x: number, y: number) => number;
} = {
  one: (op, x) => functions[op]!(x),
  two: (op, x, y) => functions[op]!(x, y),
};
/** Calls the definition of an operation. */
export const defined = (f: Func, op: ScalarOp, args: readonly F64[]): F64 =>
  f.module.callImport(args.length === 1 ? 'one' : 'two', i32.const(names.indexOf(op)), ...args);
