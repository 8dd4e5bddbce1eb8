// A headless Chromium and a software GPU out of an npm package: unpacked once, started without any download, for tests.
import { brotliDecompressSync } from 'node:zlib';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../node_modules/.cache/chromium', import.meta.url));

/** Regular files and folders of a tar archive, which is all that the package's archives hold. */
function untar(archive: Buffer, folder: string): void {
  const text = (at: number, length: number): string => archive.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= archive.length && text(at, 100); ) {
    const size = Number.parseInt(text(at + 124, 12).trim() || '0', 8);
    const target = join(folder, text(at + 345, 155), text(at, 100));
    if (text(at + 156, 1) === '5') mkdirSync(target, { recursive: true });
    else if ((text(at + 156, 1) || '0') === '0') {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, archive.subarray(at + 512, at + 512 + size), {
        mode: Number.parseInt(text(at + 100, 8), 8) || 0o644,
      });
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** The package's archives, unpacked once for each version into a folder of that name; `fill` finishes it. */
function unpackOnce(name: string, files: readonly string[], fill: (folder: string, final: string) => void): string {
  const packageFolder = createRequire(import.meta.url)
    .resolve.paths('@sparticuz/chromium')!
    .map((base) => join(base, '@sparticuz/chromium'))
    .find((p) => existsSync(join(p, 'package.json')));
  if (!packageFolder) throw new Error('@sparticuz/chromium is not installed');
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const target = join(cache, `${name}-${version}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const bin = join(packageFolder, 'bin');
  for (const file of files.length ? files : readdirSync(bin)) {
    const bytes = brotliDecompressSync(readFileSync(join(bin, file)));
    if (file.endsWith('.tar.br')) untar(bytes, draft);
    else if (file === 'chromium.br') {
      writeFileSync(join(draft, 'chromium'), bytes);
      chmodSync(join(draft, 'chromium'), 0o755);
    }
  }
  fill(draft, target);
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** The folder of the browser. */
const browserFolder = (): string =>
  unpackOnce('browser', [], (folder, final) =>
    // The package's own list of font folders names a place outside of it.
    writeFileSync(
      join(folder, 'fonts.conf'),
      `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>${final}/fonts</dir><cachedir>${final}/fontcache</cachedir></fontconfig>`,
    ),
  );
/** The folder of SwiftShader, a Vulkan driver that computes on the CPU, with a Vulkan loader: libvulkan.so.1 and vk_swiftshader_icd.json. */
export const driverFolder = (): string =>
  unpackOnce('vulkan', ['swiftshader.tar.br'], (folder) => {
    // only what Vulkan needs, so that nothing else is found in this folder
    for (const file of readdirSync(folder)) if (!/vulkan|vk_/.test(file)) rmSync(join(folder, file));
  });
/** Whether the package's programs run on this machine. */
export const packaged: boolean = process.platform === 'linux' && process.arch === 'x64';

/** Options for playwright's `chromium.launch`. */
export interface Launch {
  readonly executablePath: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
}
/** How to start the browser. `CHROME` in the environment names another browser; elsewhere than on Linux it has to. */
export function chromiumLaunch(): Launch {
  const args = [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // WebGPU on a software GPU
    '--enable-unsafe-webgpu',
  ];
  const own = process.env['CHROME'];
  if (own) return { executablePath: own, args };
  if (!packaged)
    throw new Error('Set CHROME to the path of a Chromium: the one that comes with the tests runs on Linux x64 only');
  const folder = browserFolder();
  const libraries = [join(folder, 'al2023/lib'), join(folder, 'lib'), process.env['LD_LIBRARY_PATH']]
    .filter(Boolean)
    .join(':');
  const env = { ...(process.env as Record<string, string>), LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: folder };
  return { executablePath: join(folder, 'chromium'), args: ['--headless=new', ...args], env };
}
