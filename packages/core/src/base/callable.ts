// Makes `model(x)` legal JavaScript: instances of a Callable are functions.

/**
 * A class whose instances are functions: calling one runs `invoke`. A subclass types the call by merging an interface with a call signature.
 * This class itself holds no fields: they would stay on the object that the function replaces.
 */
export abstract class Callable {
  constructor() {
    const self = ((...args: unknown[]): unknown => self.invoke(...args)) as unknown as Callable;
    for (const key of ['name', 'length']) Reflect.deleteProperty(self, key);
    return Object.setPrototypeOf(self, new.target.prototype) as this;
  }
  protected abstract invoke(...args: unknown[]): unknown;
}
