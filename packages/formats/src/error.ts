// The one error that reading or writing a file raises.
import { NNError } from '@nn/core';

/** A file that is damaged, hostile or holds what cannot be represented; the message names the format, the place and the remedy. */
export class FormatError extends NNError {}
