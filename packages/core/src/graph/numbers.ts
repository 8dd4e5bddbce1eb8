// What a pointwise primitive makes of plain numbers: its expression, worked out without a device.
import { isFloat, type DType } from '../base/index.js';
import { coerce, scalarOps, type Expr } from '../kernel/index.js';

/** The result for numbers that come in the order of the expression's parameters. */
export type NumberFunction = (numbers: readonly number[]) => number;

const convert = (x: number, from: DType, to: DType): number =>
  coerce(isFloat(to) && from === 'f32' ? Math.fround(x) : x, to);

type Step = (values: readonly number[], numbers: readonly number[]) => number;
/** An expression of parameters and constants as a function; null when it reads anything else. As in folding, f32 numbers keep their double value. */
export function numberFunction(root: Expr): NumberFunction | null {
  /** Each part after those that it reads, whose values stand at their places. */
  const steps: Step[] = [];
  const places = new Map<number, number>();
  const stepOf = (e: Expr): Step | null => {
    if (e.kind === 'const') return () => e.value;
    if (e.kind === 'param') return (_, numbers) => coerce(numbers[e.slot]!, e.dtype);
    if (e.kind !== 'op' && e.kind !== 'cast') return null;
    const [a, b, c] = e.args.map(placeOf) as [number, number, number];
    const { dtype } = e;
    if (e.kind === 'cast') return (values) => convert(values[a]!, e.args[0].dtype, dtype);
    const js = e.op === 'mul' && !isFloat(dtype) ? Math.imul : scalarOps[e.op].js;
    return (values) => coerce(js(values[a]!, values[b]!, values[c]!), dtype);
  };
  const placeOf = (e: Expr): number => {
    let place = places.get(e.id);
    if (place === undefined) {
      const step = stepOf(e);
      places.set(e.id, (place = step ? steps.push(step) - 1 : NaN));
    }
    return place;
  };
  placeOf(root);
  if ([...places.values()].some(Number.isNaN)) return null;
  return (numbers) => {
    const values: number[] = [];
    for (const step of steps) values.push(step(values, numbers));
    return values.at(-1)!;
  };
}
