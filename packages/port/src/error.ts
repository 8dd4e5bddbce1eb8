// What cannot be ported, said with the reason and the way out.
import { NNError } from '@nn/core';

/** A layer, a module or a model that cannot become what was asked for. The message names it, the reason and the way out. */
export class PortError extends NNError {}

/** The way out that most refusals have. */
export const wayOut = {
  toKeras: 'Write a custom layer and declare it with definePort, or keep the module as it is with asLayer',
  toTorch: 'Write a custom module and declare it with definePort, or keep the layer as it is with asModule',
} as const;
export type Direction = keyof typeof wayOut;

/** ` at "encoder.0"`, or nothing for the outermost part. */
export const at = (path: string): string => (path ? ` at "${path}"` : '');
