// Errors that a GPU reports long after the call that made them: kept until somebody waits, and thrown there.
import { DeviceError } from '../../base/index.js';
import type { Gpu } from './device.js';

export class Faults {
  /** What error scopes caught, which says what went wrong; and errors that follow from it. */
  private caught: DeviceError | null = null;
  private stray: DeviceError | null = null;
  /** Error scopes whose answer is not there yet. */
  private readonly open = new Set<Promise<void>>();
  constructor(private readonly gpu: Gpu) {
    gpu.device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.stray ??= new DeviceError(`webgpu: ${event.error.message}`);
    });
  }
  /** Runs `act`; an error of that kind in it becomes what `explain` makes of it, for the next one who waits. */
  guard<T>(kind: GPUErrorFilter, explain: (message: string) => DeviceError, act: () => T): T {
    const { device } = this.gpu;
    device.pushErrorScope(kind);
    try {
      return act();
    } finally {
      const answer: Promise<void> = device
        .popErrorScope()
        .then(
          (error) => {
            const explained = error && explain(error.message);
            if (explained) this.caught ??= explained;
          },
          () => {},
        )
        .finally(() => this.open.delete(answer));
      this.open.add(answer);
    }
  }
  /** Waits for the answers, and throws the first error since the last time. */
  async settle(): Promise<void> {
    while (this.open.size) await Promise.all(this.open);
    const error = this.caught ?? this.stray;
    this.caught = this.stray = null;
    if (error) throw error;
  }
}
