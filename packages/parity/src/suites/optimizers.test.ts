// Tests that replay the golden group optimizers.
import { replaySuite } from './suite.js';

replaySuite('optimizers');
