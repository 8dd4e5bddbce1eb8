// Where the arrays of a program are: inputs first, then outputs, then scratch arrays.
import type { DType } from '../../base/index.js';
import type { Kernel } from '../../kernel/index.js';

export class Place {
  /** dtypes by place. */
  readonly dtypes: DType[];
  /** Sizes of the scratch arrays, in elements. */
  readonly scratch: number[] = [];
  private readonly inputs: number;
  constructor(
    kernel: Kernel,
    /** Inputs whose memory an output takes: the place of that output. */
    readonly aliases: ReadonlyMap<number, number> = new Map(),
  ) {
    this.inputs = kernel.inputs.length;
    this.dtypes = [...kernel.inputs, ...(kernel.form === 'rows' ? kernel.outputs.map((o) => o.dtype) : [kernel.dtype])];
  }
  output(slot: number): number {
    return this.inputs + slot;
  }
  /** A new array that lives while the program runs. */
  take(size: number, dtype: DType): number {
    this.scratch.push(size);
    return this.dtypes.push(dtype) - 1;
  }
}
