// Replays groups: every case through the adapter of its group, with the memory of each case freed at its end.
import { DeviceError, DTypeError, openScope, TraceError } from '@nn/core';
import { FormatError } from '@nn/formats';
import { kindOf, type GoldenCase, type Group, type Tensors } from '../golden/group.js';
import { Check } from './check.js';
import { NotCovered, type Outcome } from './outcome.js';

/** What an adapter is given for a case. */
export interface Replay {
  readonly group: Group;
  readonly tensors: Tensors;
  readonly check: Check;
  /** Run forward and gradients inside the face's compile. */
  readonly compiled: boolean;
  /** Runs forward and gradients; what they are computed with is made outside of it. */
  readonly around: Around;
}
export type Around = <R>(f: () => R) => R;

/** Rebuilds the cases of one group through the public API and compares what comes out. */
export type Adapter<C extends GoldenCase> = (golden: C, replay: Replay) => Promise<void>;

export interface Replayed {
  readonly golden: GoldenCase;
  readonly kind: string;
  readonly outcome: Outcome;
}

/** Replays one case. */
export async function replayCase(
  golden: GoldenCase,
  group: Group,
  adapter: Adapter<GoldenCase>,
  compiled: boolean,
  around: Around = (f) => f(),
): Promise<Outcome> {
  const check = new Check();
  const scope = openScope();
  try {
    await adapter(golden, { group, tensors: group.tensorsOf(golden), check, compiled, around });
    if (check.count === 0) check.fail('nothing was compared');
  } catch (error) {
    const reason = reasonOf(error, compiled);
    if (reason !== null) return { status: 'not covered', reason };
    check.fail(`${(error as Error).name}: ${(error as Error).message}`);
  } finally {
    scope.close();
  }
  return check.failures.length > 0 ? { status: 'failed', failures: check.failures } : { status: 'passed' };
}

/** Why a case cannot run, by design or for now; null for what is a failure. */
function reasonOf(error: unknown, compiled: boolean): string | null {
  if (error instanceof NotCovered || error instanceof FormatError) return error.message;
  // A trace knows no values: what depends on them, such as the shape of nonzero(), cannot be compiled.
  if (compiled && error instanceof TraceError) return 'reads values while it is traced';
  // Nor can a synchronous function read them from a device that has to be waited for.
  if (error instanceof DeviceError && error.message.includes('cannot be read without waiting'))
    return 'reads values of a device that has to be waited for';
  if (error instanceof DTypeError && error.message.includes('has no f64'))
    return 'computes in f64, which the device lacks';
  return null;
}

/** The cases of a group whose id or kind matches. */
export function selectCases(group: Group, only: string | undefined): readonly GoldenCase[] {
  return only === undefined
    ? group.cases
    : group.cases.filter((golden) => golden.id === only || kindOf(golden) === only);
}
