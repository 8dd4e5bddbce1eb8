// Tests that replay the golden group keras_layers.
import { replaySuite } from './suite.js';

replaySuite('keras_layers');
