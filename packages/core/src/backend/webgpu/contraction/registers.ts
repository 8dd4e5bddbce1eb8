// Products whose threads read both arrays themselves: no memory is shared, so nobody waits. Threads may divide the depth among them.
import { expr, lit, loop, type Expr } from '../../../kernel/index.js';
import type { Subgroups } from '../device.js';
import { across, shareInSubgroup, sharing } from '../subgroups.js';
import { vectorOf, type Block, type Pass } from '../wgsl/shader.js';
import type { Frame, Lines } from './frame.js';
import { alongDepth, axis } from './product.js';

/** Depths that are read at a time: as many as lie in one vector. */
const step = 4;

export function emitRegisters(frame: Frame, subgroups: Subgroups | null): Pass {
  const { main, shader, product, schedule } = frame;
  const { slices, splits } = schedule;
  const larger = product.columns >= product.rows ? alongDepth(product.b, axis.column) : alongDepth(product.a, axis.row);
  frame.begin(larger);
  const [whole, rest] = [Math.floor(product.depth / step), product.depth % step];
  const all = whole + (rest ? 1 : 0);
  const share = frame.share(all);
  const start = splits > 1 ? `split * ${share}${slices > 1 ? ' + slice' : ''}` : slices > 1 ? 'slice' : '0i';
  const end = splits > 1 ? `min((split + 1) * ${share}, ${whole})` : `${whole}`;
  main.say(`var step = ${start};`);
  const at = loop('r', 0, all);
  const steps = (count: number): Block => {
    const block = main.open();
    if (all > 1) block.bind('r', 0, 'step');
    const depths = Array.from({ length: count }, (_, d) => expr('add', expr('mul', at, lit(step)), lit(d)));
    const read = (which: 'a' | 'b', lines: Lines, depth: Expr): Expr[][] =>
      Array.from({ length: lines.groups }, (_, g) =>
        Array.from({ length: lines.lanes }, (__, lane) => frame.factor(which, frame.line(lines, g, lane), depth)),
      );
    const factors = depths.map((d) => ({ a: read('a', frame.rows, d), b: read('b', frame.columns, d) }));
    for (const { a, b } of factors) shader.expect(...a.flat(), ...b.flat());
    for (const { a, b } of factors) {
      const rows = a.flat().map((e) => named(block, 'a', block.value(e)));
      const columns = b.map((group) =>
        named(
          block,
          'b',
          vectorOf(
            group.map((e) => block.value(e)),
            frame.scalar,
          ),
        ),
      );
      frame.multiply(block, rows, columns);
    }
    return block;
  };
  if (whole) main.close(`for (; step < ${end}; step += ${slices}) {`, steps(step));
  if (rest) main.close(`if (step == ${whole}${splits > 1 ? ` && step < (split + 1) * ${share}` : ''}) {`, steps(rest));
  if (slices > 1) {
    if (larger && subgroups) togetherInSubgroups(frame, subgroups);
    else together(frame);
    main.say('if (slice != 0) { return; }');
  }
  frame.end();
  return frame.finish();
}
function named(block: Block, prefix: string, text: string): string {
  if (/^[\w.]+$/.test(text)) return text;
  const name = block.fresh(prefix);
  block.say(`let ${name} = ${text};`);
  return name;
}
/** Adds the sums of the slices, half of them to the other half, until the first one has all. */
function together(frame: Frame): void {
  const { shader, main, schedule, columns } = frame;
  const workers = schedule.down * schedule.across;
  const each = schedule.rows * columns.groups;
  const most = (schedule.slices / 2) * workers;
  shader.declarations.push(`var<workgroup> sums: array<${frame.vector}, ${most * each}>;`);
  for (let half = schedule.slices / 2; half >= 1; half /= 2) {
    const [give, take] = [main.open(), main.open()];
    let n = 0;
    frame.eachSum((name) => {
      give.say(`sums[(slice - ${half}) * ${workers} + i32(worker) + ${n * most}] = ${name};`);
      take.say(`${name} += sums[slice * ${workers} + i32(worker) + ${n * most}];`);
      n++;
    });
    main.close(`if (slice >= ${half} && slice < ${2 * half}) {`, give);
    main.say('workgroupBarrier();');
    main.close(`if (slice < ${half}) {`, take);
    if (half > 1) main.say('workgroupBarrier();');
  }
}
/** The same for slices that are neighbours: first in subgroups, then the first slice adds what those found. */
function togetherInSubgroups(frame: Frame, subgroups: Subgroups): void {
  const { shader, main, schedule, columns } = frame;
  const { slices } = schedule;
  shader.enable('subgroups');
  const sums: string[] = [];
  frame.eachSum((name) => sums.push(name));
  shareInSubgroup(main, subgroups, slices, (step) => sums.map((name) => `${name} += ${across(name, step)};`));
  if (slices <= subgroups.least) return;
  const workers = schedule.down * schedule.across;
  const most = (slices / subgroups.least) * workers;
  shader.declarations.push(`var<workgroup> sums: array<${frame.vector}, ${most * schedule.rows * columns.groups}>;`);
  const width = sharing(subgroups, slices);
  main.say(
    `let parts = ${slices}u / ${width};`,
    `if (thread % ${width} == 0u) { ${sums.map((name, n) => `sums[thread / ${width} + ${n * most}u] = ${name};`).join(' ')} }`,
    'workgroupBarrier();',
    `for (var n = 1u; n < parts; n++) { ${sums.map((name, n) => `${name} += sums[worker * parts + n + ${n * most}u];`).join(' ')} }`,
  );
}
