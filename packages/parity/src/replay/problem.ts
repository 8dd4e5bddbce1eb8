// The problem on which the golden optimizers ran: `loss = mean((tanh(X W + b) U - Y)^2)`.
import type { CoreArray } from '@nn/formats';
import type { GoldenCase } from '../golden/group.js';
import type { Args } from './call.js';
import type { Replay } from './run.js';

export interface OptimizerCase extends GoldenCase {
  readonly kind: 'optimizer';
  readonly framework: 'torch' | 'keras';
  readonly name: string;
  readonly args: Args;
  readonly options: {
    /** Only these are optimized. */
    readonly params?: readonly string[];
    readonly groups?: readonly ({ readonly params: readonly string[] } & Args)[];
    readonly clip?: { readonly kind: 'norm' | 'value' } & Args;
    /** Stepped after each step. */
    readonly scheduler?: { readonly name: string; readonly args: Args };
    /** The learning rate of a Keras optimizer. */
    readonly schedule?: { readonly name: string; readonly args: Args };
    readonly sparse?: boolean;
  };
  readonly steps: number;
  readonly track: readonly string[];
  readonly problem: string;
  readonly tol: { readonly param: number; readonly loss: number; readonly grad: number; readonly state: number };
}

export interface ScheduleCase extends GoldenCase {
  readonly kind: 'schedule';
  readonly framework: 'torch' | 'keras';
  readonly name: string;
  readonly args: Args;
  /** The initial rate, of torch. */
  readonly lr: number;
  readonly lrs: readonly number[];
  readonly momenta?: readonly number[];
  readonly metric?: readonly number[];
  readonly tol: { readonly lrs: number };
}

export const weightNames = ['W', 'b', 'U'] as const;
export type WeightName = (typeof weightNames)[number];

export interface Problem<T, W> {
  readonly x: T;
  readonly y: T;
  /** The starting point. */
  readonly weights: Readonly<Record<WeightName, W>>;
}

/** The data and the starting point of the problem of a case. */
export function problemOf<T, W>(
  golden: OptimizerCase,
  { group }: Replay,
  tensor: (array: CoreArray) => T,
  weight: (array: CoreArray, name: string) => W,
): Problem<T, W> {
  const tensors = group.tensors(golden.file!, golden.problem);
  const start = weightNames.map((name) => [name, weight(tensors.get(`start/${name}`), name)] as const);
  return {
    x: tensor(tensors.get('data/X')),
    y: tensor(tensors.get('data/Y')),
    weights: Object.fromEntries(start) as Record<WeightName, W>,
  };
}
