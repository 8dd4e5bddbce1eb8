// The dtype constants of tf.
export const float32 = 'float32';
export const float64 = 'float64';
export const int32 = 'int32';
export const uint8 = 'uint8';
export const bool = 'bool';
