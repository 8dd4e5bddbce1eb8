// The replay command on a small folder of cases: one that passes, one that fails, one that is not covered.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { replayCommand } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'replay-'));
const golden = fileURLToPath(new URL('../golden/torch_modules/', import.meta.url));
const manifest = JSON.parse(readFileSync(join(golden, 'manifest.json'), 'utf8')) as {
  cases: { id: string; module: string; tol: object }[];
};
const [passes, fails, missing] = ['Linear.001', 'Linear.002', 'Bilinear.001'].map(
  (id) => manifest.cases.find((c) => c.id === id)!,
);
writeFileSync(
  join(folder, 'manifest.json'),
  JSON.stringify({
    ...manifest,
    cases: [passes, { ...fails, tol: { out: -1, grad: 1, after: 1 } }, { ...missing, module: 'Unheard' }],
  }),
);
cpSync(join(golden, 'linear.safetensors'), join(folder, 'linear.safetensors'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (...args: string[]): Promise<{ code: number; text: string }> => {
  const lines: string[] = [];
  const code = await replayCommand(args, (text) => lines.push(text));
  return { code, text: lines.join('\n') };
};

describe('replay', () => {
  it('reports the three outcomes and exits with 1', async () => {
    const { code, text } = await run(folder);
    expect(code).toBe(1);
    expect(text).toContain('Not covered yet:\n  torch_modules  Bilinear    1  no nn.Unheard\n');
    expect(text).toMatch(
      /Failed:\n {2}torch_modules Linear\.002\n {4}out\/0: distance \d\.\d\de[+-]\d+, tol -1\.00e\+0\n/,
    );
    expect(text).toContain('torch_modules       1       1            1      3');
  });

  it.each(['--compiled', '--device=cpu', '--device=wasm'])(
    '--only takes a case, and %s works beside it',
    async (option) => {
      const { code, text } = await run(folder, '--only', 'Linear.001', option);
      expect(code).toBe(0);
      expect(text).toContain('torch_modules       1       0            0      1');
      expect(text).toContain(option === '--compiled' ? 'wasm, compiled' : `${option.slice(9)}, eager`);
    },
  );

  it('--only takes a kind', async () => {
    expect((await run(folder, '--only', 'Linear')).text).toContain('torch_modules       1       1            0      2');
  });

  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      text: expect.stringContaining('replay DIR [--device cpu|wasm|webgpu]') as string,
    });
    await expect(run()).rejects.toThrow('One folder is needed, got 0');
    await expect(run(folder, '--device', 'tpu')).rejects.toThrow('--device tpu: expected cpu, wasm, webgpu');
    await expect(run(folder, '--only', 'Nothing')).rejects.toThrow('No case or kind is named Nothing');
    await expect(run(folder, '--fast')).rejects.toThrow("Unknown option '--fast'");
    await expect(run(join(folder, 'none'))).rejects.toThrow('There is no folder');
  });
});
