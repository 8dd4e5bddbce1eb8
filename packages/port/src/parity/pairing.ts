// Finds out which weights of a module and of a layer belong together.
import type { Layer } from '@nn/keras';
import { PortError } from '../error.js';
import type { Sizes } from '../layout.js';
import { type Link, linkOf } from '../link.js';
import type { Pairs } from '../pairs.js';
import type { Module } from '../rule.js';
import { toKeras } from '../to-keras.js';
import { toTorch } from '../to-torch.js';
import { cellOf } from '../torch-trace.js';
import type * as core from '@nn/core';

const shapeText = (s: readonly number[]): string => `[${s.join(', ')}]`;
/** Cells of one object in place of those of another of the same build. */
function matching(
  from: readonly core.Variable[],
  to: readonly core.Variable[],
  what: string,
): Map<core.Variable, core.Variable> {
  const wrong = from.findIndex(
    (c, i) =>
      to[i] === undefined || to[i].shape.length !== c.shape.length || to[i].shape.some((n, d) => n !== c.shape[d]),
  );
  if (from.length !== to.length || wrong >= 0) {
    const at = Math.max(wrong, 0);
    throw new PortError(
      `checkParity: the two are not built alike: ${what} should have ${from.length} weights, ${from[at] ? `number ${at} of shape ${shapeText(from[at].shape)}` : ''}, and has ${to.length}${to[at] ? `, number ${at} of shape ${shapeText(to[at].shape)}` : ''}. Port one from the other with toKeras or toTorch, or make them of the same layers in the same order`,
    );
  }
  return new Map(from.map((c, i) => [c, to[i]!]));
}
const torchCells = (m: Module): core.Variable[] =>
  [...m.namedParameters(), ...m.namedBuffers()].map(([, t]) => cellOf(t));
const kerasCells = (l: Layer): core.Variable[] => l.weights.map((v) => v.cell);
const mapped = ({ pairs, dropped }: Pairs, cell: (c: core.Variable) => core.Variable): Pairs => ({
  pairs: pairs.map((p) => ({ ...p, torch: cell(p.torch), keras: cell(p.keras) })),
  dropped: dropped.map((d) => ({ ...d, cell: cell(d.cell) })),
});

/** Shapes of the inputs, with the batch axis; as torch has them, or as Keras has them. */
export interface InputShapes {
  readonly side: 'torch' | 'keras';
  readonly shapes: readonly (readonly number[])[];
  readonly integer: boolean;
}
const withNull = (s: readonly number[], axis: number): Sizes => s.map((n, d) => (d === axis ? null : n));

/** The link of the two: the one that porting left, or that of a fresh port with the weights of these two. */
export function pairUp(torch: Module, keras: Layer, inputs: InputShapes): Link {
  const known = linkOf(torch, keras);
  if (known) return known;
  if (!keras.built)
    throw new PortError(`checkParity: layer '${keras.name}' has no weights yet: build it, or call it once`);
  if (inputs.side === 'torch') {
    const axis = (torch as { batchFirst?: boolean }).batchFirst === false ? 1 : 0;
    const fresh = linkOf(
      torch,
      toKeras(torch, {
        inputShape: inputs.shapes.map((s) => withNull(s, axis)),
        ...(inputs.integer && { dtype: 'int32' }),
      }),
    )!;
    const cells = matching(kerasCells(fresh.keras), kerasCells(keras), `layer '${keras.name}'`);
    return { ...fresh, ...mapped(fresh, (c) => cells.get(c) ?? c), keras };
  }
  const fresh = linkOf(toTorch(keras, { inputShape: inputs.shapes.map((s) => s.slice(1)) }), keras)!;
  const cells = matching(torchCells(fresh.torch), torchCells(torch), torch.getName());
  return { ...fresh, ...mapped(fresh, (c) => cells.get(c) ?? c), torch };
}
