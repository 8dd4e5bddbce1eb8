// Public entry of @nn/torch.
export {};
