// Attention as functions.
import * as core from '@nn/core';
import { Tensor } from '../tensor/handle.js';
import { linear } from './linear.js';

export interface AttentionOptions {
  /** bool: true where a query may look at a key; or floats that are added to the scores. Broadcasts to [..., queries, keys]. */
  attnMask?: Tensor | null;
  /** Probability of dropping a weight; default 0. */
  dropoutP?: number;
  /** A query sees keys up to its own place only; default false. */
  isCausal?: boolean;
  /** Default `1 / sqrt(d)`. */
  scale?: number | null;
  /** Keys and values have fewer heads than queries, each shared by several; default false. */
  enableGqa?: boolean;
}
/** `softmax(scale q k^T + mask) v`; rows that see nothing give 0. */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, o: AttentionOptions = {}): Tensor {
  if (o.attnMask && o.isCausal)
    throw new core.ValueError('scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True');
  const query = q.value;
  const share = (t: core.Tensor): core.Tensor => {
    const [heads, fewer] = [query.shape.at(-3), t.shape.at(-3)];
    return o.enableGqa && heads !== undefined && fewer !== undefined && heads !== fewer
      ? core.repeat(t, heads / fewer, t.ndim - 3)
      : t;
  };
  const [key, value] = [share(k.value), share(v.value)];
  const mask = o.attnMask?.value;
  const causal = o.isCausal
    ? core.beside(key, () => core.causalMask(query.shape.at(-2)!, key.shape.at(-2)!))
    : undefined;
  const { output } = core.scaledDotProductAttention(query, key, value, {
    ...(mask && (mask.dtype === 'bool' ? { mask } : { bias: mask })),
    ...(causal && { mask: causal }),
    ...(o.scale != null && { scale: o.scale }),
    ...(o.dropoutP && { dropout: (w) => core.dropout(w, o.dropoutP!) }),
  });
  return new Tensor(output, 'ScaledDotProductAttention');
}

/** What multi-head attention is made of; see nn.MultiheadAttention. */
export interface MultiheadOptions {
  readonly heads: number;
  /** Weights of queries, keys and values, [embed, in] each. */
  readonly weights: readonly [Tensor, Tensor, Tensor];
  readonly biases: readonly [Tensor | null, Tensor | null, Tensor | null];
  readonly outWeight: Tensor;
  readonly outBias: Tensor | null;
  /** Added as one more key and value, [1, 1, embed]. */
  readonly biasK?: Tensor | null;
  readonly biasV?: Tensor | null;
  readonly addZeroAttn?: boolean;
  readonly dropoutP?: number;
  readonly keyPaddingMask?: Tensor | null;
  readonly attnMask?: Tensor | null;
  readonly needWeights?: boolean;
  readonly averageAttnWeights?: boolean;
}

/** PyTorch's masks say where not to look: bool true, or floats to add. As floats to add. */
function additive(mask: Tensor, like: core.Tensor): core.Tensor {
  const m = mask.value;
  return m.dtype === 'bool'
    ? core.where(
        m,
        -Infinity,
        core.beside(like, () => core.zeros([], like.dtype)),
      )
    : m;
}

/** Attention in several heads over [n, length, embed]; returns the result and the weights [n, heads, queries, keys]. */
export function multiheadAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  o: MultiheadOptions,
): { output: Tensor; weights: Tensor } {
  const [n, length] = q.shape as [number, number, number];
  const width = o.weights[0].shape[0]!;
  const d = width / o.heads;
  const project = (x: Tensor, i: 0 | 1 | 2): core.Tensor => linear(x, o.weights[i], o.biases[i]).value;
  const query = project(q, 0);
  const more = (t: core.Tensor, extra: Tensor | null | undefined): core.Tensor =>
    extra ? core.concat([t, core.expand(extra.value, [n, 1, width])], 1) : t;
  const split = (t: core.Tensor): core.Tensor => core.transpose(core.reshape(t, [n, t.shape[1]!, o.heads, d]), 1, 2);
  const zero = (t: core.Tensor): core.Tensor =>
    o.addZeroAttn ? core.concat([t, core.beside(t, () => core.zeros([n, o.heads, 1, d], t.dtype))], 2) : t;
  const key = zero(split(more(project(k, 1), o.biasK)));
  const value = zero(split(more(project(v, 2), o.biasV)));
  const added = (o.biasK ? 1 : 0) + (o.addZeroAttn ? 1 : 0);
  const widen = (m: core.Tensor): core.Tensor =>
    added
      ? core.pad(
          m,
          m.shape.map((_, i): [number, number] => [0, i === m.ndim - 1 ? added : 0]),
        )
      : m;

  let bias: core.Tensor | undefined;
  if (o.attnMask) {
    const m = widen(additive(o.attnMask, query));
    // [q, k] for all, or [n * heads, q, k].
    bias = m.ndim === 3 ? core.reshape(m, [n, o.heads, m.shape[1]!, m.shape[2]!]) : m;
  }
  if (o.keyPaddingMask) {
    const m = widen(additive(o.keyPaddingMask, query));
    const wide = core.reshape(m, [n, 1, 1, m.shape.at(-1)!]);
    bias = bias ? core.add(bias, wide) : wide;
  }
  const { output, weights } = core.scaledDotProductAttention(split(query), key, value, {
    ...(bias && { bias }),
    ...(o.dropoutP && { dropout: (w) => core.dropout(w, o.dropoutP!) }),
    // PyTorch's own formula is a plain softmax when the weights are wanted: a query that sees nothing gives NaN.
    hidden: o.needWeights ? 'nan' : 'zero',
  });
  const joined = new Tensor(core.reshape(core.transpose(output, 1, 2), [n, length, width]));
  return { output: linear(joined, o.outWeight, o.outBias), weights: new Tensor(weights, 'Softmax') };
}
