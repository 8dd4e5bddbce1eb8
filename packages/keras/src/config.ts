// Global settings: epsilon, the float type of new weights, the layout of images.
import { ValueError } from '@nn/core';
import { coreDType } from './tensor/dtype.js';
import { shown } from './tensor/format.js';

export type DataFormat = 'channels_last' | 'channels_first';
export type FloatType = 'float32' | 'float64';

const settings: { epsilon: number; floatx: FloatType; imageDataFormat: DataFormat } = {
  epsilon: 1e-7,
  floatx: 'float32',
  imageDataFormat: 'channels_last',
};

/** The small number that keeps logarithms and quotients finite; 1e-7. */
export const epsilon = (): number => settings.epsilon;
export function setEpsilon(value: number): void {
  settings.epsilon = value;
}
/** The dtype of new weights; 'float32'. */
export const floatx = (): FloatType => settings.floatx;
export function setFloatx(value: string): void {
  settings.floatx = floatType('setFloatx', value);
}
/** Where layers expect the channels of images; 'channels_last'. */
export const imageDataFormat = (): DataFormat => settings.imageDataFormat;
export function setImageDataFormat(value: string): void {
  settings.imageDataFormat = dataFormatOf(value);
}

/** Checks `data_format`; the global one when not given. */
export function dataFormatOf(value: string | null | undefined): DataFormat {
  if (value === null || value === undefined) return settings.imageDataFormat;
  if (value !== 'channels_last' && value !== 'channels_first') {
    throw new ValueError(
      `The \`data_format\` argument must be one of {'channels_first', 'channels_last'}. Received: data_format=${value}`,
    );
  }
  return value;
}

/** The dtype of a policy: 'float32' or 'float64', by name or as a serialized DTypePolicy. */
export function floatType(op: string, policy: unknown): FloatType {
  if (policy === null || policy === undefined) return settings.floatx;
  const name = typeof policy === 'object' ? (policy as { config?: { name?: string } }).config?.name : shown(policy);
  if (name === 'float32' || name === 'float64') return name;
  if (name !== undefined && !name.startsWith('mixed')) coreDType(op, name);
  throw new ValueError(`${op}: dtype policy '${name}' is not supported here. Use 'float32' or 'float64'`);
}
