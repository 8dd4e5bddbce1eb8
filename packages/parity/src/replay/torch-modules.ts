// Replays modules of torch.nn: outputs, gradients, changed state. The torch losses are modules too.
import type { CoreArray } from '@nn/formats';
import { nn } from '@nn/torch';
import type { GoldenCase, TensorRef } from '../golden/group.js';
import { revive, type ModuleRef } from '../golden/value.js';
import { bind, find } from './arguments.js';
import { inputsOf, namedTensors, withValues, type Args, type Call } from './call.js';
import { pythonOrder } from './python-order.js';
import type { Adapter, Replay } from './run.js';
import { makeStep, torchTensor } from './torch-run.js';

type Function_ = (...args: unknown[]) => unknown;
export type AnyModule = nn.Module & Function_;

export interface ModuleCase extends GoldenCase {
  readonly module: string;
  readonly args: Args;
  /** A function of torch.nn.utils.parametrizations to put around the module. */
  readonly wrap?: { readonly name: string; readonly args?: Args };
  readonly pack?: { readonly lengths: readonly number[]; readonly batch_first: boolean };
  readonly train: boolean;
  readonly steps: number;
  readonly call: Call;
  readonly before: readonly string[];
  readonly out: unknown;
  readonly cot: readonly string[];
  readonly grad_in: readonly string[];
  readonly grad_param: readonly string[];
  readonly after: readonly string[];
  readonly tol: { readonly out: number; readonly grad: number; readonly after: number };
}

/** A module from its Python arguments; `"*"` holds positional ones. */
export function buildModule(name: string, args: Args, tensor: (ref: TensorRef) => unknown): AnyModule {
  const module = (ref: ModuleRef): unknown => buildModule(ref.$module, ref.args, tensor);
  const { '*': positional = [], ...kwargs } = revive(args, { tensor, module }) as { '*'?: unknown[] } & Args;
  return construct(name, positional, kwargs);
}

/** A module of torch.nn from positional and keyword arguments. */
export function construct(name: string, positional: readonly unknown[], kwargs: Args): AnyModule {
  const Module = find(nn, 'nn', name) as new (...args: unknown[]) => AnyModule;
  const bound = bind(`nn.${name}`, Module, positional, kwargs, pythonOrder(`nn.${name}`));
  const module = new Module(...bound.args);
  bound.assertRead();
  return module;
}

/** Calls a module or a function of its with Python arguments. */
export function callModule(what: string, module: AnyModule, { args, kwargs }: Call): unknown {
  const bound = bind(`${what}.forward`, module.forward, args, kwargs);
  const out = module(...bound.args);
  bound.assertRead();
  return out;
}

export const replayModule: Adapter<ModuleCase> = async (golden, replay) => {
  const { tensors, check, compiled } = replay;
  const module = parametrized(
    buildModule(golden.module, golden.args, (ref) => torchTensor(tensors.get(ref.$tensor))),
    golden.wrap,
  );
  const parameters = [...module.namedParameters()];
  const inputs = inputsOf(golden.call, tensors, torchTensor);
  const step = makeStep(
    {
      inputs,
      parameters: parameters.map(([, parameter]) => parameter),
      cotangents: namedTensors('cot', golden.cot, tensors, torchTensor),
      call: (...xs) =>
        throughPack(golden.pack, withValues(golden.call, inputs, xs), (call) =>
          callModule(`nn.${golden.module}`, module, call),
        ),
    },
    replay,
  );

  const get = (key: string): CoreArray => tensors.get(key);
  // A compiled step is replayed from the start: the second round runs what the first one recorded.
  for (let round = 0; round < (compiled ? 2 : 1); round++) {
    module.loadStateDict(
      Object.fromEntries(golden.before.map((name) => [name, torchTensor(tensors.get(`before/${name}`))])),
    );
    module.train(golden.train);
    let result = step();
    for (let i = 1; i < golden.steps; i++) result = step();

    await check.tree('out', result.out, golden.out, get, golden.tol.out);
    await check.gradients('grad_in', result.gradIn, golden.grad_in, get, golden.tol.grad);
    const gradients = new Map(parameters.map(([name, parameter]) => [name, parameter.grad]));
    await check.gradients('grad_param', gradients, golden.grad_param, get, golden.tol.grad);
    await compareState(module, golden, replay);
  }
};

/** The names and the order of the state, the entries that changed, and that all others did not. */
async function compareState(module: AnyModule, golden: ModuleCase, { tensors, check }: Replay): Promise<void> {
  const state = module.stateDict();
  check.same('the names of the state', Object.keys(state), golden.before);
  const changed = new Set(golden.after);
  for (const name of golden.before) {
    const key = `${changed.has(name) ? 'after' : 'before'}/${name}`;
    await check.tensor(key, state[name], tensors.get(key), changed.has(name) ? golden.tol.after : 0);
  }
}

function parametrized(module: AnyModule, wrap: ModuleCase['wrap']): AnyModule {
  if (!wrap) return module;
  const f = find(nn, 'nn', `utils.parametrizations.${wrap.name}`) as (...args: unknown[]) => AnyModule;
  const bound = bind(wrap.name, f, [module], wrap.args ?? {});
  const wrapped = f(...bound.args);
  bound.assertRead();
  return wrapped;
}

/** Calls a recurrent module with its first input as a packed sequence, where the case says so. */
function throughPack(
  pack: ModuleCase['pack'],
  { args: [first, ...more], kwargs }: Call,
  call: (call: Call) => unknown,
): unknown {
  if (!pack) return call({ args: first === undefined ? [] : [first, ...more], kwargs });
  const rnn = (name: string): Function_ => find(nn, 'nn', `utils.rnn.${name}`) as Function_;
  const batchFirst = pack.batch_first;
  const packed = rnn('pack_padded_sequence')(first, pack.lengths, { batchFirst, enforceSorted: false });
  const [out, ...states] = call({ args: [packed, ...more], kwargs }) as unknown[];
  const [padded] = rnn('pad_packed_sequence')(out, { batchFirst }) as unknown[];
  return [padded, ...states];
}
