// ONNX Runtime as a peer, in a browser or in Node. It runs models only: operations, forward.
import type { Case, Library } from '../measure/case.js';
import { digest } from '../work/numbers.js';
import type { Task } from '../work/task.js';
import { onnxModel } from './onnx.js';

interface OrtTensor {
  readonly data: Float32Array;
  getData(): Promise<Float32Array>;
  dispose(): void;
}
type Named<T> = Readonly<Record<string, T>>;
interface Session {
  run(feeds: Named<OrtTensor>, fetches?: Named<OrtTensor>): Promise<Named<OrtTensor>>;
  release(): Promise<void>;
}
/** The part of its API that the tasks use. */
export interface Ort {
  readonly env: { readonly versions: Readonly<Record<string, string>>; readonly wasm: { numThreads?: number } };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

/** How sessions are made, and whether an output can be given to write into. */
export interface OrtOptions {
  readonly session: object;
  readonly writesInto: boolean;
  /** On a device: waits until everything is done. */
  readonly settle?: () => Promise<unknown>;
}

async function prepare(
  ort: Ort,
  { session: options, writesInto, settle }: OrtOptions,
  task: Task,
): Promise<Case | null> {
  const model = onnxModel(task);
  if (!model) return null;
  const session = await ort.InferenceSession.create(model.bytes, options);
  const feeds = Object.fromEntries(
    Object.entries(model.inputs).map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, shape)]),
  );
  const size = model.shape.reduce((a, b) => a * b, 1);
  const fetches = writesInto ? { y: new ort.Tensor('float32', new Float32Array(size), model.shape) } : undefined;
  let last: OrtTensor | null = null;
  return {
    async run() {
      const { y } = await session.run(feeds, fetches);
      if (settle) last?.dispose();
      last = y!;
    },
    ...(settle && { settle }),
    check: async () => digest(await last!.getData()),
    dispose: () => void session.release(),
  };
}

export const onnxRuntime = (ort: Ort, name: string, options: OrtOptions): Library => ({
  versions: { [name]: ort.env.versions['common'] ?? '?' },
  prepare: (task) => prepare(ort, options, task),
});
