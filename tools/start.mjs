// Runs `npm start`, `npm test` and `npm run bench` in a fresh clone: needs nothing but Node and npm, installs once, then works with the Node and pnpm it installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const mark = join(root, 'node_modules', '.installed');
const env = {
  ...process.env,
  PATH: bin + delimiter + process.env.PATH,
  NODE_NO_WARNINGS: '1',
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};

function run(command, args, extra = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...env, ...extra },
  });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** A hash of everything that decides what an installation holds. */
function wanted() {
  const manifests = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name, 'package.json')),
  );
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.cjs', ...manifests];
  const hash = createHash('sha256');
  for (const file of files) if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function install() {
  const want = wanted();
  if (existsSync(mark) && readFileSync(mark, 'utf8') === want) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // CI=true: pnpm never asks a question.
  run('npm', ['exec', '--yes', `--package=${packageManager}`, '--call', 'pnpm install --frozen-lockfile'], {
    CI: 'true',
  });
  writeFileSync(mark, want);
}

/** Runs a command silently; what it printed is shown only when it fails. */
function runQuietly(title, command, args) {
  const began = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    env,
  });
  if (status !== 0) {
    console.error(`${title} failed\n${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}`);
    process.exit(status ?? 1);
  }
  console.log(`${title}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Builds an app with what it needs, and runs it. */
function runApp(name, args) {
  runQuietly('Build', 'turbo', [
    'run',
    'build',
    `--filter=@nn/${name}...`,
    '--output-logs=errors-only',
    '--log-prefix=none',
  ]);
  const program = [`apps/${name}/dist/cli.js`, ...args];
  // the tool finds a GPU, or a program that plays one
  run('node', args.some((arg) => arg.includes('webgpu')) ? ['tools/gpu.ts', 'node', ...program] : program);
}

const tasks = {
  start: (args) => runApp('demo', args),
  bench: (args) => runApp('bench', args),
  test(args) {
    run('vitest', ['run', ...args]);
  },
};

const [task = '', ...args] = process.argv.slice(2);
if (!(task in tasks)) {
  console.error(`start.mjs: unknown task '${task}'; one of ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}
install();
tasks[task](args);
