// Runs the command `replay`.
import { replayCommand, usage } from './command.js';

try {
  process.exitCode = await replayCommand(process.argv.slice(2), console.log);
} catch (error) {
  console.error(`replay: ${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
