// Embedding: the table is the same.
import { keras } from '@nn/keras';
import { nn } from '@nn/torch';
import { intoVectors } from '../arrange.js';
import { only } from '../refuse.js';
import { type PortRecord, record } from '../rule.js';

const { Embedding } = keras.layers;
export const embedding: readonly PortRecord[] = [
  record(nn.Embedding, Embedding, {
    arrange: intoVectors,
    anySize: true,
    toKeras: (m) => new Embedding(m.numEmbeddings, m.embeddingDim),
    toTorch: (l) => new nn.Embedding(l.inputDim, l.outputDim),
    weights: { weight: 'embeddings' },
    refuseToKeras: [
      only(
        'paddingIdx',
        null,
        'Keras trains every row of an Embedding, it cannot keep one at zero',
        'Make it without paddingIdx, or declare a custom layer with definePort',
      ),
      only('maxNorm', null, 'Keras does not renormalize rows in the forward pass'),
      only('scaleGradByFreq', false, 'Keras does not scale gradients by how often a row occurs'),
    ],
    refuseToTorch: [
      only(
        'maskZero',
        false,
        'torch has no masks that travel with tensors',
        'Pass lengths or a mask explicitly, and port an Embedding without maskZero',
      ),
    ],
    torchArguments: (m) => [m.numEmbeddings, m.embeddingDim],
    torchExamples: [{ make: () => new nn.Embedding(7, 3), inputShapes: [[5]], indices: 7 }],
    kerasExamples: [{ make: () => new Embedding(7, 3), inputShapes: [[5]], indices: 7 }],
  }),
];
