// A GPU for tests and programs in Node: that of the machine where it has one, else SwiftShader out of an npm package, which computes on the CPU.
// `node tools/gpu.ts COMMAND ARGS…` runs a command with it. A VK_DRIVER_FILES of the user's wins.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { driverFolder, packaged } from './chromium.ts';
import { root } from './sources.ts';

const driverLists = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];
const probe = `
  const { create } = await import(process.argv[1]);
  const gpu = create([]);
  process.exitCode = (await gpu.requestAdapter()) ? 0 : 1;
  setTimeout(() => gpu, 0);`;

/** Whether Dawn finds a GPU without help. Asked in a process of its own, and only where a driver is installed. */
function hasAdapter(): boolean {
  if (!driverLists.some((folder) => existsSync(folder) && readdirSync(folder).length > 0)) return false;
  const dawn = createRequire(join(root, 'packages/core/package.json')).resolve('webgpu');
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', probe, pathToFileURL(dawn).href], {
    stdio: 'ignore',
    timeout: 20_000,
  });
  return status === 0;
}

/** What a process needs in its environment to find a GPU; nothing where it finds one by itself, or where none can be given. */
export function gpuEnvironment(): Record<string, string> {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, LD_LIBRARY_PATH } = process.env;
  if (!packaged || VK_DRIVER_FILES || VK_ICD_FILENAMES || hasAdapter()) return {};
  const folder = driverFolder();
  return {
    LD_LIBRARY_PATH: [folder, LD_LIBRARY_PATH].filter(Boolean).join(delimiter),
    VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json'),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [command, ...args] = process.argv.slice(2);
  if (!command) throw new Error('gpu.ts: expected a command to run');
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...gpuEnvironment() },
  });
  if (error) console.error(`${command}: ${error.message}`);
  process.exitCode = status ?? 1;
}
