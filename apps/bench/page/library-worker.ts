// The page's end of a worker: starts it, asks, and does not wait for ever.
import type { Answer, Question } from '../src/measure/questions.js';
import { libraries, type LibraryName } from './libraries.js';
import type { FromWorker, ToWorker } from './worker.js';

/** Seconds. */
const patience = 60;

export class LibraryWorker {
  versions: Readonly<Record<string, string>> = {};
  private worker: Worker | null = null;
  constructor(readonly name: LibraryName) {}

  private send(message: ToWorker): Promise<FromWorker> {
    const worker = this.worker!;
    const seconds = libraries[this.name].patience ?? patience;
    return new Promise((resolve) => {
      const end = (value: FromWorker): void => {
        clearTimeout(timer);
        worker.onmessage = worker.onerror = null;
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.stop();
        end({ error: `more than ${seconds} s` });
      }, 1000 * seconds);
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => end(data);
      worker.onerror = (event) => end({ error: event.message || 'the worker cannot be started' });
      worker.postMessage(message);
    });
  }

  /** Starts the worker; returns why its library cannot be had, or null. */
  async start(): Promise<string | null> {
    this.worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const loaded = await this.send({ load: this.name });
    if ('versions' in loaded) {
      this.versions = loaded.versions;
      return null;
    }
    this.stop();
    return 'error' in loaded ? loaded.error : 'it does not load';
  }

  /** Failures come back as answers. A worker that had to be stopped is started again. */
  async ask(question: Question): Promise<Answer> {
    const refusal = this.worker ? null : await this.start();
    return refusal === null ? ((await this.send(question)) as Answer) : { error: refusal };
  }

  stop(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}
