// Looking inside a compiled function: its graph, its kernels, and the source of each kernel.
import { describe, ValueError } from '../base/index.js';
import { printKernel } from '../kernel/index.js';
import type { Capture } from './capture.js';
import { capturesOf } from './compile.js';
import { Storage, type Source } from './tensor.js';

/** Names of the values of one capture: %0, %1, … for results, $0 … for what comes in. */
function namer(): (s: Source) => string {
  const names = new Map<Source, string>();
  let [values, inputs] = [0, 0];
  return (s) => {
    let name = names.get(s);
    if (!name) names.set(s, (name = s instanceof Storage || !s.prim ? `$${inputs++}` : `%${values++}`));
    return name;
  };
}
function showCapture({ signature, plan, variables }: Capture): string {
  const name = namer();
  const graph = plan.steps.map(
    ({ kernel, inputs, outs }) =>
      `  ${outs.map((out) => `${name(out)}: ${describe(out.spec)}`).join(', ')} = ${kernel.name}(${inputs.map(name).join(', ')})`,
  );
  const kernels = [
    ...new Map(
      plan.steps.map(({ kernel }, k) => [printKernel(kernel), { kernel, source: plan.sources[k]! }] as const),
    ).entries(),
  ];
  return [
    `signature ${signature}`,
    ...(variables.length
      ? ['variables', ...variables.map((v) => `  ${v.name}: ${describe(v.spec)}${v.written ? ' (written)' : ''}`)]
      : []),
    `graph: ${plan.steps.length} kernels, ${plan.held} buffers held`,
    ...graph,
    'kernels',
    ...kernels.flatMap(([text, { kernel, source }]) => [
      `  ${kernel.name}`,
      ...text.split('\n').map((l) => `    ${l}`),
      '    source',
      ...source.split('\n').map((l) => `      ${l}`),
    ]),
  ].join('\n');
}

/**
 * What a compiled function became: for each signature its variables, its graph, its kernels, and their source on the device.
 *
 * @throws ValueError  when `f` was not made by compile(), or was not called yet
 */
export function show(f: object): string {
  const captures = capturesOf(f);
  if (!captures) throw new ValueError('show: expected a function made by compile()');
  if (!captures.length)
    throw new ValueError('show: this function has not been called yet, so nothing is compiled. Call it once');
  return captures.map(showCapture).join('\n\n');
}
