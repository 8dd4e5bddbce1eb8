// A program of the page with a button that runs it: what it returns, what it printed, and the curves of its losses.
import type { ContractFile } from '../programs.js';
import { onChosen } from './device.js';
import { curvesIn, element, messageOf, plot, style, textOf } from './view.js';

type Program = (...args: unknown[]) => unknown;
const folder = '../../../../packages/parity/src/contract/';
const files = import.meta.glob('../../../../packages/parity/src/contract/*.ts');
/** What programs are given that take something. */
const given: Readonly<Record<string, (device: string) => readonly unknown[]>> = {
  chooseDevice: (device) => [device],
  flatMemory: () => [40, 'compiled'],
};

/** Runs `f` while what it prints is kept. */
async function listening<R>(f: () => R): Promise<{ value: Awaited<R>; printed: string[] }> {
  const printed: string[] = [];
  const { log } = console;
  console.log = (...parts: unknown[]) => void printed.push(parts.map(textOf).join(' '));
  try {
    return { value: await f(), printed };
  } finally {
    console.log = log;
  }
}

/** `<run-program of="torch" name="trainingLoop">` */
export class RunProgram extends HTMLElement {
  connectedCallback(): void {
    if (this.shadowRoot) return;
    const [file, name] = [this.getAttribute('of') as ContractFile, this.getAttribute('name')!];
    const button = element('button', { type: 'button' }, `Run ${name}`);
    const said = element('span', { class: 'said', role: 'status' });
    const shown = element('div');
    this.attachShadow({ mode: 'open' }).append(element('style', {}, style), button, said, shown);
    const run = async (): Promise<void> => {
      const { result, device, ms } = await onChosen(async (chosen) => {
        const program = (await files[`${folder}${file}.ts`]!())[name] as Program;
        return listening(() => program(...(given[name]?.(chosen) ?? [])));
      });
      const curves = curvesIn(result.value);
      shown.replaceChildren(element('pre', {}, [...result.printed, textOf(result.value)].join('\n')));
      if (curves.length) shown.append(plot(curves));
      said.textContent = `on ${device}, ${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
    };
    button.addEventListener('click', () => {
      button.disabled = true;
      said.textContent = 'running …';
      run()
        .catch((error: unknown) => {
          said.textContent = '';
          shown.replaceChildren(element('p', { class: 'failed' }, messageOf(error)));
        })
        .finally(() => (button.disabled = false));
    });
  }
}
