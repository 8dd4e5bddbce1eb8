// Recurrent cells: one step of RNN, LSTM and GRU. The gates are shared formulas; how inputs are projected is up to the caller.
import { add, matmul, mul, sigmoid, slice, sub, tanh, transpose } from '../ops/index.js';
import type { Tensor } from '../graph/tensor.js';
import { describe, ShapeError } from '../base/index.js';

export type Activation = (x: Tensor) => Tensor;

/** The functions inside a cell; the defaults are those of both frameworks. */
export interface GateActivations {
  /** Of the gates; default sigmoid. */
  readonly gate?: Activation;
  /** Of the candidate and the output; default tanh. */
  readonly activation?: Activation;
}

/** Weights of a cell in PyTorch's layout: one row per gate and unit, the gates one after the other. */
export interface CellWeights {
  /** [gates * hidden, in] */
  readonly wIh: Tensor;
  /** [gates * hidden, hidden] */
  readonly wHh: Tensor;
  /** [gates * hidden]; default 0 */
  readonly bIh?: Tensor;
  /** [gates * hidden]; default 0 */
  readonly bHh?: Tensor;
}

/** `x w^T + b` with a weight of one row per output. */
function project(x: Tensor, w: Tensor, b: Tensor | undefined): Tensor {
  const y = matmul(x, transpose(w));
  return b ? add(y, b) : y;
}

/** The blocks of the last axis. */
function blocks(op: string, x: Tensor, count: number): Tensor[] {
  const axis = x.ndim - 1;
  const size = x.shape[axis]! / count;
  if (!Number.isInteger(size))
    throw new ShapeError(`${op}: the last axis of ${describe(x.spec)} does not hold ${count} gates of equal size`);
  const from = x.shape.map(() => 0);
  return Array.from({ length: count }, (_, i) =>
    slice(x, [...from.slice(1), i * size], [...x.shape.slice(0, axis), (i + 1) * size]),
  );
}

/**
 * One step of a plain recurrent network: `h' = activation(x wIh^T + bIh + h wHh^T + bHh)`.
 *
 * @param x           [n, in]
 * @param h           [n, hidden]
 * @param activation  default tanh
 * @returns           [n, hidden]
 * @example
 * rnnCell(tensor([[1]]), tensor([[0]]), { wIh: tensor([[0.5]]), wHh: tensor([[1]]) }) // => [[0.462117]] within 1e-6
 */
export function rnnCell(x: Tensor, h: Tensor, w: CellWeights, activation: Activation = tanh): Tensor {
  return activation(add(project(x, w.wIh, w.bIh), project(h, w.wHh, w.bHh)));
}

/**
 * The LSTM's new state from the projected gates: `c' = f c + i g`, `h' = o activation(c')` with i, f, o through the gate function and g through
 * the activation. The gates stand in the order i, f, g, o, which PyTorch and Keras share.
 *
 * @param gates  [..., 4 * hidden]: both projections and biases summed
 * @param c      [..., hidden]
 * @returns      [h', c']
 * @throws ShapeError  when the last axis is no multiple of 4
 * @see Hochreiter & Schmidhuber 1997
 * @example
 * lstmGates(tensor([[0, 0, 1, 0]]), tensor([[0]]))[1] // => [[0.380797]] within 1e-6
 */
export function lstmGates(gates: Tensor, c: Tensor, o: GateActivations = {}): [Tensor, Tensor] {
  const { gate = sigmoid, activation = tanh } = o;
  const [i, f, g, out] = blocks('lstmGates', gates, 4) as [Tensor, Tensor, Tensor, Tensor];
  const next = add(mul(gate(f), c), mul(gate(i), activation(g)));
  return [mul(gate(out), activation(next)), next];
}

/**
 * One step of an LSTM with PyTorch's weights.
 *
 * @param x      [n, in]
 * @param state  [h, c], [n, hidden] each; h may be narrower (projected)
 * @returns      [h', c']
 * @example
 * lstmCell(tensor([[1]]), [tensor([[0]]), tensor([[0]])], { wIh: tensor([[0], [0], [1], [0]]), wHh: tensor([[0], [0], [0], [0]]) })[1] // => [[0.380797]] within 1e-6
 */
export function lstmCell(
  x: Tensor,
  state: readonly [Tensor, Tensor],
  w: CellWeights,
  o: GateActivations = {},
): [Tensor, Tensor] {
  const [h, c] = state;
  return lstmGates(add(project(x, w.wIh, w.bIh), project(h, w.wHh, w.bHh)), c, o);
}

/** In which order the three gates of a GRU stand: r, z, n in PyTorch, z, r, n in Keras. */
export type GruOrder = 'rzn' | 'zrn';

/**
 * The GRU's new state from projected gates, the reset gate applied after the projection of h:
 * `n = activation(xn + r hn)`, `h' = z h + (1 - z) n`.
 *
 * @param xGates  [..., 3 * hidden]: the projected input
 * @param hGates  [..., 3 * hidden]: the projected state, with its own bias
 * @param h       [..., hidden]
 * @param o.order default 'rzn'
 * @returns       [..., hidden]
 * @throws ShapeError  when a last axis is no multiple of 3
 * @see Cho et al. 2014, arXiv:1406.1078
 * @example
 * gruGates(tensor([[0, 0, 1]]), tensor([[0, 0, 0]]), tensor([[1]])) // => [[0.880797]] within 1e-6
 */
export function gruGates(
  xGates: Tensor,
  hGates: Tensor,
  h: Tensor,
  o: GateActivations & { order?: GruOrder } = {},
): Tensor {
  const { gate = sigmoid, activation = tanh, order = 'rzn' } = o;
  const x = blocks('gruGates', xGates, 3) as [Tensor, Tensor, Tensor];
  const s = blocks('gruGates', hGates, 3) as [Tensor, Tensor, Tensor];
  const [ri, zi] = order === 'rzn' ? ([0, 1] as const) : ([1, 0] as const);
  const r = gate(add(x[ri], s[ri]));
  const z = gate(add(x[zi], s[zi]));
  return mix(z, h, activation(add(x[2], mul(r, s[2]))));
}

/**
 * The GRU with the reset gate applied before the projection: `n = activation(xn + project(r h))` (Keras with reset_after=False).
 *
 * @param xGates     [..., 3 * hidden]: the projected input, gates z, r, n
 * @param hGates     [..., 2 * hidden]: the projected state, gates z, r
 * @param h          [..., hidden]
 * @param candidate  projects `r h` [..., hidden] for the candidate
 * @example
 * gruGatesBefore(tensor([[0, 0, 1]]), tensor([[0, 0]]), tensor([[1]]), (rh) => mul(rh, 0)) // => [[0.880797]] within 1e-6
 */
export function gruGatesBefore(
  xGates: Tensor,
  hGates: Tensor,
  h: Tensor,
  candidate: (rh: Tensor) => Tensor,
  o: GateActivations = {},
): Tensor {
  const { gate = sigmoid, activation = tanh } = o;
  const [xz, xr, xn] = blocks('gruGatesBefore', xGates, 3) as [Tensor, Tensor, Tensor];
  const [hz, hr] = blocks('gruGatesBefore', hGates, 2) as [Tensor, Tensor];
  const r = gate(add(xr, hr));
  return mix(gate(add(xz, hz)), h, activation(add(xn, candidate(mul(r, h)))));
}

/** `z h + (1 - z) n` */
const mix = (z: Tensor, h: Tensor, n: Tensor): Tensor => add(n, mul(z, sub(h, n)));

/**
 * One step of a GRU with PyTorch's weights, gates r, z, n.
 *
 * @param x  [n, in]
 * @param h  [n, hidden]
 * @returns  [n, hidden]
 * @example
 * gruCell(tensor([[1]]), tensor([[1]]), { wIh: tensor([[0], [0], [1]]), wHh: tensor([[0], [0], [0]]) }) // => [[0.880797]] within 1e-6
 */
export function gruCell(x: Tensor, h: Tensor, w: CellWeights, o: GateActivations & { order?: GruOrder } = {}): Tensor {
  return gruGates(project(x, w.wIh, w.bIh), project(h, w.wHh, w.bHh), h, o);
}
