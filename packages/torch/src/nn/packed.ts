// Sequences of different lengths without padding, as torch.nn.utils.rnn has them.
import * as core from '@nn/core';
import { Tensor } from '../tensor/tensor.js';
import { range } from '../tensor/range.js';

/** Sequences packed step by step: all first elements, all second ones, and so on, longest sequence first. */
export class PackedSequence {
  constructor(
    /** [sum of lengths, ...] */
    readonly data: Tensor,
    /** How many sequences have a first, second, ... element. */
    readonly batchSizes: readonly number[],
    /** Which sequence of the batch stands at which place. */
    readonly sortedIndices: readonly number[] | null,
    /** Where each sequence of the batch stands. */
    readonly unsortedIndices: readonly number[] | null,
  ) {}
}

export type Lengths = Tensor | readonly number[];
const listOf = (lengths: Lengths): number[] => [
  ...(lengths instanceof Tensor ? core.dataSync(lengths.value) : lengths),
];
const pick = (v: core.Tensor, places: readonly number[], axis: number): core.Tensor =>
  core.take(
    v,
    core.beside(v, () => core.tensor(Int32Array.from(places))),
    axis,
  );
const inverse = (order: readonly number[]): number[] => order.map((_, i) => order.indexOf(i));

export interface PackOptions {
  /** [n, t, ...] instead of [t, n, ...]; default false. */
  batchFirst?: boolean;
  /** Lengths must not increase; default true. With false the sequences are sorted. */
  enforceSorted?: boolean;
}
/** Packs padded sequences [t, n, ...] of the given lengths. */
export function packPaddedSequence(input: Tensor, lengths: Lengths, o: PackOptions = {}): PackedSequence {
  const counts = listOf(lengths);
  const v = o.batchFirst ? core.transpose(input.value, 0, 1) : input.value;
  if (counts.length !== v.shape[1])
    throw new core.ShapeError(
      `Expected \`len(lengths)\` to be equal to batch_size, but got ${counts.length} (batch_size=${v.shape[1]})`,
    );
  if (counts.some((n) => n <= 0))
    throw new core.ValueError(
      "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0",
    );
  const enforce = o.enforceSorted ?? true;
  if (enforce && counts.some((n, i) => i > 0 && n > counts[i - 1]!)) {
    throw new core.ValueError(
      '`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforceSorted: false` to pack_padded_sequence and/or pack_sequence to sidestep this requirement',
    );
  }
  const order = range(counts.length).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const sorted = order.map((i) => counts[i]!);
  const batchSizes = range(sorted[0] ?? 0).map((t) => sorted.filter((n) => n > t).length);
  const n = counts.length;
  const flat = core.reshape(v, [v.shape[0]! * n, ...v.shape.slice(2)]);
  const data = pick(
    flat,
    batchSizes.flatMap((b, t) => range(b).map((k) => t * n + order[k]!)),
    0,
  );
  return new PackedSequence(
    new Tensor(data, 'PackPaddedSequence'),
    batchSizes,
    enforce ? null : order,
    enforce ? null : inverse(order),
  );
}
/** Packs a list of sequences [t, ...]. */
export function packSequence(sequences: readonly Tensor[], o: { enforceSorted?: boolean } = {}): PackedSequence {
  return packPaddedSequence(
    padSequence(sequences),
    sequences.map((s) => s.shape[0]!),
    o,
  );
}
/** Sequences [t, ...] side by side, padded to the longest: [t, n, ...]. */
export function padSequence(
  sequences: readonly Tensor[],
  o: { batchFirst?: boolean; paddingValue?: number } = {},
): Tensor {
  const longest = sequences.reduce((n, s) => Math.max(n, s.shape[0]!), 0);
  const padded = sequences.map((s) =>
    core.pad(
      s.value,
      s.shape.map((n, d): [number, number] => (d === 0 ? [0, longest - n] : [0, 0])),
      { value: o.paddingValue ?? 0 },
    ),
  );
  return new Tensor(core.stack(padded, o.batchFirst ? 0 : 1), 'Stack');
}

/** The lengths of the packed sequences, longest first. */
export const lengthsOf = (p: PackedSequence): number[] =>
  range(p.batchSizes[0] ?? 0).map((k) => p.batchSizes.filter((b) => b > k).length);

/** Packed data as [t, n, ...], longest sequence first. */
export function spreadPacked(data: core.Tensor, batchSizes: readonly number[], steps: number, value = 0): core.Tensor {
  const n = batchSizes[0] ?? 0;
  const starts = batchSizes.map((_, t) => batchSizes.slice(0, t).reduce((a, b) => a + b, 0));
  const hole = data.shape[0]!;
  const places = range(steps).flatMap((t) => range(n).map((k) => (k < (batchSizes[t] ?? 0) ? starts[t]! + k : hole)));
  const padded = core.pad(
    data,
    data.shape.map((_, d): [number, number] => [0, d === 0 ? 1 : 0]),
    { value },
  );
  return core.reshape(pick(padded, places, 0), [steps, n, ...data.shape.slice(1)]);
}
/** The rows of [t, n, ...] that belong to sequences, packed. */
export function gatherPacked(v: core.Tensor, batchSizes: readonly number[]): core.Tensor {
  const n = batchSizes[0] ?? 0;
  return pick(
    core.reshape(v, [v.shape[0]! * n, ...v.shape.slice(2)]),
    batchSizes.flatMap((b, t) => range(b).map((k) => t * n + k)),
    0,
  );
}

export interface UnpackOptions {
  batchFirst?: boolean;
  paddingValue?: number;
  totalLength?: number | null;
}
/** The padded sequences [t, n, ...] in their first order, and their lengths. */
export function padPackedSequence(packed: PackedSequence, o: UnpackOptions = {}): [Tensor, Tensor] {
  const steps = o.totalLength ?? packed.batchSizes.length;
  if (steps < packed.batchSizes.length) {
    throw new core.ValueError(
      `Expected total_length to be at least the length of the longest sequence in input, but got total_length=${steps} and max sequence length being ${packed.batchSizes.length}`,
    );
  }
  let v = spreadPacked(packed.data.value, packed.batchSizes, steps, o.paddingValue ?? 0);
  let counts = lengthsOf(packed);
  if (packed.unsortedIndices) {
    v = pick(v, packed.unsortedIndices, 1);
    counts = packed.unsortedIndices.map((i) => counts[i]!);
  }
  return [
    new Tensor(o.batchFirst ? core.transpose(v, 0, 1) : v, 'PadPackedSequence'),
    new Tensor(core.beside(v, () => core.tensor(Int32Array.from(counts)))),
  ];
}
