// Whether operations are recorded for gradients.
export { enableGrad, isGradEnabled, noGrad, noGrad as inferenceMode, setGradEnabled } from '@nn/core';
