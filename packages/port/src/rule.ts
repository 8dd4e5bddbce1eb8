// The record of one pair of a torch module and a Keras layer, and how users add theirs.
import type { Layer } from '@nn/keras';
import type { Tensor as KerasTensor } from '@nn/keras';
import type { nn, Tensor as TorchTensor } from '@nn/torch';
import type { Arrange } from './arrange.js';
import type { Layout } from './layout.js';
import type { Weights } from './slot.js';

/** A class whose instances are ported: abstract ones and any constructor arguments are fine. */
export type ClassOf<T> = abstract new (...args: never[]) => T;
export type Module = nn.Module;

/** What a rule knows of the place where it is applied. */
export interface PortContext {
  /** The shape of the input as Keras has it, without the batch axis. */
  readonly inputShape: readonly number[];
  /** The same for each tensor argument. */
  readonly inputShapes: readonly (readonly number[])[];
  /** How the input lies in Keras, compared with torch. */
  readonly layout: Layout;
  /** The arguments of the call in the source, with the symbol `tensor` in the place of tensors. */
  readonly args: readonly unknown[];
}

/** One layer, several in a row, or several that `call` connects. */
export type KerasParts =
  | Layer
  | readonly Layer[]
  | { readonly layers: readonly Layer[]; call(inputs: readonly KerasTensor[]): readonly KerasTensor[] };
/** One module, several in a row, or several that `call` connects. */
export type TorchParts =
  | Module
  | readonly Module[]
  | { readonly modules: readonly Module[]; call(inputs: readonly TorchTensor[]): readonly TorchTensor[] };

/** A setting of the source that the target does not have. */
export interface Refusal<T> {
  /** How the setting is written in messages: `dilation: 2`. Null where the layer as a whole is refused. */
  readonly setting: (source: T) => string | null;
  /** Whether this instance is refused. */
  readonly when: (source: T, context: PortContext) => boolean;
  /** Completes "... cannot become a Keras layer: ". */
  readonly reason: string;
  /** Default: declare a custom pair with definePort. */
  readonly wayOut?: string;
}

/** Layers that a rule is shown with: tests port them both ways, and the docs print them. */
export interface Example<T> {
  readonly make: () => T;
  /** Without the batch axis, in the arrangement of the side that `make` belongs to; one shape for each tensor argument. */
  readonly inputShapes: readonly (readonly number[])[];
  /** 'int32' for indices below this number. */
  readonly indices?: number;
}

/** How one pair of classes is ported. A direction that is missing is not possible. */
export interface PortRule<M extends Module = Module, L extends Layer = Layer> {
  readonly toKeras?: (module: M, context: PortContext) => KerasParts;
  readonly toTorch?: (layer: L, context: PortContext) => TorchParts;
  /** Which torch tensor is which Keras weight; default none. */
  readonly weights?: Weights | ((module: M, layer: L, context: PortContext) => Weights);
  /** How inputs and outputs lie in Keras; default as in torch. */
  readonly arrange?: Arrange<M | L>;
  readonly refuseToKeras?: readonly Refusal<M>[];
  readonly refuseToTorch?: readonly Refusal<L>[];
  /** toTorch works on inputs of which not all sizes are known; their `inputShape` has nulls then. */
  readonly anySize?: boolean;
  /** Options of the call that the rule carries over; a call with any other is refused. */
  readonly takesOptions?: readonly string[];
  /** What differs besides names, for the docs. */
  readonly notes?: string;
  readonly torchExamples?: readonly Example<M>[];
  readonly kerasExamples?: readonly Example<L>[];
  /** Positional arguments in messages: `nn.MaxPool2d(2, dilation: 2)`. */
  readonly torchArguments?: (module: M) => readonly unknown[];
}
/** A rule with its classes; null where the other side has none. */
export interface PortRecord {
  readonly torch: ClassOf<Module> | null;
  readonly keras: ClassOf<Layer> | null;
  readonly rule: PortRule;
}

/** A record of a family's file. */
export const record = <M extends Module, L extends Layer>(
  torch: ClassOf<M> | null,
  keras: ClassOf<L> | null,
  rule: PortRule<M, L>,
): PortRecord => ({ torch, keras, rule: rule as unknown as PortRule });
