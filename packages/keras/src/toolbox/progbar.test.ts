// The progress bar, character for character as Keras 3.15.1 prints it.
import { describe, expect, test } from 'vitest';
import { fixed, Progbar, type ProgbarOptions } from './progbar.js';

type Step = readonly [seconds: number, current: number, values?: readonly (readonly [string, number])[]];
function printed(target: number | null, steps: readonly Step[], o: ProgbarOptions = {}): string {
  let [text, now] = ['', 100];
  const bar = new Progbar(target, { dynamic: true, write: (t) => void (text += t), clock: () => now, ...o });
  for (const [seconds, current, values] of steps) {
    now = 100 + seconds;
    bar.update(current, values);
  }
  return text;
}
const bar = (done: number, left: number): string =>
  `${done ? `\x1b[32m${'━'.repeat(done)}\x1b[0m` : ''}\x1b[37m${'━'.repeat(left)}\x1b[0m`;
const bold = (text: string): string => `\x1b[1m${text}\x1b[0m`;

describe('Progbar', () => {
  test('count, bar, time left, time of a step, running means', () => {
    expect(
      printed(10, [
        [1, 1, [['loss', 2]]],
        [1.25, 5, [['loss', 1]]],
        [1.26, 6, [['loss', 1]]],
        [
          2,
          10,
          [
            ['loss', 0.0005],
            ['accuracy', 0.5],
          ],
        ],
      ]),
    ).toBe(
      `\r${bold(' 1/10')} ${bar(2, 18)} ${bold('9s')} 1s/step - loss: 2.0000` +
        `${'\b'.repeat(52)}\r${bold(' 5/10')} ${bar(10, 10)} ${bold('0s')} 62ms/step - loss: 1.2000` +
        `${'\b'.repeat(54)}\r${bold('10/10')} ${bar(20, 0)} ${bold('2s')} 111ms/step - loss: 5.0000e-04 - accuracy: 0.5000\n`,
    );
  });
  test('stateful values are shown as they are', () => {
    expect(
      printed(
        10,
        [
          [1, 1, [['loss', 2]]],
          [1.25, 5, [['loss', 1]]],
        ],
        { statelessMetrics: [] },
      ),
    ).toContain('62ms/step - loss: 1.0000');
  });
  test('without a terminal every drawing is a new line', () => {
    expect(printed(2, [[0.5, 2, [['loss', 1]]]], { dynamic: false })).toBe(
      `\n${bold('2/2')} ${bar(20, 0)} ${bold('0s')} 250ms/step - loss: 1.0000\n`,
    );
  });
  test('an unknown number of steps; hours; microseconds; nan', () => {
    expect(printed(null, [[3, 3, [['loss', -0.25]]]])).toBe(`\r      3/Unknown ${bold('3s')} 1s/step - loss: -0.2500`);
    expect(printed(10000, [[2, 1]])).toBe(`\r${bold('    1/10000')} ${bar(0, 20)} ${bold('5:33:18')} 2s/step`);
    expect(printed(100, [[1, 1]])).toContain(bold('1:39'));
    expect(printed(5, [[0.0005, 1, [['loss', 1e-12]]]])).toContain(`${bold('0s')} 500us/step - loss: 1.0000e-12`);
    expect(printed(5, [[1, 5, [['loss', NaN]]]])).toContain('200ms/step - loss: nan\n');
  });
  test('verbose 2 is one line at the end, verbose 0 nothing', () => {
    const steps: Step[] = [
      [0.1, 1, [['loss', 1]]],
      [3, 20, [['loss', 0.25]]],
    ];
    expect([printed(20, steps, { verbose: 2 }), printed(20, steps, { verbose: 0 })]).toEqual([
      '20/20 - 3s - 153ms/step - loss: 0.2500\n',
      '',
    ]);
  });
  test('numbers in the middle go to the even digit', () => {
    expect(
      [29 / 32, 31 / 32, 0.00005, 0.5, 1.5, -0.15625].map((x) => fixed(x, x === 0.5 || x === 1.5 ? 0 : 4)),
    ).toEqual(['0.9062', '0.9688', '0.0001', '0', '2', '-0.1562']);
  });
});
