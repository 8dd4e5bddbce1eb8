// The live parts of the site, as elements of its pages.
import { DeviceChooser } from './device.js';
import { TrainDigits } from './digits.js';
import { RunProgram } from './run.js';

customElements.define('device-chooser', DeviceChooser);
customElements.define('run-program', RunProgram);
customElements.define('train-digits', TrainDigits);
