// The arguments that every weight of a layer has: an initializer, a regularizer and a constraint.
import * as constraints from '../constraints.js';
import * as initializers from '../initializers/index.js';
import * as regularizers from '../regularizers.js';
import type { LayerState, WeightOptions } from './layer-state.js';

/** Constructor options of the named weights: kernelInitializer, kernelRegularizer, kernelConstraint… */
export type WeightArguments<N extends string> = { [K in `${N}Initializer`]?: initializers.InitializerLike } & {
  [K in `${N}Regularizer`]?: regularizers.RegularizerLike | null;
} & { [K in `${N}Constraint`]?: constraints.ConstraintLike | null };
/** The same as fields of a layer. */
export type WeightFields<N extends string> = { readonly [K in `${N}Initializer`]: initializers.Initializer } & {
  readonly [K in `${N}Regularizer`]: regularizers.Regularizer | null;
} & { readonly [K in `${N}Constraint`]: constraints.Constraint | null };

/** Reads the options of the named weights; the record gives the default initializers. */
export function weightFields<N extends string>(o: object, defaults: Readonly<Record<N, string>>): WeightFields<N> {
  const given = o as Record<string, never>;
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(defaults) as N[]) {
    fields[`${name}Initializer`] = initializers.get(given[`${name}Initializer`] ?? defaults[name]);
    fields[`${name}Regularizer`] = regularizers.get(given[`${name}Regularizer`]);
    fields[`${name}Constraint`] = constraints.get(given[`${name}Constraint`]);
  }
  return fields as WeightFields<N>;
}
/** What `addWeight` takes for a named weight of a layer. */
export function weightOptions<N extends string>(
  layer: LayerState & WeightFields<N>,
  field: N,
  o: Omit<WeightOptions, 'initializer' | 'regularizer' | 'constraint'>,
): WeightOptions {
  const fields = layer as unknown as Record<string, never>;
  return {
    initializer: fields[`${field}Initializer`]!,
    regularizer: fields[`${field}Regularizer`] ?? null,
    constraint: fields[`${field}Constraint`] ?? null,
    ...o,
  };
}
/** Config keys of weights in Keras's order; `between` comes before the constraints. */
export const weightKeys = (names: readonly string[], between: readonly string[] = []): string[] => [
  ...names.map((n) => `${n}_initializer`),
  ...names.map((n) => `${n}_regularizer`),
  ...between,
  ...names.map((n) => `${n}_constraint`),
];
