// Printing in Node: console.log shows what toString says.

/** Makes console.log of objects with this prototype show their toString. */
export function printable(prototype: { toString(): string }): void {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
    configurable: true,
    value(this: { toString(): string }): string {
      return this.toString();
    },
  });
}
