// Models that the golden data gives as PyTorch source, run on the torch face.
import * as torch from '@nn/torch';
import { nn, type Tensor } from '@nn/torch';
import { runMethod, type World } from '../python/evaluate.js';
import { parseClass, type Method } from '../python/parse.js';
import { valueOf } from './check.js';
import { NotCovered } from './outcome.js';
import { callFunction } from './torch-functions.js';
import { callModule, construct, type AnyModule } from './torch-modules.js';

/** Something in torch, by its Python name. */
class Name {
  constructor(readonly path: string) {}
}
/** A method of a tensor. */
class TensorMethod {
  constructor(
    readonly tensor: Tensor,
    readonly name: string,
  ) {}
}

const globals: Readonly<Record<string, unknown>> = {
  torch: new Name('torch'),
  nn: new Name('torch.nn'),
  F: new Name('torch.nn.functional'),
  super: () => ({ __init__: () => null }),
  list: (items: unknown) => (valueOf(items) ? torch.unbind(items as Tensor) : items),
};

const operators: Readonly<Record<string, string>> = {
  '+': 'torch.add',
  '-': 'torch.sub',
  '*': 'torch.mul',
  '/': 'torch.div',
  '@': 'torch.matmul',
  '**': 'torch.pow',
};

const world: World = {
  global(name) {
    if (!Object.hasOwn(globals, name)) throw new NotCovered(`the Python name ${name}`);
    return globals[name];
  },
  attribute(of, name) {
    if (of instanceof Name) return new Name(`${of.path}.${name}`);
    if (valueOf(of)) return new TensorMethod(of as Tensor, name);
    return (of as Readonly<Record<string, unknown>>)[name];
  },
  assignAttribute(of, name, value) {
    (of as Record<string, unknown>)[name] = value;
  },
  call(callee, args, kwargs) {
    if (callee instanceof TensorMethod) return callFunction(`torch.${callee.name}`, [callee.tensor, ...args], kwargs);
    if (callee instanceof nn.Module) return callModule('a module', callee as AnyModule, { args, kwargs });
    if (!(callee instanceof Name)) return (callee as (...args: unknown[]) => unknown)(...args);
    const module = /^torch\.nn\.(\w+)$/.exec(callee.path);
    return module ? construct(module[1]!, args, kwargs) : callFunction(callee.path, args, kwargs);
  },
  item: (of, index) =>
    valueOf(of) ? (of as Tensor).at(...([index].flat() as number[])) : (of as readonly unknown[])[index as number],
  unary: (value) => (typeof value === 'number' ? -value : callFunction('torch.neg', [value], {})),
  binary: (operator, left, right) => callFunction(operators[operator]!, [left, right], {}),
};

class SourceModel extends nn.Module {
  constructor(private readonly methods: ReadonlyMap<string, Method>) {
    super();
    runMethod(methods.get('__init__')!, this, [], world);
  }
  forward(...inputs: Tensor[]): Tensor {
    return runMethod(this.methods.get('forward')!, this, inputs, world) as Tensor;
  }
}

/** The model that a class in Python describes. */
export function modelFromSource(source: string): nn.Module & ((...inputs: Tensor[]) => Tensor) {
  return new SourceModel(parseClass(source));
}
