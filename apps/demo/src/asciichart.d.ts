// Types of asciichart, which comes without.
declare module 'asciichart' {
  export const green: string;
  export const blue: string;
  export function plot(
    series: readonly number[] | readonly (readonly number[])[],
    options?: { height?: number; colors?: readonly string[]; format?: (value: number) => string },
  ): string;
}
