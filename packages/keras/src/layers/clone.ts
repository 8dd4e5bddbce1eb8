// A new layer of the same class and config, without the weights.
import { isSerialized, type Config, type ObjectClass, type Resolve } from '../object.js';
import { InputLayer } from './core/input-layer.js';
import type { Layer } from './layer.js';

/** The class of a live layer, as something that can be made from a config. */
const classOf = (layer: Layer): ObjectClass<Layer> => layer.constructor as unknown as ObjectClass<Layer>;

/** Rebuilds a layer from its config with some entries changed; layers inside of it are rebuilt too. */
export function cloneLayer<T extends Layer>(layer: T, changes: Config = {}): T {
  const classes = new Map<string, ObjectClass<Layer>>([
    ['InputLayer', InputLayer],
    ...(layer.flattenLayers() as Layer[]).map((l) => [l.className, classOf(l)] as const),
  ]);
  const resolve: Resolve = (object) =>
    isSerialized(object) ? classes.get(object.class_name)!.fromConfig(object.config, resolve) : object;
  return classOf(layer).fromConfig({ ...layer.getConfig(), ...changes }, resolve) as T;
}
