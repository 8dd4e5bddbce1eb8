// Products whose workgroups bring tiles of both arrays into their memory, where all threads read them.
import { expr, lit, loop, type Expr } from '../../../kernel/index.js';
import { vectorOf, type Block, type Pass } from '../wgsl/shader.js';
import type { Frame, Lines } from './frame.js';
import { alongDepth, axis } from './product.js';
import { pitch, threadsOf, tileColumns, tileRows } from './schedule.js';

/** How the threads of a workgroup bring a tile of one factor: pieces of four lines and `depths` depths, one or more for each thread. */
interface Side {
  readonly which: 'a' | 'b';
  /** Vectors between neighbouring depths of the tile. */
  readonly pitch: number;
  /** Depths of a piece: 4 where neighbours along the depth lie side by side, else 1. */
  readonly depths: number;
  /** Pieces of a thread, and the threads that have some. */
  readonly pieces: number;
  readonly threads: number;
  /** From one piece of a thread to its next: groups of four lines, and depths. */
  readonly lineStep: number;
  readonly depthStep: number;
  /** Loops of the thread's first piece: its lines in the array, and its depth in the tile. */
  readonly line: Expr;
  readonly deep: Expr;
}

/** Finds out which pieces of a tile this thread brings. */
function standAt({ main, product, schedule }: Frame, which: 'a' | 'b'): Side {
  const [lines, of, tile, along, number] =
    which === 'a'
      ? ([tileRows(schedule), product.rows, 'down', alongDepth(product.a, axis.row), 1] as const)
      : ([tileColumns(schedule), product.columns, 'across', alongDepth(product.b, axis.column), 2] as const);
  const threads = threadsOf(schedule);
  const depths = along ? 4 : 1;
  const [groups, deep] = [lines / 4, schedule.depth / depths];
  const pieces = groups * deep;
  const near = along ? deep : groups;
  main.say(
    `let near_${which} = thread % ${near}u;`,
    `let far_${which} = thread / ${near}u;`,
    `let line_${which} = ${along ? 'far' : 'near'}_${which};`,
    `let deep_${which} = i32(${along ? 'near' : 'far'}_${which});`,
    `let lines_${which} = i32(${tile} * ${groups}u + line_${which});`,
  );
  const line = loop('i', 5 + number, Math.ceil(of / 4));
  const first = loop('r', number, deep);
  if (line.kind === 'loop') main.bind('i', line.axis, `lines_${which}`);
  if (first.kind === 'loop') main.bind('r', number, `deep_${which}`);
  return {
    which,
    pitch: pitch(lines),
    depths,
    pieces: Math.ceil(pieces / threads),
    threads: Math.min(pieces, threads),
    lineStep: along ? threads / deep : 0,
    depthStep: along ? 0 : threads / groups,
    line,
    deep: first,
  };
}

/** Takes a vector of four lines at a depth of a piece. */
type Take = (block: Block, side: Side, piece: number, depth: number, vector: string) => void;

/** Reads the pieces of this thread; the block knows which tile it is. */
function fetch(frame: Frame, block: Block, side: Side, tile: Expr, take: Take): void {
  const { shader, schedule } = frame;
  const add = (x: Expr, by: number): Expr => expr('add', x, lit(by));
  const times = (x: Expr, by: number): Expr => expr('mul', x, lit(by));
  const pieces = Array.from({ length: side.pieces }, (_, p) =>
    Array.from({ length: side.depths }, (__, d) => {
      const inTile = add(times(side.deep, side.depths), d + p * side.depthStep);
      const depth = expr('add', times(tile, schedule.depth), inTile);
      const line = times(add(side.line, p * side.lineStep), 4);
      return [0, 1, 2, 3].map((lane) => frame.factor(side.which, add(line, lane), depth));
    }),
  );
  shader.expect(...pieces.flat(2));
  const some = side.threads < threadsOf(schedule);
  const inner = some ? block.open() : block;
  pieces.forEach((depths, p) =>
    depths.forEach((lanes, d) => {
      const texts = lanes.map((e) => inner.value(e));
      take(inner, side, p, d, frame.keep(vectorOf(texts, frame.scalar)));
    }),
  );
  if (some) block.close(`if (thread < ${side.threads}u) {`, inner);
}
/** Where a vector of a piece lies in the tile. */
const placeOf = (side: Side, piece: number, depth: number): string =>
  `(u32(deep_${side.which}) * ${side.depths}u + ${depth + piece * side.depthStep}u) * ${side.pitch}u + line_${side.which} + ${piece * side.lineStep}u`;

/** Multiplies the first depths of the tiles at these places. */
function multiply(frame: Frame, block: Block, sides: readonly Side[], depths: number, buffer: string | null): void {
  const { rows, columns } = frame;
  const vectors = ({ text, groups, threads }: Lines, { which, pitch: step }: Side, d: number): string[] =>
    Array.from({ length: groups }, (_, g) => {
      const name = block.fresh(which);
      const start = buffer ? `${buffer}_${which} + ` : '';
      const kept = `tile_${which}[${start}worker_${text} + ${d * step + g * threads}u]`;
      block.say(`let ${name} = ${frame.taken(kept)};`);
      return name;
    });
  for (let d = 0; d < depths; d++) {
    const a = vectors(rows, sides[0]!, d).flatMap((v) => ['x', 'y', 'z', 'w'].map((c) => `${v}.${c}`));
    frame.multiply(block, a, vectors(columns, sides[1]!, d));
  }
}

export function emitTiles(frame: Frame): Pass {
  const { main, shader, product, schedule } = frame;
  const { depth, buffers, splits } = schedule;
  if (frame.kept === 'f16') shader.enable('f16');
  frame.begin(true);
  const [whole, rest] = [Math.floor(product.depth / depth), product.depth % depth];
  const all = whole + (rest ? 1 : 0);
  const share = frame.share(all);
  const sides = (['a', 'b'] as const).map((which) => standAt(frame, which));
  for (const { which, pitch: step } of sides)
    shader.declarations.push(`var<workgroup> tile_${which}: array<vec4<${frame.kept}>, ${buffers * depth * step}>;`);
  const tile = loop('r', 0, all);
  const at = (block: Block, text: string): Block => {
    if (all > 1) block.bind('r', 0, text);
    return block;
  };
  const steps =
    splits > 1 ? `for (; step < min((split + 1) * ${share}, ${all}); step++) {` : `for (; step < ${all}; step++) {`;
  main.say(`var step = ${splits > 1 ? `split * ${share}` : '0i'};`);
  /** Multiplies the tiles in memory, of which the last ones may not be filled. */
  const use = (block: Block, buffer: string | null): void => {
    if (!rest) return multiply(frame, block, sides, depth, buffer);
    const [full, part] = [block.open(), block.open()];
    multiply(frame, part, sides, rest, buffer);
    if (whole) {
      multiply(frame, full, sides, depth, buffer);
      block.close(`if (step < ${whole}) {`, full);
    }
    block.close(whole ? 'else {' : '{', part);
  };
  if (buffers === 1) {
    const block = at(main.open(), 'step');
    for (const side of sides)
      fetch(frame, block, side, tile, (b, s, p, d, vector) =>
        b.say(`tile_${s.which}[${placeOf(s, p, d)}] = ${vector};`),
      );
    block.say('workgroupBarrier();');
    use(block, null);
    block.say('workgroupBarrier();');
    main.close(steps, block);
  } else emitAhead(frame, sides, { tile, at, use, steps });
  frame.end();
  return frame.finish();
}

interface Rounds {
  readonly tile: Expr;
  readonly at: (block: Block, step: string) => Block;
  readonly use: (block: Block, buffer: string) => void;
  readonly steps: string;
}
/** Two tiles of each factor: while one is used, the next one is on its way. */
function emitAhead(frame: Frame, sides: readonly Side[], { tile, at, use, steps }: Rounds): void {
  const { main, schedule, kept } = frame;
  const pieces = sides.flatMap((side) =>
    Array.from({ length: side.pieces * side.depths }, (_, n) => ({
      side,
      held: `next_${side.which}${n}`,
      place: placeOf(side, Math.floor(n / side.depths), n % side.depths),
    })),
  );
  for (const { held } of pieces) main.say(`var ${held}: vec4<${kept}>;`);
  for (const { which, pitch: step } of sides)
    main.say(`var here_${which} = ${schedule.depth * step}u;`, `var other_${which} = 0u;`);
  const hold: Take = (block, { which, depths }, piece, depth, vector) =>
    block.say(`next_${which}${piece * depths + depth} = ${vector};`);
  /** Puts what is held into the tile that is not in use, and turns to that one. */
  const turn = (block: Block): void => {
    for (const side of sides) {
      const { which, threads } = side;
      const inner = block.open();
      for (const { held, place } of pieces.filter((p) => p.side === side))
        inner.say(`tile_${which}[other_${which} + ${place}] = ${held};`);
      block.close(threads < threadsOf(schedule) ? `if (thread < ${threads}u) {` : '{', inner);
    }
    block.say('workgroupBarrier();');
    for (const { which } of sides)
      block.say(
        `let turn_${which} = here_${which};`,
        `here_${which} = other_${which};`,
        `other_${which} = turn_${which};`,
      );
  };
  const first = at(main.open(), 'step');
  for (const side of sides) fetch(frame, first, side, tile, hold);
  turn(first);
  main.close('{', first);
  const block = main.open();
  block.say('let next = step + 1;');
  at(block, 'next');
  for (const side of sides) fetch(frame, block, side, tile, hold);
  use(block, 'here');
  turn(block);
  main.close(steps, block);
}
