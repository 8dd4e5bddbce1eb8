// All built-in rules, family by family.
import type { PortRecord } from '../rule.js';
import { activation } from './activation.js';
import { attention } from './attention.js';
import { convolution } from './convolution.js';
import { dropout } from './dropout.js';
import { embedding } from './embedding.js';
import { linear } from './linear.js';
import { live } from './live.js';
import { merging } from './merging.js';
import { normalization } from './normalization.js';
import { padding } from './padding.js';
import { pooling } from './pooling.js';
import { recurrent } from './recurrent.js';
import { refused } from './refused.js';
import { shape } from './shape.js';
import { transposedConvolution } from './transposed.js';

export const builtIn: readonly PortRecord[] = [
  ...linear,
  ...convolution,
  ...transposedConvolution,
  ...pooling,
  ...padding,
  ...activation,
  ...normalization,
  ...dropout,
  ...embedding,
  ...recurrent,
  ...attention,
  ...shape,
  ...merging,
  ...live,
  ...refused,
];
