// L-BFGS: directions from a short history of steps and changes of the gradient.
import * as core from '@nn/core';
import { ofCell } from '../tensor/handle.js';
import { Tensor } from '../tensor/tensor.js';
import { strongWolfe, type Point } from './line-search.js';
import { type Options, Optimizer, type OptimizerState, type Parameters } from './optimizer.js';

export interface LbfgsSettings {
  lr: number;
  maxIter: number;
  maxEval: number;
  toleranceGrad: number;
  toleranceChange: number;
  historySize: number;
  lineSearchFn: 'strong_wolfe' | null;
}
/** What is kept from one iteration to the next; vectors are all parameters one after the other. */
interface Memory {
  funcEvals: number;
  nIter: number;
  t: number;
  prevLoss: number;
  hDiag: number;
  direction: core.Variable | null;
  prevGrad: core.Variable | null;
  /** Changes of the gradient, the steps that made them, and 1 over their products. */
  oldDirs: core.Variable[];
  oldSteps: core.Variable[];
  ro: number[];
}
const emptyMemory = (): Memory => ({
  funcEvals: 0,
  nIter: 0,
  t: 0,
  prevLoss: 0,
  hDiag: 1,
  direction: null,
  prevGrad: null,
  oldDirs: [],
  oldSteps: [],
  ro: [],
});

/** A handle of the value that a vector has now. */
const shared = (v: core.Variable): Tensor => ofCell(hold(() => v.get()));
/** A vector that outlives the scope in which it is computed. */
const hold = (f: () => core.Tensor): core.Variable =>
  core.scope(() => core.noGrad(() => new core.Variable(core.detach(f()), { name: 'lbfgs', slot: true })));
const read = (f: () => core.Tensor): number => core.scope(() => core.noGrad(() => core.itemSync(f())));
const dot = (a: core.Variable, b: core.Variable): number => read(() => core.sum(core.mul(a.get(), b.get())));
const largest = (a: core.Variable): number => read(() => core.max(core.abs(a.get())));

/**
 * L-BFGS: the direction is the gradient times an approximate inverse Hessian from the last `historySize` steps. It evaluates the loss
 * several times a step, so `step` needs a closure that clears the gradients, computes the loss, calls `backward` and returns the loss.
 * It decides by values, so it cannot be compiled; compile the closure.
 *
 * @param o.lr               default 1
 * @param o.maxIter          iterations a step; default 20
 * @param o.maxEval          evaluations a step; default maxIter * 5 / 4
 * @param o.toleranceGrad    stops when no element of the gradient is larger; default 1e-7
 * @param o.toleranceChange  stops when the loss or the parameters change less; default 1e-9
 * @param o.historySize      default 100
 * @param o.lineSearchFn     null (default) or 'strong_wolfe'
 * @see Liu & Nocedal 1989
 * @example
 * const x = torch.tensor([3, -2], { requiresGrad: true })
 * const lbfgs = new optim.LBFGS([x], { lineSearchFn: 'strong_wolfe' })
 * lbfgs.step(() => { lbfgs.zeroGrad(); const loss = x.sub(1).pow(2).sum(); loss.backward(); return loss })
 * x // => [1, 1] within 1e-5
 */
export class LBFGS extends Optimizer<LbfgsSettings> {
  private memory: Memory = emptyMemory();

  constructor(params: Parameters<LbfgsSettings>, o: Options<LbfgsSettings> = {}) {
    const { maxIter = 20, lineSearchFn = null } = o;
    const rest = { toleranceGrad: 1e-7, toleranceChange: 1e-9, historySize: 100, lineSearchFn };
    super(params, { lr: 1, maxIter, maxEval: Math.floor((maxIter * 5) / 4), ...rest, ...o });
    if (this.paramGroups.length !== 1)
      throw new core.ValueError("LBFGS doesn't support per-parameter options (parameter groups)");
    if (lineSearchFn !== null && lineSearchFn !== 'strong_wolfe')
      throw new core.ValueError(
        `only 'strong_wolfe' is supported. Received: line_search_fn=${String(lineSearchFn)}${core.nearest(String(lineSearchFn), ['strong_wolfe'])}`,
      );
  }
  protected override update(): never {
    throw new core.ValueError('LBFGS updates all parameters together');
  }
  private get params(): readonly Tensor[] {
    return this.paramGroups[0]!.params;
  }
  private flat(part: (p: Tensor) => core.Tensor): core.Variable {
    return hold(() =>
      core.concat(
        this.params.map((p) => core.reshape(part(p), [-1])),
        0,
      ),
    );
  }
  private flatGrad(): core.Variable {
    return this.flat((p) => p.grad?.value ?? core.zerosLike(p.value));
  }
  /** Puts the parameters at `from + t * direction`. */
  private move(from: core.Variable, t: number, direction: core.Variable): void {
    core.scope(() =>
      core.noGrad(() => {
        const all = t === 0 ? from.get() : core.add(from.get(), core.mul(direction.get(), t));
        let start = 0;
        for (const p of this.params) {
          const end = start + core.sizeOf(p.shape);
          this.store(p, core.reshape(core.slice(all, [start], [end]), p.shape));
          start = end;
        }
      }),
    );
  }

  override step(closure?: () => Tensor): Tensor {
    if (!closure)
      throw new TypeError(
        'LBFGS.step() needs a closure that computes the loss and its gradients, and returns the loss',
      );
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange, lineSearchFn } = this.paramGroups[0]!;
    const s = this.memory;
    let evaluations = 0;
    const evaluate = (): Tensor => {
      evaluations++;
      s.funcEvals++;
      return core.enableGrad(closure);
    };
    const first = evaluate();
    let loss = core.itemSync(first.value);
    let grad = this.flatGrad();
    if (largest(grad) <= toleranceGrad) {
      grad.dispose();
      return first;
    }

    for (let n = 1; n <= maxIter; n++) {
      s.nIter++;
      this.remember(grad);
      const d = this.direct(grad);
      s.prevGrad?.dispose();
      s.prevGrad = grad;
      s.prevLoss = loss;
      s.t = s.nIter === 1 ? Math.min(1, 1 / read(() => core.sum(core.abs(grad.get())))) * lr : lr;
      const slope = dot(grad, d);
      if (slope > -toleranceChange) break;

      const from = this.flat((p) => p.value);
      if (lineSearchFn) {
        const tried: Point[] = [];
        const at = (t: number): Point => {
          this.move(from, t, d);
          const value = core.itemSync(evaluate().value);
          const g = this.flatGrad();
          const point = { t, loss: value, slope: dot(g, d), grad: g };
          tried.push(point);
          return point;
        };
        const start: Point = { t: 0, loss, slope, grad };
        const best = strongWolfe(at, start, s.t, largest(d), { minimum: toleranceChange });
        for (const point of tried) if (point !== best) point.grad.dispose();
        loss = best.loss;
        s.t = best.t;
        grad = best === start ? hold(() => start.grad.get()) : best.grad;
        this.move(from, s.t, d);
      } else {
        this.move(from, s.t, d);
        if (n < maxIter) {
          loss = core.itemSync(evaluate().value);
          grad = this.flatGrad();
        }
      }
      from.dispose();
      const done =
        n === maxIter ||
        evaluations >= maxEval ||
        largest(grad) <= toleranceGrad ||
        largest(d) * s.t <= toleranceChange ||
        Math.abs(loss - s.prevLoss) < toleranceChange;
      if (!done) continue;
      if (grad !== s.prevGrad) grad.dispose();
      break;
    }
    return first;
  }

  /** Adds the last step and the change of the gradient to the history. */
  private remember(grad: core.Variable): void {
    const s = this.memory;
    if (!s.direction || !s.prevGrad) return;
    const { direction, prevGrad, t } = s;
    const y = hold(() => core.sub(grad.get(), prevGrad.get()));
    const step = hold(() => core.mul(direction.get(), t));
    const product = dot(y, step);
    if (!(product > 1e-10)) {
      y.dispose();
      step.dispose();
      return;
    }
    if (s.oldDirs.length === this.paramGroups[0]!.historySize) {
      s.oldDirs.shift()!.dispose();
      s.oldSteps.shift()!.dispose();
      s.ro.shift();
    }
    s.oldDirs.push(y);
    s.oldSteps.push(step);
    s.ro.push(1 / product);
    s.hDiag = product / dot(y, y);
  }
  /** Minus the gradient times the approximate inverse Hessian, by the two loops over the history. */
  private direct(grad: core.Variable): core.Variable {
    const s = this.memory;
    const { oldDirs, oldSteps, ro, hDiag } = s;
    const direction = hold(() => {
      const shares: core.Tensor[] = [];
      const along = (a: core.Variable, v: core.Tensor, i: number): core.Tensor =>
        core.mul(core.sum(core.mul(a.get(), v)), ro[i]!);
      let q = core.neg(grad.get());
      for (let i = oldDirs.length - 1; i >= 0; i--) {
        shares[i] = along(oldSteps[i]!, q, i);
        q = core.sub(q, core.mul(oldDirs[i]!.get(), shares[i]!));
      }
      let r = core.mul(q, hDiag);
      for (const [i, step] of oldSteps.entries())
        r = core.add(r, core.mul(step.get(), core.sub(shares[i]!, along(oldDirs[i]!, r, i))));
      return r;
    });
    s.direction?.dispose();
    s.direction = direction;
    return direction;
  }

  override stateDict(): OptimizerState {
    const s = this.memory;
    const { param_groups } = super.stateDict();
    if (s.funcEvals === 0) return { state: {}, param_groups };
    const vectors = s.direction && {
      d: shared(s.direction),
      H_diag: s.hDiag,
      prev_flat_grad: s.prevGrad && shared(s.prevGrad),
    };
    const history = { old_dirs: s.oldDirs.map(shared), old_stps: s.oldSteps.map(shared), ro: [...s.ro] };
    const counts = { func_evals: s.funcEvals, n_iter: s.nIter };
    return {
      state: { 0: { ...counts, ...(vectors && { ...vectors, t: s.t, prev_loss: s.prevLoss, ...history }) } },
      param_groups,
    };
  }
  override loadStateDict(dict: OptimizerState): void {
    super.loadStateDict({ state: {}, param_groups: dict.param_groups });
    const saved = dict.state['0'] ?? {};
    const number = (key: string, otherwise: number): number => {
      const value = saved[key];
      return value instanceof Tensor ? core.itemSync(value.value) : Number(value ?? otherwise);
    };
    const vector = (value: unknown): core.Variable => hold(() => core.add((value as Tensor).value, 0));
    const list = (key: string): readonly unknown[] => (saved[key] as readonly unknown[] | undefined) ?? [];
    this.memory = {
      funcEvals: number('func_evals', 0),
      nIter: number('n_iter', 0),
      t: number('t', 0),
      prevLoss: number('prev_loss', 0),
      hDiag: number('H_diag', 1),
      direction: saved['d'] ? vector(saved['d']) : null,
      prevGrad: saved['prev_flat_grad'] ? vector(saved['prev_flat_grad']) : null,
      oldDirs: list('old_dirs').map(vector),
      oldSteps: list('old_stps').map(vector),
      ro: list('ro').map((v) => (v instanceof Tensor ? core.itemSync(v.value) : Number(v))),
    };
  }
}
