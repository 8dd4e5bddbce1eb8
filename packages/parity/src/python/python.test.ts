// The Python subset: what the golden models need, on plain JavaScript values.
import { describe, expect, it } from 'vitest';
import { readGroups } from '../golden/group.js';
import { parseClass } from './parse.js';
import { runMethod, type World } from './evaluate.js';

const world: World = {
  global: (name) => name,
  attribute: (of, name) => (typeof of === 'string' ? `${of}.${name}` : (of as Record<string, unknown>)[name]),
  assignAttribute: (of, name, value) => void ((of as Record<string, unknown>)[name] = value),
  call: (callee, args, kwargs) => `${String(callee)}(${JSON.stringify(args)}${JSON.stringify(kwargs)})`,
  item: (of, index) => (of as unknown[])[index as number],
  unary: (value) => -(value as number),
  binary: (operator, left, right) =>
    ({
      '+': (left as number) + (right as number),
      '*': (left as number) * (right as number),
      '**': (left as number) ** (right as number),
    })[operator],
};

const run = (body: string, ...args: unknown[]): unknown =>
  runMethod(
    parseClass(
      `class Model(nn.Module):\n    def forward(self, x, y):\n${body
        .split('\n')
        .map((line) => `        ${line}`)
        .join('\n')}`,
    ).get('forward')!,
    {},
    args,
    world,
  );

describe('the Python subset', () => {
  it('binds operators as Python does', () => {
    expect(run('return 1 + 2 * 3 ** 2')).toBe(19);
    expect(run('return -2 ** 2')).toBe(-4);
    expect(run('return (1 + 2) * 3')).toBe(9);
  });

  it('unpacks tuples, assigns attributes, takes items and chooses', () => {
    expect(run('_, (h, _) = x\nreturn h', [1, [2, 3]])).toBe(2);
    expect(run('self.a = 5\nreturn self.a + x[1]', [1, 2])).toBe(7);
    expect(run('return x if False else y', 1, 2)).toBe(2);
    expect(run('return [x, y], (x,)', 1, 2)).toEqual([[1, 2], [1]]);
    expect(run('return [x]', 1)).toEqual([1]);
  });

  it('calls with positional and keyword arguments, over several lines', () => {
    expect(run('return nn.Conv2d(4, 6, (3, 1), padding=(1, 0),\n    mode="same", bias=None)')).toBe(
      'nn.Conv2d([4,6,[3,1]]{"padding":[1,0],"mode":"same","bias":null})',
    );
  });

  it('says what it does not understand', () => {
    expect(() => run('return x ?')).toThrow('Unexpected ? in: return x ?');
    expect(() => parseClass('x = 1')).toThrow('outside of a method');
  });

  it('parses every model of the golden pairs', () => {
    const [pairs] = readGroups(new URL('../../golden/pairs', import.meta.url).pathname);
    for (const { torch_source: source } of pairs!.cases as { id: string; torch_source?: string }[]) {
      expect([...parseClass(source!).keys()]).toEqual(['__init__', 'forward']);
    }
  });
});
