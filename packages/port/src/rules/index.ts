// All built-in rules.
import type { PortRecord } from '../rule.js';
import { linear } from './linear.js';

export const builtIn: readonly PortRecord[] = [...linear];
