// What a pointwise primitive makes of plain numbers: its expression, worked out without a device.
import { isFloat, type DType } from '../base/index.js';
import { coerce, scalarOps, type Expr } from '../kernel/index.js';

/** The result for numbers that come in the order of the expression's parameters. */
export type NumberFunction = (numbers: readonly number[]) => number;

const convert = (x: number, from: DType, to: DType): number =>
  coerce(isFloat(to) && from === 'f32' ? Math.fround(x) : x, to);

/** An expression of parameters and constants as a function; null when it reads anything else. As in folding, f32 numbers keep their double value. */
export function numberFunction(root: Expr): NumberFunction | null {
  /** The parts of the expression, each after those that it reads, and where their values stand. */
  const parts: Expr[] = [];
  const places = new Map<number, number>();
  let known = true;
  const visit = (e: Expr): void => {
    if (places.has(e.id)) return;
    if (e.kind === 'op' || e.kind === 'cast') e.args.forEach(visit);
    else if (e.kind !== 'const' && e.kind !== 'param') known = false;
    places.set(e.id, parts.push(e) - 1);
  };
  visit(root);
  if (!known) return null;
  const steps = parts.map((e): ((values: number[], numbers: readonly number[]) => number) => {
    if (e.kind === 'const') return () => e.value;
    if (e.kind === 'param') return (_, numbers) => coerce(numbers[e.slot]!, e.dtype);
    if (e.kind === 'cast') {
      const [x] = e.args;
      const at = places.get(x.id)!;
      return (values) => convert(values[at]!, x.dtype, e.dtype);
    }
    const { op, dtype, args } = e as Extract<Expr, { kind: 'op' }>;
    const [a, b, c] = args.map((x) => places.get(x.id)!) as [number, number, number];
    const js = op === 'mul' && (dtype === 'i32' || dtype === 'u32') ? Math.imul : scalarOps[op].js;
    return (values) => coerce(js(values[a]!, values[b]!, values[c]!), dtype);
  });
  return (numbers) => {
    const values: number[] = [];
    for (const step of steps) values.push(step(values, numbers));
    return values.at(-1)!;
  };
}
