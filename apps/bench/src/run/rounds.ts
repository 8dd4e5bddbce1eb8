// Measures workloads with peers that run in processes of their own.
import { failureOf, type LiveAnswer, type Round, type TimeAnswer } from '../measure/questions.js';
import { finished, takeTurns, turnOf, type Turn } from '../measure/turns.js';
import { disagreements, toleranceOf, type Cell, type Result } from '../report/results.js';
import type { Alive, First, Workload } from '../work/workloads.js';
import { spoken, type PeerRow } from './peers.js';
import { PeerProcess } from './process.js';

/** A peer does not get longer than this for one turn. */
const patienceMs = 30_000;
const roundMs = 250;
/** New processes for each first call. */
const firstRounds = 3;
const loopSteps = 10_000;
const loopPatienceMs = 180_000;

export interface Progress {
  begin(total: number): void;
  /** A turn of a peer is over. */
  advance(what: string): void;
  end(): void;
}
type PeerTurn = Turn<PeerRow>;
type Done = (turn: PeerTurn) => void;

/** The peers that a workload is asked of. */
function peersOf({ measure, task }: Workload, peers: readonly PeerRow[]): readonly PeerRow[] {
  // The loop says itself whether it is compiled, so that any of ours will do.
  if (measure === 'live') return peers.filter((p) => p.setup.library === 'ours').slice(0, 1);
  return peers.filter((p) => (p.takes ?? spoken)(task, measure));
}
const roundsOf = ({ measure }: Workload, rounds: number): number =>
  measure === 'time' ? rounds : measure === 'first' ? Math.min(rounds, firstRounds) : 1;

/** A first call in a process of its own; the time of the round is that of the first run. */
async function firstCall(task: First['task'], { peer, cell }: PeerTurn): Promise<Cell> {
  const child = new PeerProcess(peer.setup);
  const answer = await child.ask({ ask: 'time', task, ms: roundMs }, patienceMs);
  child.stop();
  const failure = failureOf(answer);
  if (failure !== null) return { ...cell, failure };
  const { first, check, peak } = answer as TimeAnswer;
  const round: Round = { median: first!, best: first!, runs: 1 };
  return { rounds: [...cell.rounds, round], check: check!, peak: Math.max(peak ?? 0, cell.peak ?? 0) };
}

async function firstCalls({ task }: First, turns: readonly PeerTurn[], rounds: number, done: Done): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      if (!finished(turn.cell)) turn.cell = await firstCall(task, turn);
      done(turn);
    }
  }
}

async function liveLoop({ task, style }: Alive, turn: PeerTurn, done: Done): Promise<void> {
  const child = new PeerProcess(turn.peer.setup);
  const answer = await child.ask({ ask: 'live', task, style, steps: loopSteps }, loopPatienceMs);
  child.stop();
  const failure = failureOf(answer);
  turn.cell = failure === null ? { rounds: [], live: (answer as LiveAnswer).live } : { rounds: [], failure };
  done(turn);
}

export interface Measured {
  readonly results: readonly Result[];
  /** Versions of what the peers loaded. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Measures the workloads with the peers. Processes stay alive until all is done, but for those of first calls and loops. */
export async function measure(
  workloads: readonly Workload[],
  peers: readonly PeerRow[],
  rounds: number,
  progress: Progress,
): Promise<Measured> {
  const processes = new Map(peers.map((p) => [p, new PeerProcess(p.setup)]));
  const results: Result[] = [];
  progress.begin(workloads.reduce((n, w) => n + peersOf(w, peers).length * roundsOf(w, rounds), 0));
  try {
    for (const workload of workloads) {
      const turns = peersOf(workload, peers).map(turnOf);
      const done: Done = (turn) => progress.advance(`${workload.name}, ${turn.peer.name}`);
      if (workload.measure === 'time')
        await takeTurns(workload.task, turns, {
          rounds,
          ms: roundMs,
          ask: (peer, question) => processes.get(peer)!.ask(question, peer.patienceMs ?? patienceMs),
          done,
        });
      else if (workload.measure === 'first') await firstCalls(workload, turns, roundsOf(workload, rounds), done);
      else for (const turn of turns) await liveLoop(workload, turn, done);
      const cells = Object.fromEntries(turns.map(({ peer, cell }) => [peer.name, cell]));
      const date = new Date().toISOString().slice(0, 16);
      results.push({
        workload: workload.name,
        date,
        cells,
        disagreements: disagreements(cells, toleranceOf(workload.task)),
      });
    }
  } finally {
    progress.end();
    for (const child of processes.values()) child.stop();
  }
  const versions: Record<string, string> = {};
  for (const child of processes.values()) Object.assign(versions, child.versions);
  return { results, versions };
}
