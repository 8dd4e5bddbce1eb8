// A table of wrong uses: what was done, and the whole message that its user sees.
import { expect, test } from 'vitest';

/** [what is wrong, the wrong use, the message] */
export type Row = readonly [wrong: string, use: () => unknown, message: string];

/** One test for each row: the use must fail, with exactly this message. */
export function wrongUses(rows: readonly Row[]): void {
  for (const [wrong, use, message] of rows) {
    test(wrong, async () => {
      let error: unknown;
      try {
        await use();
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toBe(message);
    });
  }
}
