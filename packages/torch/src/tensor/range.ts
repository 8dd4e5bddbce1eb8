// [0, 1, …, n-1], which most shape arithmetic starts from.
export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
