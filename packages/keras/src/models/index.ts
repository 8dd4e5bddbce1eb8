// keras.models
import { cloneLayer } from '../layers/clone.js';
import type { Model } from './model.js';

export { Model, type ModelOptions } from './model.js';
export { Sequential } from './sequential.js';
export { deserialize as modelFromConfig } from './deserialize.js';
export type { SummaryOptions } from './summary.js';

/** A new model of the same layers, with new weights. */
export const cloneModel = <M extends Model>(model: M): M => cloneLayer(model);
