// A worker with one library: loads it when it is told which, then answers questions, one at a time.
import { Answers } from '../src/measure/answers.js';
import type { Answer, Question } from '../src/measure/questions.js';
import { libraries, type LibraryName } from './libraries.js';
import { loaders } from './load.js';

/** What a page says to a worker: first the library, then questions. */
export type ToWorker = { readonly load: LibraryName } | Question;
/** What it answers: versions, or why it cannot be loaded; then answers. */
export type FromWorker = { readonly versions: Readonly<Record<string, string>> } | Answer;

let answers: Answers | null = null;

async function load(name: LibraryName): Promise<FromWorker> {
  const library = await loaders[name]();
  answers = new Answers(library, libraries[name].batchMs, { peak: () => undefined, now: () => 0 });
  return { versions: library.versions };
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  const answer = 'load' in data ? load(data.load) : answers!.to(data);
  answer
    .catch((error: unknown): FromWorker => ({ error: error instanceof Error ? error.message : String(error) }))
    .then((value) => postMessage(value))
    .catch(reportError);
});
