// Tests that replay the golden group ops.
import { replaySuite } from './suite.js';

replaySuite('ops');
