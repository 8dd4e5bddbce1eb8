// keras.backend: global settings and names.
export { epsilon, floatx, imageDataFormat, setEpsilon, setFloatx, setImageDataFormat } from './config.js';
export { resetNames as clearSession } from './naming.js';
/** The name of the backend. */
export const backend = (): string => 'nn';
