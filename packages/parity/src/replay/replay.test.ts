// How cases are rebuilt and judged, on made-up functions and values.
import { tensor } from '@nn/core';
import { describe, expect, it } from 'vitest';
import { counts, countTable, report } from '../report.js';
import { bind, find, parametersOf } from './arguments.js';
import { Check } from './check.js';
import { NotCovered } from './outcome.js';
import { replayCase } from './run.js';
import { readGroups } from '../golden/group.js';

class Base {
  constructor(
    readonly inFeatures: number,
    readonly size = [1, 2],
    readonly options: { bias?: boolean } = {},
  ) {}
}
class Derived extends Base {
  readonly text = 'constructor (x)';
}
class Destructured {
  constructor(
    readonly kernelSize: number,
    { stride = kernelSize }: { stride?: number } = {},
  ) {
    this.stride = stride;
  }
  readonly stride: number;
}
const sum = (x: number, dim?: number | { keepdim?: boolean }, o?: { keepdim?: boolean }): unknown => [
  x,
  dim,
  o?.keepdim,
];

describe('arguments', () => {
  it('reads the parameters of functions, classes and classes that inherit a constructor', () => {
    expect(parametersOf(sum)).toEqual({ names: ['x', 'dim'], options: 2 });
    expect(parametersOf(Derived)).toEqual({ names: ['inFeatures', 'size'], options: 2 });
    expect(parametersOf(Destructured)).toEqual({ names: ['kernelSize'], options: 1 });
    expect(parametersOf(class {})).toEqual({ names: [], options: undefined });
  });

  it('puts keyword arguments in their places and the rest into the options', () => {
    expect(bind('nn.Base', Derived, [], { in_features: 3, bias: false }).args).toEqual([3, undefined, { bias: false }]);
    expect(bind('torch.sum', sum, [5], { dim: 1, keepdim: true }).args).toEqual([5, 1, { keepdim: true }]);
  });

  it('names positional arguments of Python that are options here', () => {
    expect(bind('pool', Destructured, [3, 2], {}, ['kernel_size', 'stride']).args).toEqual([3, { stride: 2 }]);
  });

  it('finds out that an argument does not exist', () => {
    const bound = bind('nn.Destructured', Destructured, [3], { stride: 2, ceil_mode: true });
    new Destructured(...(bound.args as [number]));
    expect(bound.assertRead).toThrow(new NotCovered('nn.Destructured has no argument ceilMode'));
    expect(() => bind('f', (x: number) => x, [1], { dim: 1 })).toThrow('f has no argument dim');
    expect(() => find({ nn: { Linear: Base } }, 'torch', 'nn.Bilinear')).toThrow(
      new NotCovered('no torch.nn.Bilinear'),
    );
    expect(find({ convTranspose2d: sum }, 'F', 'conv_transpose2d')).toBe(sum);
  });
});

describe('checks', () => {
  it('notes shapes, dtypes, distances and missing parts', async () => {
    const check = new Check();
    const f32 = { dtype: 'f32', shape: [2], data: Float32Array.of(1, 2) } as const;
    await check.tensor('same', tensor([1, 2]), f32, 0);
    expect(check.failures).toEqual([]);
    await check.tensor('off', tensor([1, 2.3]), f32, 0.05);
    await check.tensor('shape', tensor([[1, 2]]), f32, 1);
    await check.tensor('dtype', tensor([1, 2], { dtype: 'i32' }), f32, 1);
    await check.tensor('none', null, f32, 1);
    await check.tree('out', [tensor([1, 2])], [{ $tensor: 'out/0' }, null], () => f32, 0);
    expect(check.failures.map(({ what, distance }) => `${what} ${distance?.toFixed(2) ?? ''}`.trim())).toEqual([
      'off 0.10',
      'shape is f32[1,2], expected f32[2]',
      'dtype is i32[2], expected f32[2]',
      'none is null, expected f32[2]',
      'out has 1 parts, expected 2 parts',
    ]);
  });

  it('takes named tuples and nulls', async () => {
    const check = new Check();
    const f32 = { dtype: 'f32', shape: [], data: Float32Array.of(1) } as const;
    await check.tree('out', { values: tensor(1), indices: null }, [{ $tensor: 'out/0' }, null], () => f32, 0);
    expect(check.failures).toEqual([]);
    expect(check.count).toBe(1);
  });
});

describe('the report', () => {
  it('counts, lists and lines up', async () => {
    const [group] = readGroups(new URL('../../golden/files', import.meta.url).pathname);
    const outcome = async (adapter: () => void) =>
      replayCase(
        group!.cases[0]!,
        group!,
        async (_, { check }) => {
          check.count++;
          adapter();
        },
        false,
      );
    const results = [
      { golden: { id: 'A.001' }, kind: 'A', outcome: await outcome(() => {}) },
      {
        golden: { id: 'A.002' },
        kind: 'A',
        outcome: await outcome(() => {
          throw new Error('broken');
        }),
      },
      {
        golden: { id: 'LongName.001' },
        kind: 'LongName',
        outcome: await outcome(() => {
          throw new NotCovered('no nn.LongName');
        }),
      },
    ];
    expect(counts({ group: 'g', results })).toEqual({ passed: 1, failed: 1, 'not covered': 1 });
    expect(countTable([{ group: 'g', results }]).split('\n')).toEqual([
      'group  passed  failed  not covered  cases',
      '-----------------------------------------',
      'g           1       1            1      3',
      'total       1       1            1      3',
    ]);
    expect(report([{ group: 'g', results }])).toContain(
      'Not covered yet:\n  g  LongName    1  no nn.LongName\n\nFailed:\n  g A.002\n    Error: broken\n',
    );
  });

  it('takes a case in which nothing was compared as failed', async () => {
    const [group] = readGroups(new URL('../../golden/files', import.meta.url).pathname);
    expect(await replayCase(group!.cases[0]!, group!, async () => {}, false)).toEqual({
      status: 'failed',
      failures: [{ what: 'nothing was compared' }],
    });
  });
});
