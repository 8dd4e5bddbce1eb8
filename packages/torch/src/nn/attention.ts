// Multi-head attention.
import * as core from '@nn/core';
import { multiheadAttention } from '../functional/attention.js';
import { bind } from '../ops/arguments.js';
import { empty } from '../ops/create.js';
import { chunk } from '../ops/parts.js';
import { transpose } from '../ops/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { xavierNormal_, xavierUniform_, zeros_ } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { holdParameters } from './tree.js';

export interface MultiheadOptions {
  /** Of the attention weights; default 0. */
  dropout?: number;
  bias?: boolean;
  /** Learn one more key and value. */
  addBiasKv?: boolean;
  /** Add a key and value of zeros. */
  addZeroAttn?: boolean;
  /** Sizes of keys and values; default embedDim. */
  kdim?: number | null;
  vdim?: number | null;
  /** [n, length, embed] instead of [length, n, embed]; default false. */
  batchFirst?: boolean;
}
export interface AttentionCall {
  /** bool [n, keys]: true for keys to ignore; or floats to add to the scores. */
  keyPaddingMask?: Tensor | null;
  /** Also return the weights; default true. */
  needWeights?: boolean;
  /** bool [queries, keys] or [n * heads, queries, keys]: true where not to look; or floats to add to the scores. */
  attnMask?: Tensor | null;
  /** Weights averaged over the heads; default true. */
  averageAttnWeights?: boolean;
  /** A hint that attnMask is causal. */
  isCausal?: boolean;
}
/** The output projection, under the name that PyTorch prints. */
class NonDynamicallyQuantizableLinear extends Linear {}
type Argument = Tensor | boolean | null | AttentionCall | undefined;

/**
 * Multi-head attention: heads of `softmax(q k^T / sqrt(d)) v`, each of its own projections, joined and projected.
 *
 * @param embedDim  size of queries and of the result
 * @param numHeads  must divide embedDim
 * @returns  the result, and the weights [n, queries, keys] ([n, heads, queries, keys] with averageAttnWeights: false) or null
 * @example
 * const attention = new nn.MultiheadAttention(8, 2, { batchFirst: true });
 * const x = torch.randn([1, 5, 8]);
 * const [y, weights] = attention(x, x, x);
 * y.shape // => [1, 5, 8]
 * weights.shape // => [1, 5, 5]
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly addZeroAttn: boolean;
  readonly batchFirst: boolean;
  /** [3 embedDim, embedDim]: queries, keys, values; null when keys or values have another size. */
  in_proj_weight: Parameter | null;
  q_proj_weight: Parameter | null;
  k_proj_weight: Parameter | null;
  v_proj_weight: Parameter | null;
  in_proj_bias: Parameter | null;
  out_proj: Linear;
  bias_k: Parameter | null;
  bias_v: Parameter | null;
  constructor(embedDim: number, numHeads: number, o: MultiheadOptions = {}) {
    super();
    if (embedDim <= 0 || numHeads <= 0)
      throw new core.ValueError(
        `embed_dim and num_heads must be greater than 0, got embed_dim=${embedDim} and num_heads=${numHeads} instead`,
      );
    if (embedDim % numHeads)
      throw new core.ValueError(
        `embed_dim must be divisible by num_heads: ${numHeads} heads do not divide ${embedDim}`,
      );
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = o.dropout ?? 0;
    this.kdim = o.kdim ?? embedDim;
    this.vdim = o.vdim ?? embedDim;
    this.addZeroAttn = o.addZeroAttn ?? false;
    this.batchFirst = o.batchFirst ?? false;
    const same = this.kdim === embedDim && this.vdim === embedDim;
    const bias = o.bias ?? true;
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape));
    this.q_proj_weight = same ? null : make(embedDim, embedDim);
    this.k_proj_weight = same ? null : make(embedDim, this.kdim);
    this.v_proj_weight = same ? null : make(embedDim, this.vdim);
    this.in_proj_weight = same ? make(3 * embedDim, embedDim) : null;
    this.in_proj_bias = bias ? make(3 * embedDim) : null;
    this.bias_k = o.addBiasKv ? make(1, 1, embedDim) : null;
    this.bias_v = o.addBiasKv ? make(1, 1, embedDim) : null;
    this.out_proj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { bias });
    holdParameters(
      this,
      'q_proj_weight',
      'k_proj_weight',
      'v_proj_weight',
      'in_proj_weight',
      'in_proj_bias',
      'bias_k',
      'bias_v',
    );
    this.resetParameters();
  }
  resetParameters(): void {
    for (const w of [this.in_proj_weight, this.q_proj_weight, this.k_proj_weight, this.v_proj_weight])
      if (w) xavierUniform_(w);
    if (this.in_proj_bias) zeros_(this.in_proj_bias);
    if (this.out_proj.bias) zeros_(this.out_proj.bias);
    for (const b of [this.bias_k, this.bias_v]) if (b) xavierNormal_(b);
  }
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    o: AttentionCall & { needWeights: false },
  ): [output: Tensor, weights: null];
  forward(query: Tensor, key: Tensor, value: Tensor, ...rest: Argument[]): [output: Tensor, weights: Tensor];
  forward(query: Tensor, key: Tensor, value: Tensor, ...rest: Argument[]): [output: Tensor, weights: Tensor | null] {
    const o = bind<AttentionCall>(
      ['keyPaddingMask', 'needWeights', 'attnMask', 'averageAttnWeights', 'isCausal'],
      ...rest,
    );
    if (o.isCausal && !o.attnMask) throw new core.ValueError('Need attn_mask if specifying the is_causal hint.');
    const single = query.shape.length === 2;
    if (query.shape.length !== 2 && query.shape.length !== 3) {
      throw new core.ShapeError(
        `query should be unbatched 2D or batched 3D tensor but received ${query.shape.length}-D query tensor`,
      );
    }
    if (query.shape.at(-1) !== this.embedDim) {
      throw new core.ShapeError(`was expecting embedding dimension of ${this.embedDim}, but got ${query.shape.at(-1)}`);
    }
    const batch = (x: Tensor): Tensor => (single ? x.unsqueeze(0) : this.batchFirst ? x : transpose(x, 0, 1));
    const needWeights = o.needWeights ?? true;
    const { output, weights } = multiheadAttention(batch(query), batch(key), batch(value), {
      heads: this.numHeads,
      weights: (this.in_proj_weight
        ? chunk(this.in_proj_weight, 3)
        : [this.q_proj_weight!, this.k_proj_weight!, this.v_proj_weight!]) as [Tensor, Tensor, Tensor],
      biases: (this.in_proj_bias ? chunk(this.in_proj_bias, 3) : [null, null, null]) as [Tensor, Tensor, Tensor],
      outWeight: this.out_proj.weight,
      outBias: this.out_proj.bias,
      biasK: this.bias_k,
      biasV: this.bias_v,
      addZeroAttn: this.addZeroAttn,
      dropoutP: this.training ? this.dropout : 0,
      keyPaddingMask: o.keyPaddingMask && single ? o.keyPaddingMask.unsqueeze(0) : (o.keyPaddingMask ?? null),
      attnMask: o.attnMask ?? null,
      needWeights,
    });
    const y = single ? output.squeeze(0) : this.batchFirst ? output : transpose(output, 0, 1);
    if (!needWeights) return [y, null];
    const shown = (o.averageAttnWeights ?? true) ? weights.mean(1) : weights;
    return [y, single ? shown.squeeze(0) : shown];
  }
}
