// Opens a GPU: `navigator.gpu` in browsers, the optional package "webgpu" (Dawn) in Node; and knows when it is lost.
import { DeviceError } from '../../base/index.js';

/** The sizes that subgroups may have: powers of two. */
export interface Subgroups {
  readonly least: number;
  readonly most: number;
}
/** What the machine gave. */
export interface AdapterReport {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** A program that plays the GPU on the CPU. */
  readonly software: boolean;
  readonly features: readonly string[];
  /** Sizes that subgroups may have; null where kernels cannot use them. */
  readonly subgroups: Subgroups | null;
  readonly limits: Readonly<Record<Limit, number>>;
}

const limits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;
type Limit = (typeof limits)[number];
/** Used where they are to be had. */
const wanted: readonly GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query'];

interface Host {
  readonly navigator?: { readonly gpu?: GPU };
  readonly process?: {
    readonly versions?: { readonly node?: string };
    on(event: 'exit', listener: () => void): unknown;
  };
}
const host = globalThis as unknown as Host;
const isNode = host.process?.versions?.node !== undefined;

/** Dawn frees its instance with the GPU object, although its work may go on: nothing here is ever let go of. */
let dawn: GPU | null = null;
/** Devices that Node must see destroyed before it ends: the process would crash otherwise. */
const alive = new Set<GPUDevice>();

async function openDawn(): Promise<GPU> {
  if (dawn) return dawn;
  // a name that bundlers do not follow: browsers have no use for the package
  const name = 'webgpu';
  const loaded = await (import(/* @vite-ignore */ name) as Promise<{ create(options: string[]): GPU }>).catch(
    (error: unknown) => {
      throw new DeviceError(
        `webgpu: in Node the device needs the package "webgpu", which could not be loaded (${(error as Error).message.split('\n')[0]}). Install it beside @nn/core (npm install webgpu), or choose "wasm" or "cpu"`,
      );
    },
  );
  dawn ??= loaded.create([]);
  host.process!.on('exit', () => {
    for (const device of alive) device.destroy();
  });
  return dawn;
}
async function openApi(): Promise<GPU> {
  const gpu = host.navigator?.gpu;
  if (gpu) return gpu;
  if (isNode) return openDawn();
  throw new DeviceError(
    'webgpu: this browser offers no WebGPU (navigator.gpu is missing). Open the page by https or from localhost, in a browser that has it (Chrome or Edge 113, Safari 26, Firefox 141 or later), or choose "wasm" or "cpu"',
  );
}

/** Without the sizes, which WebGPU calls optional, kernels do without. */
function subgroupsOf({ features, info }: GPUAdapter): Subgroups | null {
  const { subgroupMinSize: least, subgroupMaxSize: most } = info;
  return features.has('subgroups') && least && most && least > 1 ? { least, most } : null;
}

export interface OpenOptions {
  /** Which of several GPUs. Default 'high-performance'. */
  readonly powerPreference?: GPUPowerPreference;
}

/** An open device and what is known of it. */
export class Gpu {
  /** Why it cannot be used any more; null while it can. */
  lost: string | null = null;
  private readonly listeners = new Set<(error: DeviceError) => void>();
  private constructor(
    readonly device: GPUDevice,
    readonly report: AdapterReport,
  ) {
    if (isNode) alive.add(device);
    device.lost
      .then(({ reason, message }) => {
        alive.delete(device);
        this.lost ??= `${message || 'no reason was given'}${reason === 'destroyed' ? ' (destroyed)' : ''}`;
        this.tell();
      })
      .catch(() => {});
  }
  /** @throws DeviceError  with the reason and the remedy when no GPU can be had */
  static async open({ powerPreference = 'high-performance' }: OpenOptions = {}): Promise<Gpu> {
    const api = await openApi();
    const adapter = await api.requestAdapter({ powerPreference });
    if (!adapter)
      throw new DeviceError(
        `webgpu: no adapter was found: ${isNode ? 'this machine has no graphics driver that Dawn can use (Vulkan, Metal or D3D12). Install one (on Linux a Vulkan loader and driver, libvulkan1 and mesa-vulkan-drivers)' : 'this browser has no GPU that it lets pages use. See chrome://gpu or about:support'}, or choose "wasm" or "cpu"`,
      );
    const found = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])) as Record<Limit, number>;
    const device = await adapter.requestDevice({
      requiredFeatures: wanted.filter((f) => adapter.features.has(f)),
      requiredLimits: found,
    });
    const { vendor, architecture, device: name, description } = adapter.info;
    return new Gpu(device, {
      vendor,
      architecture,
      device: name,
      description,
      software:
        adapter.info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|warp/i.test(`${architecture} ${description}`),
      features: [...adapter.features].sort(),
      subgroups: subgroupsOf(adapter),
      limits: found,
    });
  }
  has(feature: GPUFeatureName): boolean {
    return this.device.features.has(feature);
  }
  /** Throws when the device is lost. */
  check(): void {
    if (this.lost !== null) throw this.lossError();
  }
  lossError(): DeviceError {
    return new DeviceError(
      `webgpu: the device was lost: ${this.lost}. What its arrays held is gone. Open it again with setDevice('webgpu'), make the arrays anew, and load weights from where they were saved`,
    );
  }
  /** Calls back once when the device is lost; returns how to stop listening. */
  onLost(listener: (error: DeviceError) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  /** Gives the device back. Everything that is still waited for is rejected. */
  destroy(): void {
    this.lost ??= 'it was closed by destroy()';
    this.device.destroy();
    this.tell();
  }
  private tell(): void {
    const all = [...this.listeners];
    this.listeners.clear();
    for (const listener of all) listener(this.lossError());
  }
}
