// Tests that replay the golden group pairs.
import { replaySuite } from './suite.js';

replaySuite('pairs');
