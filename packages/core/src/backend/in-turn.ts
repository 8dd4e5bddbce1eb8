// Compiling each kernel once, and sequences that run one program after another: for devices that have nothing better.
import { printKernel, type Kernel } from '../kernel/index.js';
import type { Buffer, Launch, Program, Sequence } from './backend.js';

/** `compile` that gives the same program for equal kernels. */
export function compileOnce(compile: (kernel: Kernel) => Program): (kernel: Kernel) => Program {
  const programs = new Map<string, Program>();
  return (kernel) => {
    const key = printKernel(kernel);
    let program = programs.get(key);
    if (!program) programs.set(key, (program = compile(kernel)));
    return program;
  };
}

/** A sequence that runs the programs of its kernels in turn. */
export function inTurn(compile: (kernel: Kernel) => Program, launches: readonly Launch[]): Sequence {
  const steps = launches.map(({ kernel, inputs, outputs }) => ({
    program: compile(kernel),
    places: [inputs, outputs] as const,
    // Filled at each run, so that a run makes no arrays.
    inputs: new Array<Buffer>(inputs.length),
    outputs: new Array<Buffer>(outputs.length),
  }));
  return {
    sources: steps.map(({ program }) => program.source),
    run(table) {
      for (const { program, places, inputs, outputs } of steps) {
        for (let k = 0; k < inputs.length; k++) inputs[k] = table[places[0][k]!]!;
        for (let k = 0; k < outputs.length; k++) outputs[k] = table[places[1][k]!]!;
        program.run(inputs, outputs, []);
      }
    },
  };
}
