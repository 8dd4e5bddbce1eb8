// Evaluates parsed Python on whatever the names in it stand for.
import type { Expression, Method, Statement } from './parse.js';

/** What the code can reach. Everything that is not JavaScript's own goes through it. */
export interface World {
  /** The value of a global name such as `torch`. */
  global(name: string): unknown;
  attribute(of: unknown, name: string): unknown;
  assignAttribute(of: unknown, name: string, value: unknown): void;
  call(callee: unknown, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): unknown;
  item(of: unknown, index: unknown): unknown;
  unary(value: unknown): unknown;
  binary(operator: string, left: unknown, right: unknown): unknown;
}

/** Runs a method on `self`. */
export function runMethod(method: Method, self: unknown, args: readonly unknown[], world: World): unknown {
  const locals = new Map<string, unknown>([['self', self]]);
  for (const [i, name] of method.parameters.entries()) locals.set(name, args[i]);
  for (const statement of method.body) {
    const value = run(statement, locals, world);
    if (statement.returns) return value;
  }
  return null;
}

function run({ target, value }: Statement, locals: Map<string, unknown>, world: World): unknown {
  const result = evaluate(value, locals, world);
  if (target) assign(target, result, locals, world);
  return result;
}

function assign(target: Expression, value: unknown, locals: Map<string, unknown>, world: World): void {
  switch (target.type) {
    case 'name':
      locals.set(target.name, value);
      break;
    case 'attribute':
      world.assignAttribute(evaluate(target.of, locals, world), target.name, value);
      break;
    case 'tuple':
      for (const [i, item] of target.items.entries()) assign(item, (value as readonly unknown[])[i], locals, world);
      break;
    default:
      throw new SyntaxError(`Cannot assign to a ${target.type}.`);
  }
}

function evaluate(node: Expression, locals: ReadonlyMap<string, unknown>, world: World): unknown {
  const value = (e: Expression): unknown => evaluate(e, locals, world);
  switch (node.type) {
    case 'literal':
      return node.value;
    case 'name':
      return locals.has(node.name) ? locals.get(node.name) : world.global(node.name);
    case 'tuple':
      return node.items.map(value);
    case 'attribute':
      return world.attribute(value(node.of), node.name);
    case 'call':
      return world.call(
        value(node.callee),
        node.args.map(value),
        Object.fromEntries(Object.entries(node.kwargs).map(([k, v]) => [k, value(v)])),
      );
    case 'item':
      return world.item(value(node.of), value(node.index));
    case 'unary':
      return world.unary(value(node.of));
    case 'binary':
      return world.binary(node.operator, value(node.left), value(node.right));
    case 'choice':
      return value(node.test) ? value(node.yes) : value(node.no);
  }
}
