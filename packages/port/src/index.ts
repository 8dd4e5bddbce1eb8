// Public entry of @nn/port.
export {};
