// Puts the methods on the tensor. Modules that make tensors out of nothing import it from here, so that no bundler can drop the methods.
import { handle, isGradEnabled, type Tensor as Value } from '@nn/core';
import * as arithmetic from '../ops/arithmetic.js';
import * as convert from '../ops/convert.js';
import * as extremes from '../ops/extremes.js';
import * as indexed from '../ops/indexed.js';
import * as matrix from '../ops/matrix.js';
import * as parts from '../ops/parts.js';
import * as pointwise from '../ops/pointwise.js';
import * as rearrange from '../ops/rearrange.js';
import * as reduce from '../ops/reduce.js';
import * as scan from '../ops/scan.js';
import * as shape from '../ops/shape.js';
import { assign } from './assign.js';
import { backward, registerHook, retainGrad } from './backward.js';
import { alias, Tensor as Handle } from './handle.js';
import { at, get, indexPut_, set } from './indexing.js';
import * as inplace from './inplace.js';
import { inPlaceNames } from './inplace-names.js';
import * as methods from './methods.js';
import { type SizeMethod, toString, type ToMethod } from './methods.js';

type Method<F> = F extends (x: infer _, ...args: infer A) => infer R ? (...args: A) => R : never;
type Methods<T> = { [K in keyof T]: Method<T[K]> };
type InPlace<T, N extends keyof T & string> = {
  [K in N as `${K}_`]: T[K] extends (x: infer _, ...args: infer A) => unknown ? (...args: A) => Handle : never;
};
type Operations = typeof pointwise & typeof arithmetic & typeof matrix & typeof scan & typeof indexed;
type InPlaceNames = (typeof inPlaceNames)[number];

declare module './handle.js' {
  interface Tensor
    extends Methods<typeof pointwise>,
      Methods<typeof arithmetic>,
      Methods<typeof convert>,
      Methods<typeof indexed>,
      Methods<typeof matrix>,
      Methods<typeof parts>,
      Methods<typeof rearrange>,
      Methods<typeof reduce>,
      Methods<Omit<typeof scan, 'median'>>,
      Methods<typeof shape>,
      Methods<Omit<typeof methods, 'size' | 'to'>>,
      Methods<typeof inplace>,
      Methods<typeof gradient>,
      Methods<typeof indexing>,
      InPlace<Operations, InPlaceNames>,
      extremes.Extremes,
      scan.Median,
      SizeMethod,
      ToMethod {
    /** All axes in the opposite order. */
    readonly T: Handle;
    /** The last two axes swapped. */
    readonly mT: Handle;
  }
}

const gradient: {
  readonly backward: typeof backward;
  readonly registerHook: typeof registerHook;
  readonly retainGrad: typeof retainGrad;
} = { backward, registerHook, retainGrad };
const indexing: {
  readonly at: typeof at;
  readonly get: typeof get;
  readonly set: typeof set;
  readonly indexPut_: typeof indexPut_;
} = { at, get, set, indexPut_ };

type Function_ = (x: Handle, ...args: unknown[]) => unknown;

/** A tensor with its methods; see handle.ts. */
export const Tensor: typeof Handle = install(Handle);
export type Tensor = Handle;

/** The value that an in-place operation starts from: where its gradient reads it, the change must not count against it. */
function before(x: Handle, args: readonly unknown[]): Handle {
  const tracked = isGradEnabled() && (x.requiresGrad || args.some((a) => a instanceof Handle && a.requiresGrad));
  return tracked ? new Handle(alias(x.value), x._fn) : x;
}

function install(target: typeof Handle): typeof Handle {
  const put = (name: string, value: PropertyDescriptor): void =>
    void Object.defineProperty(target.prototype, name, { configurable: true, ...value });
  const all: Record<string, unknown> = {
    ...pointwise,
    ...arithmetic,
    ...convert,
    ...extremes,
    ...indexed,
    ...matrix,
    ...parts,
    ...rearrange,
    ...reduce,
    ...scan,
    ...shape,
    ...methods,
    ...inplace,
    ...gradient,
    ...indexing,
  };
  for (const [name, f] of Object.entries(all)) {
    if (typeof f !== 'function') continue;
    put(name, {
      writable: true,
      value(this: Handle, ...args: unknown[]): unknown {
        return (f as Function_)(this, ...args);
      },
    });
  }
  for (const name of inPlaceNames) {
    const f = all[name] as Function_;
    put(`${name}_`, {
      writable: true,
      value(this: Handle, ...args: unknown[]): Handle {
        const result = f(before(this, args), ...args) as Handle;
        return assign(this, result.value, result._fn);
      },
    });
  }
  Object.defineProperty(target.prototype, 'T', {
    configurable: true,
    get(this: Handle): Handle {
      return shape.permute(
        this,
        this.shape.map((_, i) => this.shape.length - 1 - i),
      );
    },
  });
  Object.defineProperty(target.prototype, 'mT', {
    configurable: true,
    get(this: Handle): Handle {
      return shape.transpose(this, -2, -1);
    },
  });
  Object.defineProperty(target.prototype, handle, {
    value(this: Handle): { value: Value; wrap: (v: Value) => Handle } {
      return { value: this.value, wrap: (v) => new target(v, this._fn) };
    },
  });
  // What console.log shows in Node.
  Object.defineProperty(target.prototype, Symbol.for('nodejs.util.inspect.custom'), {
    value(this: Handle): string {
      return toString(this);
    },
  });
  return target;
}
