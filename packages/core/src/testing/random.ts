// Numbers for tests: the same ones at each run, and far enough from where a derivative does not exist.

/** A source of numbers from 0 to 1. */
export type Random = () => number;

/** A small generator (mulberry32) for test inputs. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
