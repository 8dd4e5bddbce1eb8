// Public entry of @nn/keras.
export {};
