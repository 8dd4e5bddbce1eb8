// Puts results on the page.
import type { Table } from '../src/report/tables.js';

export const element = (id: string): HTMLElement => document.getElementById(id)!;

function node<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text: string,
  className?: string,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

/** Terms and what they are. */
export function describe(id: string, rows: readonly (readonly [string, string])[]): void {
  element(id).replaceChildren(...rows.flatMap(([term, text]) => [node('dt', term), node('dd', text)]));
}

/** Sentences, a paragraph each. */
export const notes = (id: string, texts: readonly string[]): void =>
  element(id).replaceChildren(...texts.map((text) => node('p', text, 'note')));

/** Boxes to tick, in a fieldset; returns what is ticked. */
export function choices<N extends string>(id: string, names: readonly N[], ticked: (name: N) => boolean): () => N[] {
  const boxes = names.map((name) => {
    const box = document.createElement('input');
    box.type = 'checkbox';
    box.name = name;
    box.checked = ticked(name);
    const label = document.createElement('label');
    label.append(box, ` ${name}`);
    element(id).append(label);
    return box;
  });
  return () => names.filter((_, k) => boxes[k]!.checked);
}

/** The best figure of a row: rates are best when large, times when small. */
function bestOf(row: readonly string[], large: boolean): number {
  const figures = row.slice(1).map((text) => Number.parseFloat(text));
  return (large ? Math.max : Math.min)(...figures.filter((x) => !Number.isNaN(x)));
}

function drawn({ title, rows, notes }: Table): HTMLElement {
  const section = document.createElement('section');
  const table = document.createElement('table');
  const [head, ...body] = rows;
  const first = table.createTHead().insertRow();
  first.append(...head!.map((text) => node('th', text)));
  const content = table.createTBody();
  for (const row of body) {
    const best = bestOf(row, title.endsWith('/s'));
    const line = content.insertRow();
    line.append(
      ...row.map((text, c) => node('td', text, c > 0 && Number.parseFloat(text) === best ? 'best' : undefined)),
    );
  }
  section.append(
    node('h2', title),
    table,
    ...notes.map((text) => node('p', text, text.includes('ERROR') ? 'note error' : 'note')),
  );
  return section;
}
export const show = (tables: readonly Table[]): void => element('results').replaceChildren(...tables.map(drawn));
