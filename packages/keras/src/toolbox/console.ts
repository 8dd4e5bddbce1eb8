// Where the face prints: standard output in Node, the console elsewhere.

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
const output = (): Output | undefined => (globalThis as { process?: { stdout?: Output } }).process?.stdout;

/** Prints text as it is. Consoles outside of Node print whole lines only. */
export function write(text: string): void {
  const out = output();
  if (out) out.write(text);
  else if (text.trim()) console.log(text.replace(/^\n|\n$/g, ''));
}
export const printLine = (text: string): void => write(`${text}\n`);
/** Whether printed text can be overwritten. */
export const isTerminal = (): boolean => output()?.isTTY === true;
/** The width of the terminal; 80 where there is none. */
export const terminalColumns = (): number => output()?.columns ?? 80;
