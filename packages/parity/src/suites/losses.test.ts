// Tests that replay the golden group losses.
import { replaySuite } from './suite.js';

replaySuite('losses');
