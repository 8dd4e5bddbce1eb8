// The process of one peer: loads its library, then answers each line of JSON with a line of JSON.
import { createInterface } from 'node:readline';
import { Answers } from '../measure/answers.js';
import type { Answer, Question } from '../measure/questions.js';
import { load } from './libraries.js';
import type { Greeting, Setup } from './setup.js';

// Only answers go to the standard output; what libraries print goes elsewhere.
const say = (value: Answer | Greeting): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
console.log = console.info = console.warn = console.error;

const setup = JSON.parse(process.argv[2]!) as Setup;
/** Long beside the clock's own time, or beside that of waiting for a device. */
const batchMs = setup.library === 'ours' && setup.device === 'webgpu' ? 20 : 0.05;

const library = await load(setup);
const answers = new Answers(library, batchMs, {
  peak: () => process.resourceUsage().maxRSS * 1024,
  now: () => process.memoryUsage.rss(),
});
say({ ready: true, versions: library.versions });
for await (const line of createInterface({ input: process.stdin })) say(await answers.to(JSON.parse(line) as Question));
process.exit(0);
