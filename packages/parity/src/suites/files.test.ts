// Tests that replay the golden group files.
import { replaySuite } from './suite.js';

replaySuite('files');
