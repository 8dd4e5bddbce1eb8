// Specs as single objects with a number, so that finding what is known of a call compares numbers and not texts.
import { describe, type DType, type Shape, type Spec } from '../base/index.js';

/** A spec with a number: equal ones are one object. */
class KnownSpec implements Spec {
  readonly #number: number;
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    number: number,
  ) {
    this.#number = number;
  }
  static numberOf(spec: KnownSpec): number {
    return spec.#number;
  }
}
const known = new Map<string, KnownSpec>();

/** The one object that stands for equal specs. */
export const intern = (spec: Spec): Spec => knownOf(spec);
/** The number of a spec: the same for equal specs. */
export const specNumber = (spec: Spec): number => KnownSpec.numberOf(knownOf(spec));

function knownOf(spec: Spec): KnownSpec {
  if (spec instanceof KnownSpec) return spec;
  const key = describe(spec);
  let found = known.get(key);
  if (!found) known.set(key, (found = new KnownSpec([...spec.shape], spec.dtype, known.size)));
  return found;
}
