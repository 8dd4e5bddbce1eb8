// Wrapped instances: a wrapped module is copied on its way back, a wrapped layer is Keras already.
import { nn, type Tensor } from '@nn/torch';
import { TorchModuleLayer } from '../live/as-layer.js';
import { LayerModule } from '../live/handles.js';
import { type Module, type PortRecord, record } from '../rule.js';
import { tensorsIn } from '../torch-trace.js';

type CallModule = (...xs: readonly Tensor[]) => unknown;
const never = (): never => {
  throw new TypeError('refused');
};
export const live: readonly PortRecord[] = [
  record<Module, TorchModuleLayer>(null, TorchModuleLayer, {
    anySize: true,
    arrange: (_, inputs) => ({ inputs: inputs.map(() => ({ kind: 'same' })), outputs: [] }),
    toTorch: (l) => {
      const copy = nn.deepcopy(l.module);
      return { modules: [copy], call: (xs: readonly Tensor[]) => tensorsIn((copy as unknown as CallModule)(...xs)) };
    },
    weights: (_, l) => Object.fromEntries(l.held.map((v, i) => [v.name, `#${i}`])),
    notes: 'what asLayer has wrapped: a copy of the module',
  }),
  record<LayerModule, TorchModuleLayer>(LayerModule, null, {
    toKeras: never,
    refuseToKeras: [
      {
        setting: () => null,
        when: () => true,
        reason: 'it wraps a Keras layer',
        wayOut: 'Use that layer: module.layer',
      },
    ],
  }),
];
