// The WebGPU backend: kernels as WGSL, commands enqueued at once, reading as the only act that waits.
import { DeviceError, type DType } from '../../base/index.js';
import { compileOnce, inTurn, type Backend, type Program } from '../backend.js';
import { adapterOf, type Adapter } from './adapter.js';
import { Autotuner, type TunedProduct } from './autotune.js';
import { Commands } from './commands.js';
import { Gpu, type AdapterReport, type OpenOptions } from './device.js';
import { Faults } from './faults.js';
import { Pool, type Block } from './memory.js';
import { checkPrecision, type ProductPrecision } from './precision.js';
import { profile, type Profile } from './profile.js';
import { Compiler } from './program.js';
import { GpuSequence } from './sequence.js';
import { areInOrder } from './subgroups.js';
import { Transfer } from './transfer.js';
import { adapterName, productName, sameSchedule, TuningCache, type Tuning } from './tuning.js';
import type { Product } from './contraction/product.js';
import type { Schedule } from './contraction/schedule.js';

/** A backend on a device of its own. */
export interface Webgpu extends Backend {
  readonly report: AdapterReport;
  readonly lost: string | null;
  /** What the factors of products of f32 may be rounded to. */
  readonly productPrecision: ProductPrecision;
  /**
   * From now on the factors of large products of f32 arrays may be rounded to less, in programs that are compiled already too; sums and
   * results stay f32. As PyTorch's `set_float32_matmul_precision`, for programs that can do with less precise products.
   *
   * @param precision  'f32', or 'f16': off by up to 1e-3 of each product's size, for numbers between 6.1e-5 and 65504
   * @throws DeviceError  when the adapter has no "shader-f16"
   * @example
   * const gpu = await openWebgpu(); // the device of setDevice('webgpu')
   * gpu.setProductPrecision('f16');
   */
  setProductPrecision(precision: ProductPrecision): void;
  /** Arrays in use with their bytes, and bytes that wait for the next array. */
  usage(): { readonly arrays: number; readonly bytes: number; readonly waiting: number };
  /** Batches and dispatches that were handed to the GPU so far. */
  work(): { readonly submits: number; readonly dispatches: number };
  /**
   * Runs `f`, then measures the schedules that are promising for each product of matrices and each convolution in it, and from now on takes the
   * quickest, in programs that are compiled already too. Products that were measured before, or loaded, are not measured again. It takes about a
   * second for each product, most of it for compiling.
   *
   * @param f  one step of the program, of which each kernel is looked at
   * @returns  what was measured, in the order in which `f` met it
   * @example
   * const gpu = await openWebgpu(); // the device of setDevice('webgpu')
   * await gpu.autotune(() => step(x, y).item());
   * await writeFile('tuning.json', JSON.stringify(gpu.tuning())); // or localStorage, in browsers
   */
  autotune(f: () => unknown): Promise<readonly TunedProduct[]>;
  /** All that `autotune` found and `loadTuning` was given: plain data, for JSON. */
  tuning(): Tuning;
  /**
   * Takes what `tuning()` returned, in another run or on another machine; what was measured on other adapters is kept, and of use there. Schedules
   * that this version does not have are passed over.
   *
   * @param value  parsed JSON. It may come from anybody: it can make programs slower, and nothing else
   * @throws ValueError  loadTuning: entries[0].schedule.rows: expected a whole number from 1 to 64, received "x"
   */
  loadTuning(value: unknown): void;
  /** Runs `f`, waits for the GPU, and tells what each kernel took. Each dispatch is a pass of its own meanwhile, so that the whole is slower. */
  profile(f: () => unknown): Promise<Profile>;
  /** Gives the device back. Its arrays are gone. */
  destroy(): void;
}

export interface WebgpuOptions extends OpenOptions {
  /** Numbers that schedules go by, instead of those of the adapter's class. */
  readonly tuning?: Partial<Adapter>;
  /** As for `setProductPrecision`. Default 'f32'. */
  readonly products?: ProductPrecision;
  /** Whether compiled functions are recorded once and replayed. Without, each kernel is recorded at each run: to measure what that costs. Default true. */
  readonly replay?: boolean;
}

/**
 * Opens a GPU: `navigator.gpu` in browsers, the package "webgpu" in Node.
 *
 * @param o  see WebgpuOptions
 * @throws DeviceError  (as a rejection) with the reason and the remedy when no GPU can be had
 */
export async function createWebgpu({
  tuning,
  products = 'f32',
  replay = true,
  ...options
}: WebgpuOptions = {}): Promise<Webgpu> {
  const gpu = await Gpu.open(options);
  try {
    checkPrecision(products, gpu.report);
  } catch (error) {
    gpu.destroy();
    throw error;
  }
  const faults = new Faults(gpu);
  const commands = new Commands(gpu);
  const pool = new Pool(gpu, commands, faults);
  const transfer = new Transfer(gpu, commands, faults);
  let adapter: Adapter = { ...adapterOf(gpu.report), products, ...tuning };
  // where no rows are shared nobody has to know
  if (adapter.subgroups && adapter.lanes > 1 && !(await areInOrder(gpu))) adapter = { ...adapter, subgroups: null };
  const compiler = new Compiler(gpu, faults, commands, pool, adapter);
  const cache = new TuningCache(adapterName(gpu.report));
  const measured = (product: Product): Schedule => {
    const { products, schedulesOf } = compiler.adapter;
    const known = cache.isEmpty ? null : cache.get(productName(product, products));
    return (known && schedulesOf(product).find((s) => sameSchedule(s, known))) ?? adapter.scheduleOf(product);
  };
  compiler.adapt({ scheduleOf: measured });
  const compile = compileOnce((kernel): Program => compiler.compile(kernel));
  const tuner = new Autotuner(gpu, faults, pool, compiler, cache);
  const dtypes: readonly DType[] = ['f32', 'i32', 'u32', 'u8', 'bool'];
  return {
    name: 'webgpu',
    get lost() {
      return gpu.lost;
    },
    report: gpu.report,
    get productPrecision() {
      return compiler.adapter.products;
    },
    setProductPrecision: (precision) => {
      if (checkPrecision(precision, gpu.report) !== compiler.adapter.products) compiler.adapt({ products: precision });
    },
    dtypes: new Set(dtypes),
    alloc: (size, dtype) => pool.allocate(size, dtype),
    free: (buffer) => pool.release(buffer as Block),
    write: (buffer, data) => transfer.write(buffer as Block, data),
    read: (buffer) => transfer.read(buffer as Block),
    maxBuffers: adapter.maxBuffers,
    compile,
    sequence: (launches) => (replay ? new GpuSequence(launches, compiler, commands, pool) : inTurn(compile, launches)),
    usage: () => ({ arrays: pool.live, bytes: pool.liveBytes, waiting: pool.freeBytes }),
    work: () => ({ submits: commands.submits, dispatches: commands.dispatches }),
    autotune: (f) => tuner.tune(f),
    tuning: () => cache.export(),
    loadTuning: (value) => {
      cache.load(value);
      compiler.adapt({});
    },
    profile: (f) => profile(gpu, commands, f),
    destroy: () => gpu.destroy(),
  };
}

let current: Promise<Webgpu> | null = null;
/**
 * The backend that all tensors on the device share; a new one when the last was lost.
 *
 * @param o  how it is opened; only before it is open, so before setDevice('webgpu')
 * @throws DeviceError  (as a rejection) when there are options and it is open already, or when no GPU can be had
 */
export async function openWebgpu(o?: WebgpuOptions): Promise<Webgpu> {
  const known = await current?.catch(() => null);
  if (known && known.lost === null) {
    if (o)
      throw new DeviceError(
        "openWebgpu: the device is open already, so that options come too late. Call it before setDevice('webgpu'), or make a device of your own with createWebgpu()",
      );
    return known;
  }
  current = createWebgpu(o);
  return current;
}
