// Runs every check of the workspace one after the other and prints how each ended. `pnpm check` runs all of them,
// `pnpm check lint types` some, `pnpm check --without tests` all but one. Exits 1 when a check failed; the others still run.
import { spawnSync } from 'node:child_process';
import { root } from './sources.ts';

interface Check {
  readonly name: string;
  readonly what: string;
  readonly command: readonly string[];
  /** Prints what the check says also when it passes: figures that a reader wants. */
  readonly figures?: boolean;
}

const checks: readonly Check[] = [
  { name: 'format', what: 'Biome would change nothing', command: ['biome', 'format', '.'] },
  { name: 'lint', what: 'unawaited promises and other rules', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', what: 'TypeScript, each package', command: ['pnpm', 'run', 'types'] },
  { name: 'floors', what: 'architecture and cycles', command: ['node', 'tools/floors.ts'], figures: true },
  { name: 'dead', what: 'unused exports, files and dependencies', command: ['knip', '--no-progress'] },
  { name: 'changes', what: 'changesets', command: ['changeset', 'status'] },
  { name: 'build', what: 'JavaScript and declarations', command: ['pnpm', 'run', 'build'] },
  {
    name: 'published',
    what: 'publint, attw, import with the oldest Node',
    command: ['node', 'tools/published.ts'],
    figures: true,
  },
  { name: 'size', what: 'bundle of the first program', command: ['node', 'tools/size.ts'], figures: true },
  { name: 'tests', what: 'vitest', command: ['vitest', 'run'], figures: true },
];

/** The checks that the arguments choose. */
function chosen(args: readonly string[]): readonly Check[] {
  const without = args[0] === '--without';
  const names = without ? args.slice(1) : args;
  for (const name of names)
    if (!checks.some((check) => check.name === name))
      throw new Error(`no check '${name}'; there are ${checks.map((check) => check.name).join(', ')}`);
  if (names.length === 0) return checks;
  return checks.filter((check) => names.includes(check.name) !== without);
}

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', FORCE_COLOR: process.stdout.isTTY ? '1' : '0' };
let failed = 0;
const selected = chosen(process.argv.slice(2));
for (const { name, what, command, figures } of selected) {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command[0]!, command.slice(1), {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const passed = status === 0;
  if (!passed) failed++;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(10)} ${seconds.padStart(6)} s  ${what}`);
  if (!passed || figures)
    console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trimEnd().replace(/^/gm, '       '));
}
console.log(`checks: ${selected.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
