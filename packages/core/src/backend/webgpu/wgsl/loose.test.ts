// The special values again, on a GPU that is as loose as real ones are: division is a product with a reciprocal that is some units off, and 0 for
// divisors beyond 2^126; a - (a + b) is -b. The shaders are rewritten for that on their way to the driver.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendSuite } from '../../../testing/backend-suite.js';
import { Gpu } from '../device.js';
import { withGpu } from '../open-for-test.js';

const loose = `
fn loose_(a: f32, b: f32) -> f32 {
  var bits = bitcast<u32>(1f / b) + 2u;
  if ((bitcast<u32>(b) & 0x7fffffffu) > 0x7e800000u) { bits = bitcast<u32>(b) & 0x80000000u; }
  return a * bitcast<f32>(bits);
}
`;
const pairs: Readonly<Record<string, string>> = { '(': ')', ')': '(' };

/** Where the operand ends that is next to `at`: a name or number, a call, or parentheses. */
function operandEnd(code: string, at: number, step: 1 | -1): number {
  const word = (): void => {
    while (/[\w.]/.test(code[at] ?? '')) at += step;
  };
  while (code[at] === ' ' || (step === 1 && code[at] === '-')) at += step;
  if (step === 1) word();
  const open = code[at]!;
  if (open === (step === 1 ? '(' : ')')) {
    let depth = 0;
    do {
      if (code[at] === open) depth++;
      else if (code[at] === pairs[open]) depth--;
      at += step;
    } while (depth);
  }
  if (step === -1) word();
  return at;
}
/** The code with every division of floats replaced, and sums cancelled as if nothing had been rounded. */
function loosened(code: string): string {
  let text = code;
  for (const [, sum, a, b] of code.matchAll(/let (\w+) = ([\w.]+) \+ ([\w.]+);/g))
    text = text.replaceAll(`(${a} - ${sum})`, `(-${b})`);
  for (let at = text.lastIndexOf('/'); at > 0; at = text.lastIndexOf('/', at - 1)) {
    const [from, to] = [operandEnd(text, at - 1, -1) + 1, operandEnd(text, at + 1, 1)];
    const [a, b] = [text.slice(from, at).trim(), text.slice(at + 1, to).trim()];
    if (/^\d+[ui]$/.test(b)) continue;
    text = `${text.slice(0, from)}loose_(${a}, ${b})${text.slice(to)}`;
    at = from;
  }
  return text === code ? code : loose + text;
}

const names = [
  'div',
  'floorDivide',
  'atan',
  'atan2',
  'tanh',
  'atanh',
  'asinh',
  'sinh',
  'log',
  'log1p',
  'pow',
  'lgamma',
];

await withGpu('special values where division is loose', (device) => {
  let rewritten = 0;
  let restore = (): void => {};
  beforeAll(async () => {
    const own = await Gpu.open();
    const methods = Object.getPrototypeOf(own.device) as GPUDevice;
    const { createShaderModule } = methods;
    own.destroy();
    restore = () => void (methods.createShaderModule = createShaderModule);
    methods.createShaderModule = function (this: GPUDevice, d: GPUShaderModuleDescriptor): GPUShaderModule {
      const code = loosened(d.code);
      if (code !== d.code) rewritten++;
      return createShaderModule.call(this, { ...d, code });
    };
  });
  afterAll(() => restore());
  const checks = backendSuite(() => device, { cases: 1, denormals: false }).filter(
    (c) => names.includes(c.of) && c.name === 'bears special values',
  );
  describe('special values where division is loose', () => {
    it.each(checks.map((c) => [c.of, c] as const))('%s', (_, check) => check.run());
    it('divisions were rewritten', () => expect(rewritten).toBeGreaterThan(names.length - 3));
  });
});
