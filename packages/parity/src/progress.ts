// A progress bar on a terminal; silent where the output is not one.

const width = 30;

export interface Progress {
  /** One more piece of work is about to be done. */
  next(label: string): void;
  end(): void;
}

/** A bar on `stream` for `total` pieces of work. */
export function progressBar(total: number, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { next: () => {}, end: () => {} };
  let done = 0;
  let shown = 0;
  return {
    next(label) {
      done++;
      if (Date.now() - shown < 50 && done < total) return;
      shown = Date.now();
      const full = Math.round((width * done) / total);
      const line = `[${'='.repeat(full)}${' '.repeat(width - full)}] ${String(done).padStart(String(total).length)}/${total} ${label}`;
      stream.write(`\r\x1b[K${line.slice(0, (stream.columns || 80) - 1)}`);
    },
    end: () => void stream.write('\r\x1b[K'),
  };
}
