// Public entry of @nn/formats.
export {};
