// The rules as data, for the docs.
import { nn } from '@nn/torch';
import { wayOut } from './error.js';
import { records } from './registry.js';
import type { PortRecord, Refusal } from './rule.js';

/** One line of the table of rules. */
export interface PortRuleRow {
  /** `nn.Linear`; null where the Keras layer becomes another module than that of its own line. */
  readonly torch: string | null;
  /** `Dense`; null where the torch module becomes another layer. */
  readonly keras: string | null;
  readonly toKeras: boolean;
  readonly toTorch: boolean;
  /** What differs besides names and weights. */
  readonly notes: string;
  /** What is refused, by direction, with the reason and the way out. */
  readonly refusals: readonly {
    readonly direction: 'toKeras' | 'toTorch';
    readonly reason: string;
    readonly wayOut: string;
  }[];
}

const library: () => ReadonlySet<unknown> = () => new Set(Object.values(nn));
function rowOf({ torch, keras, rule }: PortRecord): PortRuleRow {
  const refusals = (['toKeras', 'toTorch'] as const).flatMap((direction) =>
    ((direction === 'toKeras' ? rule.refuseToKeras : rule.refuseToTorch) ?? []).map((r: Refusal<never>) => ({
      direction,
      reason: r.reason,
      wayOut: r.wayOut ?? wayOut[direction],
    })),
  );
  const whole = (direction: 'toKeras' | 'toTorch'): boolean =>
    refusals.some((r) => r.direction === direction) &&
    !(direction === 'toKeras' ? keras : torch) &&
    (direction === 'toKeras' ? rule.toTorch : rule.toKeras) === undefined &&
    rule.notes === undefined;
  return {
    torch: torch ? `${library().has(torch) ? 'nn.' : ''}${torch.name}` : null,
    keras: keras?.name ?? null,
    toKeras: rule.toKeras !== undefined && !whole('toKeras'),
    toTorch: rule.toTorch !== undefined && !whole('toTorch'),
    notes: rule.notes ?? '',
    refusals,
  };
}

/**
 * Every rule: those of this package, then those that were declared.
 *
 * @example
 * portRules().find((r) => r.torch === 'nn.Linear').keras // => 'Dense'
 */
export const portRules = (): readonly PortRuleRow[] => records().map(rowOf);
