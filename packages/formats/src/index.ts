// Public entry of @nn/formats: files as named arrays, without tensors or devices.
export { decode, elementBytes, encode, type CoreArray, type StoredArray, type StoredDType } from './array.js';
export { FormatError } from './error.js';
export type { SmallFloat } from './float.js';
export { readSafetensors, writeSafetensors, type Safetensors } from './safetensors.js';
