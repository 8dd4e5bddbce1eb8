// The errors that users see: one class for each kind of mistake, and the search for a near name.

/** Base class of every error that this library throws on purpose. */
export class NNError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
/** Shapes or axes that do not fit together. */
export class ShapeError extends NNError {}
/** A data type that an operation or a device does not take. */
export class DTypeError extends NNError {}
/** A position outside of an array. */
export class IndexError extends NNError {}
/** A value outside of what an operation accepts. */
export class ValueError extends NNError {}
/** Something that a traced function cannot do, such as reading a value. */
export class TraceError extends NNError {}
/** A tensor that was freed and is used again. */
export class DisposedError extends NNError {}
/** A device that cannot be had, or two devices in one operation. */
export class DeviceError extends NNError {}
/** A gradient that cannot be computed. */
export class GradError extends NNError {}

/** Edit distance (insert, delete, replace, swap of neighbours) of two words. */
function editDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i && j ? 0 : i + j)),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      d[i]![j] = Math.min(d[i - 1]![j]! + 1, d[i]![j - 1]! + 1, d[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d[i]![j] = Math.min(d[i]![j]!, d[i - 2]![j - 2]! + 1);
    }
  }
  return d[a.length]![b.length]!;
}

/**
 * The sentence that names the candidates nearest to a mistyped name, or '' when nothing is near. Append it to a message.
 *
 * @example
 * nearest('rleu', ['relu', 'elu', 'tanh']) // => ' Did you mean "relu"?'
 * nearest('xyzzy', ['relu']) // => ''
 */
export function nearest(name: string, candidates: Iterable<string>): string {
  const plain = (s: string): string => s.toLowerCase().replace(/[^a-z0-9]/g, '');
  const ranked = [...new Set(candidates)]
    .map((c) => ({ c, d: editDistance(plain(name), plain(c)) }))
    .filter(({ c, d }) => d <= Math.max(1, Math.floor(Math.min(plain(c).length, plain(name).length) / 3)))
    .sort((a, b) => a.d - b.d);
  const best = ranked.filter(({ d }) => d <= ranked[0]!.d).slice(0, 3);
  return best.length ? ` Did you mean ${best.map(({ c }) => `"${c}"`).join(' or ')}?` : '';
}
