// Tests that replay the golden group torch_modules.
import { replaySuite } from './suite.js';

replaySuite('torch_modules');
