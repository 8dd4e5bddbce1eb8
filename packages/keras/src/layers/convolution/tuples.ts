// Arguments that are one number or one for each spatial axis.
import { ValueError } from '@nn/core';

export type Size = number | readonly number[];

/** `[v, v]` of a number; checks a list. Messages are Keras's. */
export function standardizeTuple(value: Size, n: number, name: string, allowZero = false): readonly number[] {
  const list = typeof value === 'number' ? Array.from({ length: n }, () => value) : [...value];
  const shown = typeof value === 'number' ? String(value) : `(${value.join(', ')})`;
  if (list.length !== n)
    throw new ValueError(`The \`${name}\` argument must be a tuple of ${n} integers. Received ${name}=${shown}`);
  if (list.some((v) => !Number.isInteger(v)))
    throw new ValueError(
      `The \`${name}\` argument must be a tuple of ${n} integers. Received ${name}=${shown}, including values that are not integers`,
    );
  const bad = list.filter((v) => (allowZero ? v < 0 : v <= 0));
  if (bad.length)
    throw new ValueError(
      `The \`${name}\` argument must be a tuple of ${n} integers. Received ${name}=${shown}, including values {${bad.join(', ')}} that do not satisfy \`value ${allowZero ? '>=' : '>'} 0\``,
    );
  return list;
}
export type Padding = 'valid' | 'same' | 'causal';
export function standardizePadding(value: string, allowCausal = false): Padding {
  const padding = value.toLowerCase();
  const allowed = allowCausal ? ['valid', 'same', 'causal'] : ['valid', 'same'];
  if (!allowed.includes(padding))
    throw new ValueError(
      `The \`padding\` argument must be a list/tuple or one of {${allowed.map((a) => `'${a}'`).join(', ')}}. Received: ${value}`,
    );
  return padding as Padding;
}
