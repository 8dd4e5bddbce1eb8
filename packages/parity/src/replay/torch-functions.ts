// Calls functions of torch by their Python names and arguments.
import * as torch from '@nn/torch';
import { bind, find } from './arguments.js';
import type { Args } from './call.js';
import { pythonOrder } from './python-order.js';

/** Calls `torch.nn.functional.conv2d` and the like. */
export function callFunction(name: string, args: readonly unknown[], kwargs: Args): unknown {
  const path = name.replace(/^torch\./, '');
  const f = find(torch, 'torch', path) as (...args: unknown[]) => unknown;
  const bound = bind(name, f, args, kwargs, pythonOrder(path));
  const out = f(...bound.args);
  bound.assertRead();
  return out;
}
