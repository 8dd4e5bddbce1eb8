// The driver's end of one peer's process: starts it, asks, waits no longer than allowed, and starts it again after it had to be stopped.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Answer, Question } from '../measure/questions.js';
import { peersFolder } from './install.js';
import type { Greeting, Setup } from './setup.js';

/** The Python that PyTorch is looked for in: NN_BENCH_PYTHON, or else python3. */
export const python: string = process.env['NN_BENCH_PYTHON'] ?? 'python3';

function command(setup: Setup): [string, string[]] {
  if (setup.library === 'torch') return [python, [join(peersFolder, 'pytorch.py'), JSON.stringify(setup)]];
  // The same engine, and the same loader when the sources run unbuilt.
  const file = import.meta.url.endsWith('.ts') ? 'serve.ts' : 'serve.js';
  const path = fileURLToPath(new URL(file, import.meta.url));
  return [process.execPath, [...process.execArgv, path, JSON.stringify(setup)]];
}

/** A process that speaks lines of JSON. */
export class PeerProcess {
  private child: ChildProcessByStdio<Writable, Readable, Readable> | null = null;
  private lines: AsyncIterator<string> | null = null;
  /** The end of what it wrote to its standard error. */
  private complaint = '';
  versions: Readonly<Record<string, string>> = {};

  constructor(readonly setup: Setup) {}

  /** Starts the process and waits until its library is loaded. */
  async start(timeoutMs: number): Promise<void> {
    const [file, args] = command(this.setup);
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    this.complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaint = (this.complaint + text).slice(-2000);
    });
    // A process that cannot be started, or is gone, shows in the next line that is missing.
    child.on('error', (error) => {
      this.complaint = error.message;
    });
    child.stdin.on('error', () => {});
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const greeting = (await this.next(timeoutMs)) as Greeting;
    this.versions = greeting.versions;
  }

  /** The next line, or an error when none comes in time; then the process is stopped. */
  private async next(timeoutMs: number): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), timeoutMs);
    });
    const line = await Promise.race([this.lines!.next(), late]);
    clearTimeout(timer);
    if (line === 'late') {
      this.stop();
      throw new Error(`more than ${Math.round(timeoutMs / 1000)} s`);
    }
    if (line.done) {
      this.stop();
      const last = this.complaint.trim().split('\n');
      // Node prints the line of the source first, then the error.
      const thrown = last.find((l) => /^\w*Error\b.*: /.test(l))?.replace(/^Error: /, '');
      throw new Error(thrown ?? last.find((l) => /error/i.test(l))?.trim() ?? last.at(-1) ?? 'the process ended');
    }
    return JSON.parse(line.value);
  }

  /** Asks; failures of all kinds come back as an answer. */
  async ask(question: Question, timeoutMs: number): Promise<Answer> {
    try {
      if (!this.child) await this.start(timeoutMs);
      this.child!.stdin.write(`${JSON.stringify(question)}\n`);
      return (await this.next(timeoutMs)) as Answer;
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  stop(): void {
    this.child?.kill('SIGKILL');
    this.child = null;
  }
}
