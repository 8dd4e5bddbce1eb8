// Writing at positions that are data, in the order of the steps, so that the result is the same at each run: every output looks through the steps
// for its own, or, where that would take too long, the steps are sorted by where they write.
import { sizeOf, type Shape } from '../../base/index.js';
import { bitOf, expr, lit, loop, loopsOf, substitute, type Expr, type SerialKernel } from '../../kernel/index.js';
import type { Adapter } from './adapter.js';
import type { Place } from './place.js';
import { sortLines } from './sort.js';
import { combine } from './wgsl/scalar.js';
import { Shader, unravelInto, type Block, type Pass } from './wgsl/shader.js';

/** Steps that every output looks through before it pays to sort them. */
const fewSteps = 64;
/** Looks of all outputs together, for each thread that keeps the device busy. */
const looks = 1 << 14;

const terms = (e: Expr): readonly Expr[] => (e.kind === 'op' && e.op === 'add' ? e.args.flatMap(terms) : [e]);
/** A term as a number times an expression. */
function scaled(e: Expr): readonly [number, Expr] {
  const factor = e.kind === 'op' && e.op === 'mul' ? e.args[1]! : e;
  return e.kind === 'op' && factor !== e && factor.kind === 'const' ? [factor.value, e.args[0]!] : [1, e];
}
/** Output axes that a loop of the steps runs along by itself: its variable is the output's coordinate there. */
function pinned(index: Expr, shape: Shape, over: Shape): (number | null)[] {
  const all = terms(index).map(scaled);
  const taken = new Set<number>();
  return over.map((n, d) => {
    if (n === 1) return null;
    const own = all.filter(([, e]) => e.kind === 'loop' && e.axis === d);
    const step = own.length === 1 ? own[0]![0] : 0;
    const axis = shape.findIndex((m, k) => m >= n && m > 1 && sizeOf(shape.slice(k + 1)) === step && !taken.has(k));
    if (axis < 0 || all.filter(([s, e]) => s === step && e.kind === 'loop').length > 1) return null;
    // data that moves along the same axis would move the coordinate
    if (all.some(([s, e]) => e.kind !== 'loop' && e.kind !== 'const' && s === step)) return null;
    taken.add(axis);
    return axis;
  });
}

/** out[i] = init(i), then for each r in order: out[index(r)] = body(r), or op(out[index(r)], body(r)). Steps that write outside do nothing. */
export function emitScatter(kernel: SerialKernel, adapter: Adapter, place: Place): Pass[] {
  const { shape, over, index } = kernel;
  const axes = pinned(index!, shape, over);
  const free = over.flatMap((n, d) => (axes[d] === null && n > 1 ? [d] : []));
  const steps = free.reduce((n, d) => n * over[d]!, 1);
  const size = sizeOf(shape);
  if (sizeOf(over) && (steps <= fewSteps || size * steps <= looks * adapter.busy))
    return [gather(kernel, adapter, place, axes)];
  const init = start(kernel, adapter, place);
  return sizeOf(over) ? [init, ...sorted(kernel, adapter, place, axes, free)] : [init];
}

function start({ name, shape, init }: SerialKernel, { threads }: Adapter, place: Place): Pass {
  const size = sizeOf(shape);
  const shader = new Shader({ name: `${name} start`, places: place.dtypes, threads });
  shader.expect(init!);
  shader.main.say(`let id = group * ${threads}u + thread;`, `if (id >= ${size}u) { return; }`);
  unravelInto(shader.main, 'i', shape, 'id');
  shader.main.say(shader.store(place.output(0), 'id', shader.main.value(init!)));
  return shader.finish(Math.ceil(size / threads));
}
const step = (kernel: SerialKernel, current: string, value: string): string =>
  kernel.attrs.op ? combine(kernel.attrs.op, kernel.dtype, current, value) : value;

/** Each output looks through the steps; loops that run along an output axis have only one value for it. */
function gather(kernel: SerialKernel, { threads }: Adapter, place: Place, axes: readonly (number | null)[]): Pass {
  const { name, shape, over, init, index, body } = kernel;
  const size = sizeOf(shape);
  const shader = new Shader({ name, places: place.dtypes, threads });
  const { main } = shader;
  shader.expect(init!, index!, body);
  main.say(`let id = group * ${threads}u + thread;`, `if (id >= ${size}u) { return; }`);
  unravelInto(main, 'i', shape, 'id');
  main.say(`var own = ${main.value(init!)};`);
  const limits: string[] = [];
  axes.forEach((axis, d) => {
    if (axis === null) return;
    const coordinate = main.value(loop('i', axis, shape[axis]!));
    if (over[d]! < shape[axis]!) limits.push(`${coordinate} < ${over[d]}i`);
    main.bind('r', d, coordinate);
  });
  const outer = limits.length ? main.open() : main;
  const visit = (block: Block, d: number): void => {
    if (d === over.length) {
      const at = block.value(index!);
      const inner = block.open();
      inner.say(`own = ${step(kernel, 'own', inner.value(body))};`);
      return block.close(`if (u32(${at}) == id) {`, inner);
    }
    if (axes[d] !== null || over[d] === 1) return visit(block, d + 1);
    const name = shader.fresh('r');
    const inner = block.open();
    inner.bind('r', d, name);
    visit(inner, d + 1);
    block.close(`for (var ${name} = 0i; ${name} < ${over[d]}i; ${name}++) {`, inner);
  };
  visit(outer, 0);
  if (limits.length) main.close(`if (${limits.join(' && ')}) {`, outer);
  main.say(shader.store(place.output(0), 'id', 'own'));
  return shader.finish(Math.ceil(size / threads));
}

/** Sorts the steps by where they write, for each place of the loops that the position depends on beside them; then one thread for each run of equals. */
function sorted(
  kernel: SerialKernel,
  adapter: Adapter,
  place: Place,
  axes: readonly (number | null)[],
  free: readonly number[],
): Pass[] {
  const { name, shape, over, index, body } = kernel;
  const bits = loopsOf(withoutOwn(index!, axes));
  const lineAxes = over.flatMap((_, d) => (!free.includes(d) && bits & bitOf('r', d) ? [d] : []));
  const rest = over.flatMap((n, d) => (!free.includes(d) && !lineAxes.includes(d) && n > 1 ? [d] : []));
  const steps = free.reduce((n, d) => n * over[d]!, 1);
  const lineShape = lineAxes.map((d) => over[d]!);
  const lines = sizeOf(lineShape);
  // the key as an expression of loops i: the lines' axes, then the steps as one axis
  const last = loop('i', lineShape.length, steps);
  const freeSizes = free.map((d) => over[d]!);
  const part = (d: number): Expr => {
    const k = free.indexOf(d);
    const q = expr('idiv', last, lit(sizeOf(freeSizes.slice(k + 1))));
    return k === 0 ? q : expr('mod', q, lit(freeSizes[k]!));
  };
  const key = substitute([index!], (_, d) => {
    if (free.includes(d)) return part(d);
    return lineAxes.includes(d) ? loop('i', lineAxes.indexOf(d), over[d]!) : lit(0);
  })[0]!;
  const order = place.take(lines * steps, 'i32');
  const passes = sortLines({ name, shape: [...lineShape, steps], key, descending: false }, adapter, place, {
    place: order,
    at: (line, rank) => `${line} * ${steps}u + ${rank}`,
  });

  const { threads } = adapter;
  const restShape = rest.map((d) => over[d]!);
  const restSize = sizeOf(restShape);
  const total = lines * steps * restSize;
  const shader = new Shader({ name: `${name} runs`, places: place.dtypes, threads });
  const { main } = shader;
  shader.expect(index!, index!, body);
  main.say(`let id = group * ${threads}u + thread;`, `if (id >= ${total}u) { return; }`);
  main.say(`let first = (id / ${steps * restSize}u) * ${steps}u;`, `let at = (id / ${restSize}u) % ${steps}u;`);
  const bindOuter = (axesOf: readonly number[], sizes: Shape, at: string): void => {
    let stride = 1;
    for (let k = sizes.length - 1; k >= 0; k--) {
      const name = shader.fresh('c');
      main.say(`let ${name} = i32((${at} / ${stride}u) % ${sizes[k]}u);`);
      main.bind('r', axesOf[k]!, name);
      stride *= sizes[k]!;
    }
  };
  bindOuter(lineAxes, lineShape, `(id / ${steps * restSize}u)`);
  bindOuter(rest, restShape, `(id % ${restSize}u)`);
  /** Binds the sorted steps' loops in a block, for the step with rank `rank`. */
  const bindFree = (block: Block, rank: string): void => {
    const position = shader.fresh('p');
    block.say(`let ${position} = u32(${shader.load(order, `first + ${rank}`, 'i32')});`);
    unravelFree(block, free, freeSizes, position);
  };
  const positionAt = (target: string, rank: string): void => {
    const block = main.open();
    bindFree(block, rank);
    block.say(`${target} = ${block.value(index!)};`);
    main.close('{', block);
  };
  main.say('var own = 0i;');
  positionAt('own', 'at');
  main.say(`if (u32(own) >= ${sizeOf(shape)}u) { return; }`, 'var before = -1i;');
  const earlier = main.open();
  bindFree(earlier, '(at - 1u)');
  earlier.say(`before = ${earlier.value(index!)};`);
  main.close('if (at > 0u) {', earlier);
  // only the first of a run goes on
  main.say('if (at > 0u && before == own) { return; }');
  main.say(`var value = ${shader.load(place.output(0), 'own', kernel.dtype)};`);
  const run = main.open();
  bindFree(run, 'k');
  run.say(`if (${run.value(index!)} != own) { break; }`, `value = ${step(kernel, 'value', run.value(body))};`);
  main.close(`for (var k = at; k < ${steps}u; k++) {`, run);
  main.say(shader.store(place.output(0), 'own', 'value'));
  passes.push(shader.finish(Math.ceil(total / threads)));
  return passes;
}
function unravelFree(block: Block, free: readonly number[], sizes: Shape, at: string): void {
  let stride = 1;
  for (let k = sizes.length - 1; k >= 0; k--) {
    const name = block.fresh('f');
    block.say(`let ${name} = i32(${k === 0 ? `${at} / ${stride}u` : `(${at} / ${stride}u) % ${sizes[k]}u`});`);
    block.bind('r', free[k]!, name);
    stride *= sizes[k]!;
  }
}
/** The index without the loops that stand in it by themselves. */
function withoutOwn(index: Expr, axes: readonly (number | null)[]): Expr {
  const kept = terms(index).filter((e) => {
    const [, x] = scaled(e);
    return !(x.kind === 'loop' && axes[x.axis] !== null);
  });
  return kept.reduce((a, b) => expr('add', a, b), lit(0));
}
