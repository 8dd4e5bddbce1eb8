// How far the measuring is: a bar on a terminal, a line for each workload elsewhere.
import { SingleBar } from 'cli-progress';
import type { Progress } from './rounds.js';

function bar(): Progress {
  const drawn = new SingleBar({
    format: '  {bar}  {value}/{total}  {eta_formatted} to go  {what}',
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
  });
  return {
    begin: (total) => drawn.start(total, 0, { what: '' }),
    advance: (what) => drawn.increment(1, { what }),
    end: () => drawn.stop(),
  };
}

function lines(): Progress {
  let [total, done] = [0, 0];
  let last = '';
  return {
    begin: (n) => {
      total = n;
    },
    advance: (what) => {
      done++;
      const name = what.split(',')[0]!;
      if (name !== last) console.error(`  ${name} (${done}/${total})`);
      last = name;
    },
    end: () => {},
  };
}

export const progress = (): Progress => (process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? bar() : lines());
