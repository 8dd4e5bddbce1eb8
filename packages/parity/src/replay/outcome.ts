// What replaying a case can come to.

/** One comparison that did not hold. */
export interface Failure {
  /** What was compared: "out/0", "grad_param/weight", or the message of an error. */
  readonly what: string;
  /** How far off, where numbers were compared. */
  readonly distance?: number;
  readonly tol?: number;
}

export type Outcome =
  | { readonly status: 'passed' }
  | { readonly status: 'failed'; readonly failures: readonly Failure[] }
  /** The module, layer, function, argument or dtype does not exist yet. */
  | { readonly status: 'not covered'; readonly reason: string };

/** Thrown while a case is rebuilt, where the library has no such name, argument or dtype yet. */
export class NotCovered extends Error {
  override readonly name: string = 'NotCovered';
}
