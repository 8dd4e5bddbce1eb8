// Runs the command `replay`.
import { replayCommand } from './command.js';

try {
  process.exitCode = await replayCommand(process.argv.slice(2), console.log);
} catch (error) {
  console.error(`replay: ${(error as Error).message}\nTry: pnpm replay --help`);
  process.exitCode = 2;
}
