// Files of the machine, where there is one with files: loaded on demand, so that programs for browsers carry none of it.
import { NNError, ValueError } from '@nn/core';

/** What is used of Node's files. */
interface Fs {
  mkdir(path: string, o: { recursive: true }): Promise<unknown>;
  open(
    path: string,
    flags: 'wx',
  ): Promise<{
    writeFile(bytes: Uint8Array): Promise<void>;
    sync(): Promise<void>;
    close(): Promise<void>;
  }>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, o: { force: true }): Promise<void>;
  appendFile(path: string, text: string): Promise<void>;
  writeFile(path: string, text: string): Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
}
/** Node's files. `what` names the caller in the error, `instead` what works without files. */
async function files(what: string, instead: string): Promise<Fs> {
  // A variable, so that bundlers leave the import alone.
  const name = 'node:fs/promises';
  try {
    return (await import(/* @vite-ignore */ name)) as Fs;
  } catch (error) {
    throw new NNError(`${what}: there are no files here. ${instead}`, { cause: error });
  }
}
const folderOf = (path: string): string => path.replace(/[/\\]?[^/\\]*$/, '');

/**
 * Writes a file whole or not at all: under another name first, which then takes the place of the old one. Makes its folder.
 *
 * @throws NNError  where there are no files
 */
export async function writeFile(path: string, bytes: Uint8Array, what: string, instead: string): Promise<void> {
  const fs = await files(what, instead);
  const folder = folderOf(path);
  if (folder) await fs.mkdir(folder, { recursive: true });
  const draft = `${path}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    const file = await fs.open(draft, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true });
    throw error;
  }
}
/** Adds text to the end of a file, or begins it. */
export async function writeText(
  path: string,
  text: string,
  append: boolean,
  what: string,
  instead: string,
): Promise<void> {
  const fs = await files(what, instead);
  const folder = folderOf(path);
  if (folder) await fs.mkdir(folder, { recursive: true });
  await (append ? fs.appendFile(path, text) : fs.writeFile(path, text));
}
/** Reads a file; null when there is none. */
export async function readFileIfThere(path: string, what: string, instead: string): Promise<Uint8Array | null> {
  const fs = await files(what, instead);
  try {
    return await fs.readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
}
/** Reads a file that has to be there. */
export async function readFile(path: string, what: string, instead: string): Promise<Uint8Array> {
  const bytes = await readFileIfThere(path, what, instead);
  if (!bytes) throw new ValueError(`${what}: File not found: filepath=${path}. Please ensure the file is there`);
  return bytes;
}
/** Removes a file if it is there. */
export async function removeFile(path: string, what: string): Promise<void> {
  await (await files(what, '')).rm(path, { force: true });
}
