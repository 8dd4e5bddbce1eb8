// Checks what would be published: packs each package, then asks publint and attw, and imports every entry of the packed
// files with the machine's own Node (20.19 or later). Run by `pnpm published` after a build; exits 1 when something is wrong.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from './sources.ts';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

function run(command: string, args: readonly string[], cwd: string): { ok: boolean; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trim() };
}

/** The Node of the machine, not the one that the tools run on, so that the oldest supported Node is tried where it is installed. */
function machineNode(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return folders.map((folder) => join(folder, 'node')).find((path) => existsSync(path)) ?? process.execPath;
}

const work = mkdtempSync(join(tmpdir(), 'published-'));
const problems: string[] = [];
const entries: string[] = [];

/** Packs one package, checks the archive and lays it out as an installation would. */
async function check(folder: string, { name }: Manifest): Promise<void> {
  const say = (message: string): void => void problems.push(`${name}: ${message}`);
  const packed = run('pnpm', ['pack', '--pack-destination', work], folder);
  const archive = readdirSync(work).find((file) => file.startsWith(`${name.slice(1).replace('/', '-')}-`));
  if (!packed.ok || archive === undefined) return say(`pnpm pack failed\n${packed.output}`);
  const path = join(work, archive);

  const content = readFileSync(path);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) },
  });
  for (const message of messages) say(`publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);

  const types = run(
    'attw',
    [path, '--profile', 'esm-only', '--no-emoji', '--no-color', '--format', 'ascii', '--no-definitely-typed'],
    root,
  );
  if (!types.ok) say(`attw:\n${types.output}`);

  const home = join(work, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  const unpacked = run('tar', ['-xzf', path, '-C', home, '--strip-components=1'], work);
  if (!unpacked.ok) say(`the archive cannot be unpacked\n${unpacked.output}`);
  const inside = readManifest(home);
  for (const file of ['LICENSE', 'README.md'])
    if (!existsSync(join(home, file))) say(`${file} is missing in the archive`);
  if (JSON.stringify(inside.exports).includes('@nn/source')) say('its exports name sources, which are not published');
  for (const [dependency, range] of Object.entries(inside.dependencies ?? {}))
    if (/^(workspace|link|file):/.test(range)) say(`depends on ${dependency} ${range}`);
  for (const subpath of Object.keys(inside.exports))
    if (!subpath.endsWith('.json')) entries.push(name + subpath.slice(1));
}

const packages = readdirSync(join(root, 'packages')).map((folder) => join(root, 'packages', folder));
for (const folder of packages) {
  const manifest = readManifest(folder);
  if (manifest.private !== true) await check(folder, manifest);
}

if (problems.length === 0) {
  const program = `const names = ${JSON.stringify(entries)};
for (const name of names) console.log(name, Object.keys(await import(name)).length, 'exports');
`;
  writeFileSync(join(work, 'entries.mjs'), program);
  const node = machineNode();
  const { ok, output } = run(node, ['entries.mjs'], work);
  if (ok) console.log(`Node ${run(node, ['--version'], work).output} imports:\n${output.replace(/^/gm, '  ')}`);
  else problems.push(`${node} cannot import the packages\n${output}`);
}
rmSync(work, { recursive: true });
for (const problem of problems) console.log(problem);
console.log(`published: ${entries.length} entries, ${problems.length} problems (publint, attw esm-only, import)`);
process.exitCode = problems.length > 0 ? 1 : 0;
