// Public entry of @nn/core/testing.
export {};
