// Rows kernels: one thread for each element where nothing is reduced, else one thread, or several together, for each row.
import { sizeOf, type DType, type Shape } from '../../base/index.js';
import {
  bitOf,
  everyExpr,
  expr,
  identity,
  linear,
  lit,
  type Expr,
  type RowsKernel,
  type Stage,
} from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import type { RowSchedule } from './choose.js';
import { byLoops } from './join.js';
import { combine, fromMemory, storedTypeOf, toMemory, typeOf } from './wgsl/scalar.js';
import { spell } from './wgsl/number.js';
import { Shader, unravelInto, type Block, type Pass } from './wgsl/shader.js';
import type { Place } from './place.js';
import type { Subgroups } from './device.js';
import { across, shareInSubgroup, sharing } from './subgroups.js';

/** Elements: no stages. One thread each, or one for four neighbours where arrays are read and written side by side. */
export function emitElements(kernel: RowsKernel, adapter: Adapter, place: Place): Pass[] {
  return byLoops(kernel).flatMap(({ over, slots }): Pass[] => {
    const size = sizeOf(over);
    const count = sizeOf(kernel.shape) * size;
    if (!count) return [];
    const { threads } = adapter;
    const bodies = slots.map((k) => kernel.outputs[k]!.body);
    const wide = count >= 4 * adapter.busy ? inFours(kernel, over, bodies, place) : null;
    const shader = new Shader({
      name: kernel.name,
      places: place.dtypes,
      aliases: place.aliases,
      threads,
      vectors: wide?.places,
    });
    const { main } = shader;
    shader.expect(...bodies);
    const units = wide ? count / 4 : count;
    main.say(`let unit = group * ${threads}u + thread;`, `if (unit >= ${units}u) { return; }`);
    const id = wide ? '(unit * 4u)' : 'unit';
    unravelInto(main, 'i', kernel.shape, size === 1 ? id : `(${id} / ${size}u)`);
    if (size > 1) unravelInto(main, 'r', over, sizeOf(kernel.shape) === 1 ? id : `(${id} % ${size}u)`);
    const targets = kernel.outputs.map((_, k) => place.output(k));
    if (!wide) writeAll(shader, main, kernel, slots, targets, 'unit');
    else {
      const lanes = [0, 1, 2, 3].map((lane) => main.lane(wide.over, wide.axis, lane));
      const values = bodies.map((e) => lanes.map((lane) => lane.value(e)));
      lanes.forEach((lane) => main.say(...lane.lines));
      const names = values.map((v, n) => {
        const name = shader.fresh('v');
        const type = storedTypeOf(kernel.outputs[slots[n]!]!.dtype);
        const stored = v.map((x) => toMemory(x, kernel.outputs[slots[n]!]!.dtype));
        main.say(`let ${name} = vec4<${type}>(${stored.join(', ')});`);
        return name;
      });
      slots.forEach((k, n) => main.say(shader.storeVector(targets[k]!, 'unit', names[n]!)));
    }
    return [shader.finish(Math.ceil(units / threads))];
  });
}
/** The innermost loop and the arrays that are read four at a time along it; null where an output cannot be written so. */
function inFours(
  kernel: RowsKernel,
  over: Shape,
  bodies: readonly Expr[],
  place: Place,
): { readonly over: 'i' | 'r'; readonly axis: number; readonly places: ReadonlySet<number> } | null {
  const kind = over.length ? 'r' : 'i';
  const sizes = over.length ? over : kernel.shape;
  const axis = sizes.length - 1;
  if (axis < 0 || sizes[axis]! % 4) return null;
  const bit = bitOf(kind, axis);
  const inputs = new Set<number>();
  const single = new Set<number>();
  for (const e of everyExpr(bodies)) {
    if (e.kind !== 'load') continue;
    inputs.add(e.input);
    const step = linear(e.at, bit);
    const aligned = step?.stride === 1 && expr('mod', step.rest, lit(4)) === lit(0);
    if (!aligned) single.add(e.input);
  }
  // what lies where an output does must be read as it is written
  if ([...inputs].some((k) => place.aliases.has(k) && single.has(k))) return null;
  return { over: kind, axis, places: new Set([...inputs].filter((k) => !single.has(k))) };
}
/** Writes elements of several outputs after all of them are computed. */
function writeAll(
  shader: Shader,
  block: Block,
  kernel: RowsKernel,
  slots: readonly number[],
  targets: readonly number[],
  at: string,
): void {
  const values = slots.map((k) => block.value(kernel.outputs[k]!.body));
  const names = values.map((v) => {
    if (slots.length === 1) return v;
    const name = shader.fresh('v');
    block.say(`let ${name} = ${v};`);
    return name;
  });
  slots.forEach((k, n) => block.say(shader.store(targets[k]!, at, names[n]!)));
}

/** Terms that are added one after another in f32 before they go to a longer sum. */
const longest = 64;
const partialSums = (s: Stage, terms: number): boolean => s.dtype === 'f32' && s.op === 'add' && terms > longest;

/** Rows whose stages and outputs are computed by one thread, or by the lanes of a workgroup. */
export function emitRows(
  kernel: RowsKernel,
  { lanes, rows, along }: RowSchedule,
  place: Place,
  targets: readonly number[],
  subgroups: Subgroups | null,
): Pass {
  const count = sizeOf(kernel.shape);
  const threads = lanes * rows;
  const shader = new Shader({ name: kernel.name, places: place.dtypes, aliases: place.aliases, threads });
  const { main } = shader;
  shader.expect(...kernel.stages.map((s) => s.body), ...kernel.outputs.map((o) => o.body));
  const shared = lanes > 1;
  if (shared) {
    main.say(
      along ? `let lane = thread % ${lanes}u;` : `let lane = thread / ${rows}u;`,
      along ? `let own = thread / ${lanes}u;` : `let own = thread % ${rows}u;`,
      // lanes without a row compute the last one again, and write nothing: barriers need everybody
      `let place = group * ${rows}u + own;`,
      `let row = min(place, ${count - 1}u);`,
    );
  } else main.say(`let row = group * ${rows}u + thread;`, `if (row >= ${count}u) { return; }`);
  unravelInto(main, 'i', kernel.shape, 'row');
  kernel.stages.forEach((stage, k) => {
    const { op, dtype, over, body } = stage;
    const start = spell(identity(op, dtype), dtype);
    const terms = Math.ceil(sizeOf(over) / lanes);
    const cut = partialSums(stage, terms) ? Math.max(longest, 2 ** Math.ceil(Math.log2(Math.sqrt(terms)))) : 0;
    main.say(`var a${k} = ${start};`);
    if (cut) main.say(`var s${k} = 0f;`, `var n${k} = 0u;`);
    each(main, over, lanes, (inner) => {
      const to = cut ? `s${k}` : `a${k}`;
      inner.say(`${to} = ${combine(op, dtype, to, inner.value(body))};`);
      if (cut) inner.say(`n${k}++;`, `if ((n${k} & ${cut - 1}u) == 0u) { a${k} += s${k}; s${k} = 0f; }`);
    });
    if (cut) main.say(`a${k} += s${k};`);
    const bring = along && subgroups ? reduceInSubgroups(subgroups) : reduceLanes;
    if (shared) bring(shader, k, stage, { lanes, rows, along, pieces: 1 });
  });
  for (const { over, slots } of byLoops(kernel)) {
    const size = sizeOf(over);
    const block = shared ? main.open() : main;
    if (!over.length) {
      writeAll(shader, block, kernel, slots, targets, 'row');
      if (shared) main.close(`if (lane == 0u && place < ${count}u) {`, block);
      continue;
    }
    each(block, over, lanes, (inner, at) => {
      writeAll(shader, inner, kernel, slots, targets, `row * ${size}u + ${at}`);
    });
    if (shared) main.close(`if (place < ${count}u) {`, block);
  }
  return shader.finish(Math.ceil(count / rows));
}

/** A loop over `over` that the lanes share; `at` is the position. */
function each(block: Block, over: Shape, lanes: number, body: (inner: Block, at: string) => void): void {
  if (sizeOf(over) === 0) return;
  if (lanes === 1) return nest(block, over, 0, '0u', body);
  const at = block.fresh('q');
  const inner = block.open();
  if (over.length === 1) inner.bind('r', 0, `i32(${at})`);
  else unravelInto(inner, 'r', over, at);
  body(inner, at);
  block.close(`for (var ${at} = lane; ${at} < ${sizeOf(over)}u; ${at} += ${lanes}u) {`, inner);
}
function nest(block: Block, over: Shape, axis: number, at: string, body: (inner: Block, at: string) => void): void {
  if (axis === over.length) return body(block, at);
  const name = block.fresh('r');
  const inner = block.open();
  inner.bind('r', axis, name);
  const n = over[axis]!;
  const next = at === '0u' ? `u32(${name})` : `(${at} * ${n}u + u32(${name}))`;
  nest(inner, over, axis + 1, next, body);
  block.close(`for (var ${name} = 0i; ${name} < ${n}i; ${name}++) {`, inner);
}
/** Brings the running values of a row's lanes together; all lanes have the result. */
type ReduceLanes = (shader: Shader, k: number, stage: Stage, schedule: RowSchedule) => void;
/** By subgroups, for lanes that are neighbours: what the subgroups of a row found goes through memory, with one barrier. */
const reduceInSubgroups =
  (subgroups: Subgroups): ReduceLanes =>
  (shader, k, { op, dtype }, { lanes, rows }) => {
    const { main } = shader;
    shader.enable('subgroups');
    const own = `a${k}`;
    shareInSubgroup(main, subgroups, lanes, (step) => {
      const other = fromMemory(across(toMemory(own, dtype), step), dtype);
      return [`${own} = ${combine(op, dtype, own, other)};`];
    });
    if (lanes <= subgroups.least) return;
    // Two memories in turn: when one is written again, all threads have passed the barrier of the other, so they have read it.
    const memory = `parts_${dtype}_${k % 2}`;
    declare(shader, memory, dtype, (lanes * rows) / subgroups.least);
    const width = sharing(subgroups, lanes);
    main.say(
      `if (thread % ${width} == 0u) { ${memory}[thread / ${width}] = ${own}; }`,
      'workgroupBarrier();',
      `let parts${k} = ${lanes}u / ${width};`,
      `${own} = ${memory}[own * parts${k}];`,
      `for (var n = 1u; n < parts${k}; n++) { ${own} = ${combine(op, dtype, own, `${memory}[own * parts${k} + n]`)}; }`,
    );
  };
function declare(shader: Shader, memory: string, dtype: DType, size: number): void {
  const declaration = `var<workgroup> ${memory}: array<${typeOf(dtype)}, ${size}>;`;
  if (!shader.declarations.includes(declaration)) shader.declarations.push(declaration);
}
/** By a tree in the workgroup's memory. */
const reduceLanes: ReduceLanes = (shader, k, { op, dtype }, { lanes, rows, along }) => {
  const memory = `lanes_${dtype}`;
  declare(shader, memory, dtype, lanes * rows);
  const { main } = shader;
  const at = along ? 'thread' : `(own * ${lanes}u + lane)`;
  main.say(`${memory}[${at}] = a${k};`, 'workgroupBarrier();');
  for (let step = lanes / 2; step >= 1; step /= 2)
    main.say(
      `if (lane < ${step}u) { ${memory}[${at}] = ${combine(op, dtype, `${memory}[${at}]`, `${memory}[${at} + ${step}u]`)}; }`,
      'workgroupBarrier();',
    );
  main.say(`a${k} = ${memory}[own * ${lanes}u];`, 'workgroupBarrier();');
};
