// Taking turns: round after round each peer gets its time, so that what else happens on the machine meets all of them.
import type { Cell } from '../report/results.js';
import type { Task } from '../work/task.js';
import { failureOf, type Answer, type Question, type TimeAnswer } from './questions.js';

/** A round that takes so long, in milliseconds, is not repeated. */
const slowMs = 1500;

/** A peer and what it has to show. */
export interface Turn<P> {
  readonly peer: P;
  cell: Cell;
}
export const turnOf = <P>(peer: P): Turn<P> => ({ peer, cell: { rounds: [] } });

/** The cell with one more round, or with the reason why there are no more. */
function extended(cell: Cell, answer: Answer): Cell {
  const failure = failureOf(answer);
  if (failure !== null) return { ...cell, failure };
  const { median, best, runs, first, check } = answer as TimeAnswer;
  return {
    ...cell,
    ...(first !== undefined && { first }),
    ...(check && { check }),
    rounds: [...cell.rounds, { median, best, runs }],
  };
}
/** Whether nothing more is asked of a peer: it failed, or it is slow. */
export const finished = (cell: Cell): boolean =>
  cell.failure !== undefined || (cell.rounds.length > 0 && cell.rounds.at(-1)!.median > slowMs);

/** How turns are taken. */
export interface Taking<P> {
  readonly rounds: number;
  /** Milliseconds of a turn. */
  readonly ms: number;
  readonly ask: (peer: P, question: Question) => Promise<Answer>;
  readonly done: (turn: Turn<P>) => void;
}
/** Times a task with each peer, in turns. */
export async function takeTurns<P>(
  task: Task,
  turns: readonly Turn<P>[],
  { rounds, ms, ask, done }: Taking<P>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      if (!finished(turn.cell)) turn.cell = extended(turn.cell, await ask(turn.peer, { ask: 'time', task, ms }));
      done(turn);
    }
  }
}
