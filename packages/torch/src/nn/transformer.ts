// Transformer modules (Vaswani et al. 2017).
import * as core from '@nn/core';
import { gelu, relu } from '../functional/activation.js';
import { Tensor } from '../tensor/tensor.js';
import { MultiheadAttention } from './attention.js';
import { ModuleList } from './container.js';
import { deepcopy } from './copy.js';
import { Dropout } from './dropout.js';
import { xavierUniform_ } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';
import { LayerNorm } from './normalization.js';

type Activation = 'relu' | 'gelu' | ((x: Tensor) => Tensor);
export interface TransformerLayerOptions {
  /** Size of the inner layer; default 2048. */
  dimFeedforward?: number;
  /** Default 0.1. */
  dropout?: number;
  /** 'relu' (default), 'gelu' or a function. */
  activation?: Activation;
  /** Default 1e-5. */
  layerNormEps?: number;
  /** [n, length, d] instead of [length, n, d]; default false. */
  batchFirst?: boolean;
  /** Normalize before each part instead of after; default false. */
  normFirst?: boolean;
  /** Default true. */
  bias?: boolean;
}
function activationOf(a: Activation): (x: Tensor) => Tensor {
  if (typeof a === 'function') return a;
  if (a === 'relu') return (x) => relu(x);
  if (a === 'gelu') return (x) => gelu(x);
  throw new core.ValueError(
    `activation should be relu/gelu, not ${String(a)}.${core.nearest(String(a), ['relu', 'gelu'])}`,
  );
}
const defaults = (o: TransformerLayerOptions): Required<TransformerLayerOptions> => ({
  dimFeedforward: o.dimFeedforward ?? 2048,
  dropout: o.dropout ?? 0.1,
  activation: o.activation ?? 'relu',
  layerNormEps: o.layerNormEps ?? 1e-5,
  batchFirst: o.batchFirst ?? false,
  normFirst: o.normFirst ?? false,
  bias: o.bias ?? true,
});

export interface EncoderCall {
  /** [length, length] or [n * heads, length, length]: bool true (or -Infinity) where not to look. */
  srcMask?: Tensor | null;
  /** [n, length]: true for positions to ignore. */
  srcKeyPaddingMask?: Tensor | null;
  isCausal?: boolean;
}
/** Self-attention and two linear maps, each with a residual and layer normalization. */
export class TransformerEncoderLayer extends Module {
  self_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  readonly normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  readonly activation: (x: Tensor) => Tensor;
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super();
    const o = defaults(options);
    const { bias, dropout } = o;
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst: o.batchFirst });
    this.linear1 = new Linear(dModel, o.dimFeedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(o.dimFeedforward, dModel, { bias });
    this.normFirst = o.normFirst;
    this.norm1 = new LayerNorm(dModel, { eps: o.layerNormEps, bias });
    this.norm2 = new LayerNorm(dModel, { eps: o.layerNormEps, bias });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = activationOf(o.activation);
  }
  forward(src: Tensor, o: EncoderCall | Tensor | null = {}): Tensor {
    const call = o instanceof Tensor ? { srcMask: o } : (o ?? {});
    const attend = (x: Tensor): Tensor => {
      const [y] = this.self_attn(x, x, x, {
        attnMask: call.srcMask ?? null,
        keyPaddingMask: call.srcKeyPaddingMask ?? null,
        needWeights: false,
      });
      return this.dropout1(y);
    };
    const feed = (x: Tensor): Tensor => this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.normFirst) {
      const x = src.add(attend(this.norm1(src)));
      return x.add(feed(this.norm2(x)));
    }
    const x = this.norm1(src.add(attend(src)));
    return this.norm2(x.add(feed(x)));
  }
}

export interface DecoderCall {
  tgtMask?: Tensor | null;
  memoryMask?: Tensor | null;
  tgtKeyPaddingMask?: Tensor | null;
  memoryKeyPaddingMask?: Tensor | null;
  tgtIsCausal?: boolean;
  memoryIsCausal?: boolean;
}
/** Self-attention, attention to the encoder's result, and two linear maps. */
export class TransformerDecoderLayer extends Module {
  self_attn: MultiheadAttention;
  multihead_attn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  readonly normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;
  readonly activation: (x: Tensor) => Tensor;
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super();
    const o = defaults(options);
    const { bias, dropout } = o;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps: o.layerNormEps, bias });
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst: o.batchFirst });
    this.multihead_attn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst: o.batchFirst });
    this.linear1 = new Linear(dModel, o.dimFeedforward, { bias });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(o.dimFeedforward, dModel, { bias });
    this.normFirst = o.normFirst;
    this.norm1 = norm();
    this.norm2 = norm();
    this.norm3 = norm();
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
    this.activation = activationOf(o.activation);
  }
  forward(tgt: Tensor, memory: Tensor, o: DecoderCall = {}): Tensor {
    const self = (x: Tensor): Tensor => {
      const [y] = this.self_attn(x, x, x, {
        attnMask: o.tgtMask ?? null,
        keyPaddingMask: o.tgtKeyPaddingMask ?? null,
        needWeights: false,
      });
      return this.dropout1(y);
    };
    const cross = (x: Tensor): Tensor => {
      const [y] = this.multihead_attn(x, memory, memory, {
        attnMask: o.memoryMask ?? null,
        keyPaddingMask: o.memoryKeyPaddingMask ?? null,
        needWeights: false,
      });
      return this.dropout2(y);
    };
    const feed = (x: Tensor): Tensor => this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
    if (this.normFirst) {
      const a = tgt.add(self(this.norm1(tgt)));
      const b = a.add(cross(this.norm2(a)));
      return b.add(feed(this.norm3(b)));
    }
    const a = this.norm1(tgt.add(self(tgt)));
    const b = this.norm2(a.add(cross(a)));
    return this.norm3(b.add(feed(b)));
  }
}

const copies = <M extends Module>(layer: M, n: number): ModuleList<M> =>
  new ModuleList(Array.from({ length: n }, () => deepcopy(layer)));

export interface EncoderOptions {
  /** A last normalization. */
  norm?: Module | null;
  /** Accepted for PyTorch's sake. */
  enableNestedTensor?: boolean;
}
type Norm = Module & { forward(x: Tensor): Tensor };
/** Copies of an encoder layer, one after the other. */
export class TransformerEncoder extends Module {
  layers: ModuleList<TransformerEncoderLayer>;
  readonly numLayers: number;
  norm: Norm | null;
  /** Kept, but there are no nested tensors. */
  readonly enableNestedTensor: boolean;
  constructor(encoderLayer: TransformerEncoderLayer, numLayers: number, o: EncoderOptions = {}) {
    super();
    this.layers = copies(encoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = (o.norm as Norm | null | undefined) ?? null;
    this.enableNestedTensor = o.enableNestedTensor ?? true;
  }
  forward(
    src: Tensor,
    o: { mask?: Tensor | null; srcKeyPaddingMask?: Tensor | null; isCausal?: boolean | null } = {},
  ): Tensor {
    let x = src;
    for (const layer of this.layers)
      x = layer(x, { srcMask: o.mask ?? null, srcKeyPaddingMask: o.srcKeyPaddingMask ?? null });
    return this.norm ? this.norm(x) : x;
  }
}
/** Copies of a decoder layer, one after the other. */
export class TransformerDecoder extends Module {
  layers: ModuleList<TransformerDecoderLayer>;
  readonly numLayers: number;
  norm: Norm | null;
  constructor(decoderLayer: TransformerDecoderLayer, numLayers: number, o: { norm?: Module | null } = {}) {
    super();
    this.layers = copies(decoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = (o.norm as Norm | null | undefined) ?? null;
  }
  forward(tgt: Tensor, memory: Tensor, o: DecoderCall = {}): Tensor {
    let x = tgt;
    for (const layer of this.layers) x = layer(x, memory, o);
    return this.norm ? this.norm(x) : x;
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  dModel?: number;
  nhead?: number;
  numEncoderLayers?: number;
  numDecoderLayers?: number;
  customEncoder?: TransformerEncoder | null;
  customDecoder?: TransformerDecoder | null;
}
/** Encoder and decoder; all matrices begin with xavierUniform_. */
export class Transformer extends Module {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;
  constructor(o: TransformerOptions = {}) {
    super();
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6 } = o;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps: o.layerNormEps ?? 1e-5, bias: o.bias ?? true });
    this.encoder =
      o.customEncoder ??
      new TransformerEncoder(new TransformerEncoderLayer(dModel, nhead, o), numEncoderLayers, { norm: norm() });
    this.decoder =
      o.customDecoder ??
      new TransformerDecoder(new TransformerDecoderLayer(dModel, nhead, o), numDecoderLayers, { norm: norm() });
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = o.batchFirst ?? false;
    for (const p of this.parameters()) if (p.shape.length > 1) xavierUniform_(p);
  }
  forward(src: Tensor, tgt: Tensor, o: EncoderCall & DecoderCall = {}): Tensor {
    const batch = this.batchFirst ? 0 : 1;
    if (src.shape.length === 3 && src.shape[batch] !== tgt.shape[batch])
      throw new core.ShapeError('the batch number of src and tgt must be equal');
    if (src.shape.at(-1) !== this.dModel || tgt.shape.at(-1) !== this.dModel)
      throw new core.ShapeError('the feature number of src and tgt must be equal to d_model');
    const memory = this.encoder(src, { mask: o.srcMask ?? null, srcKeyPaddingMask: o.srcKeyPaddingMask ?? null });
    return this.decoder(tgt, memory, o);
  }
  /** A mask [size, size] of -Infinity above the diagonal: positions see only what comes before them. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return new Tensor(core.where(core.causalMask(size, size), 0, -Infinity));
  }
}
