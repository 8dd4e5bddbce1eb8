// The progress of the loop in PyTorch's style, as a terminal shows it.
import { SingleBar } from 'cli-progress';
import { stepsOf } from './networks.js';
import { interactive, paint, say, torchColour } from './terminal.js';
import type { Progress } from './torch-style.js';

/** One bar over all epochs. */
function bar(steps: number, epochs: number): Progress {
  const drawn = new SingleBar({
    format: `  {bar}  {value}/{total} steps  epoch {epoch}/${epochs}  loss {loss}`,
    formatBar: (progress) => {
      const done = Math.round(progress * 24);
      return paint(torchColour, '━'.repeat(done)) + paint('dim', '━'.repeat(24 - done));
    },
    hideCursor: true,
    stream: process.stdout,
  });
  const values = (epoch: number, loss: number): object => ({ epoch: epoch + 1, loss: loss.toFixed(4) });
  drawn.start(steps * epochs, 0, { epoch: 1, loss: '-' });
  return {
    step: (epoch, loss) => drawn.increment(1, values(epoch, loss)),
    epochEnd: () => {},
    end: () => drawn.stop(),
  };
}

/** A line for each epoch, where lines cannot be redrawn. */
const lines = (epochs: number): Progress => ({
  step: () => {},
  epochEnd: (epoch, loss) => say(`  epoch ${String(epoch + 1).padStart(2)}/${epochs}  loss ${loss.toFixed(4)}`),
  end: () => {},
});

/** A bar on a terminal, lines elsewhere. */
export const shownProgress = (count: number, epochs: number): Progress =>
  interactive() ? bar(stepsOf(count, 1), epochs) : lines(epochs);
