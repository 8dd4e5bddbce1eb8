// From a kernel to functions of WebAssembly, in phases that threads may share.
import { dtypes, sizeOf, type DType } from '../../base/index.js';
import { acc, type Kernel, type RowsKernel, type SerialKernel } from '../../kernel/index.js';
import { placed, productOf, type Product } from './contraction.js';
import { productIn, workspaceBytes } from './gemm.js';
import { copyMemory, i32, type I32, type Local } from './instructions.js';
import type { Func, Module, Signature } from './module.js';
import { head, outputsOf, phaseSignature, type Emitted, type Phase } from './phase.js';
import type { PlainKernel } from './plain-kernel.js';
import { partsOf } from './plain.js';
import { emitRows } from './schedule.js';
import { emitScan } from './scan.js';
import { emitScatter } from './scatter.js';
import { emitSort } from './sort.js';

/** Where an array of a kernel is: an argument, or so many bytes into the shared memory. */
type Place = { readonly argument: number } | { readonly shared: number };
const addressOf = (f: Func, place: Place): I32 =>
  'argument' in place ? f.param<'i32'>(place.argument) : i32.add(f.param<'i32'>(3), i32.const(place.shared));

const serial: Readonly<
  Record<SerialKernel['form'], (module: Module, kernel: SerialKernel, signature: Signature) => Emitted>
> = {
  scan: emitScan,
  scatter: emitScatter,
  sort: emitSort,
};

class Phases {
  readonly phases: Phase[] = [];
  shared = 0;
  scratch = 0;
  private readonly signature: Signature;
  constructor(
    private readonly module: Module,
    private readonly kernel: Kernel,
    private readonly place: (words: Int32Array) => number,
  ) {
    this.signature = phaseSignature(kernel);
  }
  output(k: number): Place {
    return { argument: head + this.kernel.inputs.length + k };
  }
  /** Shared memory for an array. */
  array(size: number, dtype: DType): Place {
    const shared = this.shared;
    this.shared += Math.ceil((size * dtypes[dtype].bytes) / 64 + 1) * 64;
    return { shared };
  }
  private phase(cost: number, write: (f: Func) => void): void {
    this.phases.push({ func: this.module.add(this.signature, write), extent: 1, cost });
  }
  plain(kernel: PlainKernel, inputs: readonly Place[], out: Place): void {
    const product = kernel.form === 'reduce' ? productOf(kernel) : null;
    if (product) return this.product(product, inputs, out);
    const rows: RowsKernel = {
      ...kernel,
      form: 'rows',
      stages: kernel.form === 'reduce' ? [{ ...kernel, op: kernel.attrs.op! }] : [],
      outputs: [
        {
          dtype: kernel.dtype,
          over: [],
          body: kernel.form === 'reduce' ? acc(0, kernel.dtype) : kernel.body,
          replaces: [],
        },
      ],
    };
    const made = emitRows(this.module, rows, phaseSignature(rows));
    this.scratch = Math.max(this.scratch, made.scratch);
    const shared = this.shared;
    this.shared += made.shared;
    const params = head + this.kernel.inputs.length + outputsOf(this.kernel).length;
    for (const { func, extent, cost } of made.phases) {
      const whole = this.module.add(this.signature, (f) =>
        f.do(
          this.module.call(
            func,
            ...f.params.slice(0, 3),
            i32.add(f.param<'i32'>(3), i32.const(shared)),
            ...[...inputs, out].map((x) => addressOf(f, x)),
            ...f.params.slice(params),
          ),
        ),
      );
      this.phases.push({ func: whole, extent, cost });
    }
  }
  /** A product of matrices: factors that are not inputs are computed first. */
  private product({ a, b, batch, words }: Product, inputs: readonly Place[], out: Place): void {
    this.scratch = Math.max(this.scratch, workspaceBytes);
    const [left, right] = [a, b].map(({ input, map }) => {
      if (!map) return inputs[input]!;
      const made = this.array(sizeOf(map.shape), 'f32');
      this.plain(map, inputs, made);
      return made;
    }) as [Place, Place];
    const plan = this.place(placed(words, this.place));
    const product = productIn(this.module);
    const multiply = (f: Func, at: readonly I32[]): void => {
      const [x, y, z] = [left, right, out].map((p, k) => i32.add(addressOf(f, p), at[k]!));
      f.do(this.module.call(product, i32.const(plan), x!, y!, z!, f.param<'i32'>(2)));
    };
    if (batch.length === 1) return this.phase(1e3, (f) => multiply(f, batch[0]!.map(i32.const)));
    const table = this.place(Int32Array.from(batch.flat()));
    this.phase(1e3 * batch.length, (f) => {
      const at: Local<'i32'> = f.local('i32');
      f.for(at, i32.const(table), i32.const(table + 12 * batch.length), i32.const(12), () =>
        multiply(
          f,
          [0, 4, 8].map((offset) => i32.load(at, offset)),
        ),
      );
    });
  }
  copy(from: Place, to: Place, bytes: number): void {
    this.phase(bytes / 16, (f) => f.do(copyMemory(addressOf(f, to), addressOf(f, from), i32.const(bytes))));
  }
}

/** Whether parts that run after an output read an input whose memory the output may take. */
const readLater = ({ outputs }: RowsKernel, k: number): boolean =>
  outputs[k]!.replaces.length > 0 && k < outputs.length - 1;

/** Writes the functions of a kernel. `place` puts a constant table into memory for as long as the module lives, and gives its address. */
export function emitKernel(module: Module, kernel: Kernel, place: (words: Int32Array) => number): Emitted {
  if (kernel.form !== 'rows') return serial[kernel.form](module, kernel, phaseSignature(kernel));
  const parts = partsOf(kernel);
  if (!parts.some((p) => p.kernel.form === 'reduce' && productOf(p.kernel)))
    return emitRows(module, kernel, phaseSignature(kernel));
  const all = new Phases(module, kernel, place);
  const arrays: Place[] = kernel.inputs.map((_, k) => ({ argument: head + k }));
  const aside: (() => void)[] = [];
  for (const { to, size, kernel: part } of parts) {
    if ('stage' in to) {
      const made = all.array(size, part.dtype);
      all.plain(part, arrays, made);
      arrays.push(made);
      continue;
    }
    const out = all.output(to.output);
    const made = readLater(kernel, to.output) ? all.array(size, part.dtype) : out;
    all.plain(part, arrays, made);
    if (made !== out) aside.push(() => all.copy(made, out, size * dtypes[part.dtype].bytes));
  }
  for (const copy of aside) copy();
  return { phases: all.phases, scratch: all.scratch, shared: all.shared };
}
