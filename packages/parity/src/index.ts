// Entry of the parity package.
export {};
