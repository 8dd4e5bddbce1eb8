// Calls functions of torch by their Python names and arguments.
import * as torch from '@nn/torch';
import { bind, find } from './arguments.js';
import type { Args } from './call.js';

/** Python's order of arguments, where cases give by place what is an option here. */
const orders: Readonly<Record<string, string>> = {};

/** Calls `torch.nn.functional.conv2d` and the like. */
export function callFunction(name: string, args: readonly unknown[], kwargs: Args): unknown {
  const path = name.replace(/^torch\./, '');
  const f = find(torch, 'torch', path) as (...args: unknown[]) => unknown;
  const bound = bind(name, f, args, kwargs, orders[path]?.split(' '));
  const out = f(...bound.args);
  bound.assertRead();
  return out;
}
