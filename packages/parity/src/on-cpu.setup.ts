// Makes the CPU the current device of a test file.
import { setDevice } from '@nn/core';

await setDevice('cpu');
