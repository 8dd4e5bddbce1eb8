// Models from their serialized form.
import { deserialize as deserializeLayer, type LayerClasses } from '../layers/deserialize.js';
import { Model } from './model.js';
import { Sequential } from './sequential.js';

/**
 * Makes a model (or a layer) from what `serialize()` or a Keras file wrote. Weights are not part of it.
 *
 * @param customObjects  classes of your own, by class name
 */
export function deserialize(object: unknown, o: { customObjects?: LayerClasses } = {}): Model {
  return deserializeLayer(object, {
    customObjects: { Functional: Model, Model, Sequential, ...o.customObjects },
  }) as Model;
}
