// ONNX Runtime as a peer, in a browser or in Node. It runs models only: operations, forward.
import type { Case, Library } from '../measure/case.js';
import { digest, type Given } from '../work/numbers.js';
import type { Task } from '../work/task.js';
import { onnxModel, type OnnxFloat } from './onnx.js';

interface OrtTensor {
  readonly data: Float32Array;
  getData(): Promise<ArrayLike<number>>;
  dispose(): void;
}
type Named<T> = Readonly<Record<string, T>>;
interface Session {
  run(feeds: Named<OrtTensor>, fetches?: Named<OrtTensor>): Promise<Named<OrtTensor>>;
  release(): Promise<void>;
}
/** The part of its API that the tasks use. */
export interface Ort {
  readonly env: {
    readonly versions: Readonly<Record<string, string>>;
    readonly wasm: { numThreads?: number };
    readonly webgpu: { readonly device: GPUDevice | Promise<GPUDevice> };
  };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, shape: readonly number[]): OrtTensor;
    fromGpuBuffer(buffer: GPUBuffer, o: { dataType: 'float32' | 'float16'; dims: readonly number[] }): OrtTensor;
  };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

/** How sessions are made, and where tensors live. */
export interface OrtOptions {
  readonly session: object;
  /** Whether an output can be given to write into. */
  readonly writesInto?: boolean;
  /** The device that inputs are put on, and whose end of work is waited for; absent on the CPU. */
  readonly device?: () => Promise<GPUDevice>;
}

/** Half precision, where the engine has it. */
const { Float16Array } = globalThis as { Float16Array?: { from(data: Float32Array): ArrayBufferView<ArrayBuffer> } };

/** An input in the memory that the session reads. */
function place(ort: Ort, device: GPUDevice | undefined, { shape, data }: Given, dtype: OnnxFloat): OrtTensor {
  if (!device) return new ort.Tensor('float32', data, shape);
  const bytes = dtype === 'f32' ? data : Float16Array!.from(data);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: bytes.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, bytes);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: dtype === 'f32' ? 'float32' : 'float16', dims: shape });
}

async function prepare(ort: Ort, options: OrtOptions, task: Task): Promise<Case | null> {
  const model = onnxModel(task);
  if (!model || (model.dtype === 'f16' && !(options.device && Float16Array))) return null;
  const session = await ort.InferenceSession.create(model.bytes, options.session);
  const device = await options.device?.();
  const feeds = Object.fromEntries(
    Object.entries(model.inputs).map(([name, given]) => [name, place(ort, device, given, model.dtype)]),
  );
  const size = model.shape.reduce((a, b) => a * b, 1);
  const fetches = options.writesInto
    ? { y: new ort.Tensor('float32', new Float32Array(size), model.shape) }
    : undefined;
  let last: OrtTensor | null = null;
  return {
    async run() {
      const { y } = await session.run(feeds, fetches);
      if (device) last?.dispose();
      last = y!;
    },
    ...(device && { settle: () => device.queue.onSubmittedWorkDone() }),
    check: async () => digest(await last!.getData()),
    dispose: () => void session.release(),
  };
}

export const onnxRuntime = (ort: Ort, name: string, options: OrtOptions): Library => ({
  versions: { [name]: ort.env.versions['common'] ?? '?' },
  prepare: (task) => prepare(ort, options, task),
});
