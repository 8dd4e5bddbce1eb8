// torch.nn.utils: gradients within bounds, parameters as vectors, packed sequences, parametrizations.
export * from './clip.js';
export * as parametrizations from './parametrize.js';
export * as rnn from '../packed.js';
