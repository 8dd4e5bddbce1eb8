// Public entry of @nn/keras: the `tf` and `keras` namespaces, and the types that programs name.
export * as tf from './tf/index.js';
export * as keras from './keras.js';
export { Tensor, type Shape, type TensorLike } from './tensor/tensor.js';
export { Variable } from './tensor/variable.js';
export { Layer } from './layers/layer.js';
export { Model } from './models/model.js';
export { lift } from './lift.js';
