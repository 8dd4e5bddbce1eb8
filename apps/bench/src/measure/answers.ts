// Answers the questions about one library. It keeps the case that it was last asked about.
import type { Library, Loop } from './case.js';
import type { Answer, LiveRow, Question, TimeAnswer } from './questions.js';
import { sample, warm, type Warm } from './sample.js';

/** What the surroundings know of their memory, in bytes. */
export interface Memory {
  peak(): number | undefined;
  now(): number;
}
/** Rows of what is alive over a loop. */
const rows = 10;

export class Answers {
  private current: { readonly key: string; readonly warm: Warm } | null = null;
  constructor(
    private readonly library: Library,
    /** A batch of runs takes at least this long. */
    private readonly batchMs: number,
    private readonly memory: Memory,
  ) {}

  /** Failures of the library come back as an answer. */
  async to(question: Question): Promise<Answer> {
    try {
      if (question.ask === 'time') return await this.time(question);
      if (!this.library.loop) return { unsupported: true };
      return { live: await this.watch(this.library.loop(question.task, question.style), question.steps) };
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  private async time({ task, ms }: Extract<Question, { ask: 'time' }>): Promise<Answer> {
    const key = JSON.stringify(task);
    let news: Pick<TimeAnswer, 'first' | 'check'> = {};
    if (this.current?.key !== key) {
      this.current?.warm.case.dispose?.();
      this.current = null;
      const made = await this.library.prepare(task);
      if (!made) return { unsupported: true };
      this.current = { key, warm: await warm(made, this.batchMs) };
      news = { first: this.current.warm.first, check: this.current.warm.check };
    }
    const peak = this.memory.peak();
    return { ...(await sample(this.current.warm, ms)), ...news, ...(peak !== undefined && { peak }) };
  }

  private async watch(loop: Loop, steps: number): Promise<LiveRow[]> {
    const seen: LiveRow[] = [];
    for (let step = 1; step <= steps; step++) {
      await loop.step();
      if (step % Math.ceil(steps / rows) === 0 || step === steps)
        seen.push({ step, ...loop.live(), rss: this.memory.now() });
    }
    return seen;
  }
}
