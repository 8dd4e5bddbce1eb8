// Entry of the docs package.
export {};
