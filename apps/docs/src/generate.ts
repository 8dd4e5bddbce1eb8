// Writes the generated pages of the site: the first page out of the tested programs, the tables out of data.
import { writeFileSync } from 'node:fs';
import { portRules, type PortRuleRow } from '@nn/port';
import { differences } from './differences.js';
import { cut, pairs, runnable, shared, type ContractFile } from './programs.js';

const page = (name: string, text: string): void => writeFileSync(new URL(`../site/${name}.md`, import.meta.url), text);
const buttons = (file: ContractFile, names: readonly string[]): string =>
  runnable(file, names)
    .map((name) => `\n\n<run-program of="${file}" name="${name}"></run-program>`)
    .join('');
const code = (file: ContractFile, names: readonly string[]): string =>
  `\`\`\`ts\n${names.map((n) => cut(file, n)).join('\n\n')}\n\`\`\`${buttons(file, names)}`;
const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows.map((r) => r.map(cell))].map((r) => `| ${r.join(' | ')} |`).join('\n');

const frontmatter = (title: string): string =>
  `---\ntitle: ${title}\nsidebar: false\naside: false\npageClass: wide\n---\n\n`;
const differencesText = differences
  .map(({ title, rows }) => `### ${title}\n\n${table(['', '@nn/torch', '@nn/keras'], rows)}`)
  .join('\n\n');

page(
  'index',
  `${frontmatter('Two styles, one core')}# Two styles, one core

Deep learning in TypeScript, in PyTorch's style or in Keras 3's: two thin faces over one core of tensors, gradients, tracing and
kernels. Each program below runs unmodified on every device, and is cut from the file that the tests run. Here it runs in your browser.

<device-chooser></device-chooser>

${pairs
  .map(
    ({ title, about, torch, keras }) => `## ${title}

${about}

<div class="pair"><div>

**@nn/torch**

${code('torch', torch)}

</div><div>

**@nn/keras**

${code('keras', keras)}

</div></div>`,
  )
  .join('\n\n')}

# Both at once

${shared.map(({ title, about, file, names }) => `## ${title}\n\n${about}\n\n${code(file, names)}`).join('\n\n')}

# Where the styles differ

${differencesText}
`,
);
page(
  'differences',
  `${frontmatter('Differences')}# Where the styles differ\n\nFacts of PyTorch 2.13 and Keras 3.15. The faces keep them, and \`@nn/port\` bridges them where it can.\n\n${differencesText}\n`,
);
const refusal = ({ direction, reason, wayOut }: PortRuleRow['refusals'][number]): string =>
  `${direction}: ${reason}. ${wayOut}`;
page(
  'porting',
  `${frontmatter('Porting')}# What ports, and what does not

\`toKeras\` and \`toTorch\` rebuild a model in the other style by these rules; \`definePort\` adds one of your own. What cannot be ported
is an error that names the layer, the reason and the way out.

${table(
  ['@nn/torch', '@nn/keras', 'toKeras', 'toTorch', 'notes', 'refused'],
  portRules().map((r) => [
    r.torch ?? '',
    r.keras ?? '',
    r.toKeras ? 'yes' : '',
    r.toTorch ? 'yes' : '',
    r.notes,
    r.refusals.map(refusal).join(' · '),
  ]),
)}
`,
);
