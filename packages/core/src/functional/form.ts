// Where PyTorch and Keras differ in a formula, this says whose counts.

/** Whose formula counts where the two frameworks differ. */
export type Form = 'torch' | 'keras';
