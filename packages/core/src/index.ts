// Public entry of @nn/core.
export {};
