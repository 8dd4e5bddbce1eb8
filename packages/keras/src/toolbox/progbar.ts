// The progress bar of Keras, character for character.
import { ValueError } from '@nn/core';
import { isTerminal, write } from './console.js';

export interface ProgbarOptions {
  /** Characters of the bar; default 20. */
  width?: number;
  /** 0 silent, 1 a bar, 2 one line at the end. Default 1. */
  verbose?: number;
  /** Seconds between two redraws; default 0.05. */
  interval?: number;
  /** What a step is called; default 'step'. */
  unitName?: string;
  /** Metrics to show as they are; the others are averaged over the steps. */
  statefulMetrics?: Iterable<string> | null;
  /** Metrics to average; the others are shown as they are. */
  statelessMetrics?: Iterable<string> | null;
  /** Where it is printed; default standard output. */
  write?: (text: string) => void;
  /** Redraw in place; default: where standard output is a terminal. */
  dynamic?: boolean;
  /** The time in seconds. */
  clock?: () => number;
}

/** Like Python's `%.4e`: at least two digits of exponent. */
const scientific = (x: number): string => x.toExponential(4).replace(/e([+-])(\d)$/, 'e$10$2');
const plain = (x: number): string => (Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf');
/** Like Python's `%.4f`: a number in the middle of two goes to the even digit, as 29/32 to 0.9062. */
export function fixed(x: number, digits: number): string {
  if (!Number.isFinite(x)) return plain(x);
  const scaled = x * 10 ** digits;
  const tie = Number.isInteger(x * 2 ** (digits + 1)) && Math.abs(scaled % 1) === 0.5;
  return (tie ? (2 * Math.round(scaled / 2)) / 10 ** digits : x).toFixed(digits);
}
const metricText = (x: number, large: boolean): string =>
  !Number.isFinite(x) ? plain(x) : large ? fixed(x, 4) : scientific(x);

/** `12s`, `1:05`, `1:02:03`. */
export function formatEta(seconds: number): string {
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  if (seconds > 3600) return `${Math.floor(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return seconds > 60 ? `${Math.floor(seconds / 60)}:${two(seconds % 60)}` : `${Math.trunc(seconds)}s`;
}
/** ` 4ms/step` */
export function formatTime(perUnit: number, unit: string): string {
  if (perUnit >= 1 || perUnit === 0) return ` ${fixed(perUnit, 0)}s/${unit}`;
  return perUnit >= 1e-3 ? ` ${fixed(perUnit * 1e3, 0)}ms/${unit}` : ` ${fixed(perUnit * 1e6, 0)}us/${unit}`;
}

/**
 * A progress bar.
 *
 * @param target  the number of steps; null when it is not known
 */
export class Progbar {
  target: number | null;
  private readonly o: Required<Omit<ProgbarOptions, 'statefulMetrics' | 'statelessMetrics'>>;
  private readonly averaged: (name: string) => boolean;
  private readonly values = new Map<string, [total: number, count: number]>();
  private readonly start: number;
  private seen = 0;
  private lastUpdate = 0;
  private afterFirst: number | null = null;
  private previousWidth = 0;

  constructor(target: number | null, o: ProgbarOptions = {}) {
    if (o.statefulMetrics && o.statelessMetrics)
      throw new ValueError(
        'Only one of `statefulMetrics` or `statelessMetrics` can be provided: the first excludes metrics from averaging, the second names those to average.',
      );
    this.target = target;
    const stateful = new Set(o.statefulMetrics ?? []);
    const stateless = o.statelessMetrics ? new Set(o.statelessMetrics) : null;
    this.averaged = (name) => (stateless ? stateless.has(name) : !stateful.has(name));
    this.o = {
      width: o.width ?? 20,
      verbose: o.verbose ?? 1,
      interval: o.interval ?? 0.05,
      unitName: o.unitName ?? 'step',
      write: o.write ?? write,
      dynamic: o.dynamic ?? isTerminal(),
      clock: o.clock ?? ((): number => Date.now() / 1000),
    };
    this.start = this.o.clock();
  }
  /** Whether an update now would be drawn. */
  due(): boolean {
    return this.o.verbose === 1 && this.o.clock() - this.lastUpdate >= this.o.interval;
  }

  /** Draws the bar at step `current`, with values of metrics. `finalize` default: when the target is reached. */
  update(current: number, values: readonly (readonly [string, number])[] = [], o: { finalize?: boolean } = {}): void {
    const finalize = o.finalize ?? (this.target !== null && current >= this.target);
    for (const [name, value] of values) {
      const before = this.values.get(name);
      const steps = Math.max(current - this.seen, 1);
      if (!this.averaged(name) || finalize) this.values.set(name, [value, 1]);
      else this.values.set(name, [(before?.[0] ?? 0) + value * steps, (before?.[1] ?? 0) + steps]);
    }
    this.seen = current;
    const now = this.o.clock();
    const perUnit = this.perUnit(current, now);
    if (this.o.verbose === 1) {
      if (now - this.lastUpdate < this.o.interval && !finalize) return;
      this.draw(current, now, perUnit, finalize);
    } else if (this.o.verbose === 2 && finalize && this.target) {
      const text = [...this.values]
        .map(
          ([name, [total, count]]) =>
            ` - ${name}: ${metricText(total / Math.max(1, count), total / Math.max(1, count) > 1e-3)}`,
        )
        .join('');
      this.o.write(
        `${this.count(current)} - ${fixed(now - this.start, 0)}s -${formatTime(perUnit, this.o.unitName)}${text}\n`,
      );
    }
    this.lastUpdate = now;
  }
  /** Goes `n` steps on. */
  add(n: number, values: readonly (readonly [string, number])[] = []): void {
    this.update(this.seen + n, values);
  }

  private count(current: number): string {
    return `${String(current).padStart(String(this.target).length)}/${this.target}`;
  }
  private draw(current: number, now: number, perUnit: number, finalize: boolean): void {
    const { width, dynamic } = this.o;
    let message = dynamic ? `${'\b'.repeat(this.previousWidth)}\r` : '\n';
    let special = 8;
    let bar = `${String(current).padStart(7)}/Unknown`;
    if (this.target !== null && this.target > 0) {
      const filled = Math.trunc((width * current) / this.target);
      bar = `\x1b[1m${this.count(current)}\x1b[0m ${filled > 0 ? `\x1b[32m${'━'.repeat(filled)}\x1b[0m` : ''}\x1b[37m${'━'.repeat(Math.max(0, width - filled))}\x1b[0m`;
      special += filled > 0 ? 26 : 17;
    }
    const time =
      this.target !== null && this.target > 0 && !finalize
        ? formatEta(perUnit * (this.target - current))
        : `${fixed(now - this.start, 0)}s`;
    let info = ` \x1b[1m${time}\x1b[0m${formatTime(perUnit, this.o.unitName)}`;
    for (const [name, [total, count]] of this.values) {
      const average = total / Math.max(1, count);
      info += ` - ${name}: ${metricText(average, Math.abs(average) > 1e-3)}`;
    }
    const total = bar.length + info.length - special;
    message += bar + info + ' '.repeat(Math.max(0, this.previousWidth - total)) + (finalize ? '\n' : '');
    this.o.write(message);
    this.previousWidth = total;
  }
  /** Seconds a step; the first one, which is slower, does not count where there are more. */
  private perUnit(current: number, now: number): number {
    if (!current) return 0;
    const mean =
      this.afterFirst !== null && current > 1 ? (now - this.afterFirst) / (current - 1) : (now - this.start) / current;
    if (current === 1) this.afterFirst = now;
    return mean;
  }
}
