// Entry of the demo package.
export {};
