// Wrong uses of the core, with the messages that users see.
import * as nn from '@nn/core';
import { wrongUses } from './table.js';

const t = (data: nn.NestedArray): nn.Tensor => nn.tensor(data);
const m = (...shape: number[]): nn.Tensor => nn.zeros(shape);

wrongUses([
  [
    'shapes that do not broadcast',
    () => nn.add(m(2, 3), m(4)),
    'add: cannot broadcast [2,3] with [4]: sizes 3 and 4 differ on axis 1, and neither is 1',
  ],
  [
    'matmul with other inner sizes',
    () => nn.matmul(m(2, 3), m(4, 5)),
    'matmul: inner sizes differ, f32[2,3] @ f32[4,5] (3 and 4)',
  ],
  [
    'matmul of a number',
    () => nn.matmul(nn.literal(2), m(2, 2)),
    'matmul: expected arrays of one or more axes, received f32[] and f32[2,2]. Use mul for numbers',
  ],
  ['reshape to another size', () => nn.reshape(m(2, 3), [4]), 'reshape: f32[2,3] has 6 elements, [4] has 4'],
  [
    'reshape that leaves a remainder',
    () => nn.reshape(m(2, 3), [4, -1]),
    'reshape: f32[2,3] has 6 elements, which do not divide into [4,-1]',
  ],
  [
    'reshape with two unknown sizes',
    () => nn.reshape(m(2, 3), [-1, -1]),
    'reshape: only one size may be -1, received [-1,-1]',
  ],
  [
    'an axis that is not there',
    () => nn.sum(m(2, 3), { axes: 2 }),
    'sum: axis 2 is out of range for 2 dimensions (expected -2 to 1)',
  ],
  ['an axis twice', () => nn.sum(m(2, 3), { axes: [0, -2] }), 'sum: an axis appears twice in [0,-2]'],
  [
    'permute without all axes',
    () => nn.permute(m(2, 3), [0, 0]),
    'permute: [0,0] does not name each axis of f32[2,3] once',
  ],
  ['squeeze of an axis that is not 1', () => nn.squeeze(m(2, 1), 0), 'squeeze: axis 0 of f32[2,1] has size 2, not 1'],
  [
    'expand of an axis that is not 1',
    () => nn.expand(m(2, 3), [2, 4]),
    'expand: cannot broadcast [2,3] with [2,4]: sizes 3 and 4 differ on axis 1, and neither is 1',
  ],
  [
    'rows of different lengths',
    () => nn.tensor([[1, 2], [3]]),
    'tensor: expected 2 elements at depth 1, received 1: rows differ in length',
  ],
  [
    'rows of different depths',
    () => nn.tensor([[1], 2] as never),
    'tensor: expected an array of 1 at depth 1, received number: rows differ in depth',
  ],
  ['a string in the data', () => nn.tensor(['1'] as never), 'tensor: expected a number or a boolean, received string'],
  [
    'a shape that the data does not fill',
    () => nn.tensor([1, 2, 3], { shape: [2, 2] }),
    'tensor: 3 elements do not fill [2,2], which has 4',
  ],
  ['a negative size', () => nn.zeros([-1]), 'full: [-1] is not a shape: sizes are integers of 0 or more'],
  [
    'the maximum of nothing',
    () => nn.max(m(0, 3), { axes: 0 }),
    'max: an axis of f32[0,3] has no elements, so there is no max',
  ],
  [
    'an index out of range',
    () => nn.gather(m(3, 4), nn.tensor([[5]], { dtype: 'i32' }), 0),
    'gather: index 5 is out of range for axis 0 of f32[3,4], which has 3 positions (0 to 2)',
  ],
  [
    'indices that are floats',
    () => nn.take(m(3, 4), t([1])),
    'take: indices are integers, received f32[1]. Cast them to i32 first',
  ],
  ['select beyond the end', () => nn.select(m(3), 0, 3), 'select: index 3 is out of range for axis 0 of f32[3]'],
  ['slice by zero', () => nn.slice(m(3), [0], [3], [0]), 'slice: step 0 of axis 0 is not an integer other than 0'],
  [
    'concat of other shapes',
    () => nn.concat([m(2, 3), m(4, 3)], 1),
    'concat: f32[2,3] and f32[4,3] differ outside of axis 1',
  ],
  ['concat of nothing', () => nn.concat([]), 'concat: expected at least one tensor, received none'],
  ['split into other sizes', () => nn.split(m(5), [2, 2]), 'split: sizes [2,2] add up to 4, axis 0 of f32[5] has 5'],
  [
    'pad by reflection beyond the array',
    () => nn.pad(m(3), [[3, 0]], { mode: 'reflect' }),
    'pad: reflect needs less padding than the axis is long, received [3,0] for axis 0 of f32[3]',
  ],
  [
    'conv with other channels',
    () => nn.conv(m(1, 4, 5), m(3, 2, 3)),
    'conv: weights f32[3,2,3] with groups=1 expect 2 input channels, received f32[1,4,5] with 4',
  ],
  [
    'conv without a batch',
    () => nn.conv(m(2, 5), m(3, 2, 3)),
    'conv: expected an input [batch, channels, 1 to 3 spatial axes] and weights of the same rank, received f32[2,5] and f32[3,2,3]',
  ],
  [
    'conv with groups that do not divide',
    () => nn.conv(m(1, 4, 5), m(3, 2, 3), { groups: 2 }),
    'conv: 3 output channels do not divide into 2 groups',
  ],
  [
    'conv with a window larger than its input',
    () => nn.conv(m(1, 2, 2), m(3, 2, 5)),
    'conv: the window [5] is larger than the padded input [2]',
  ],
  [
    'conv with a stride of zero',
    () => nn.conv(m(1, 2, 5), m(3, 2, 3), { stride: 0 }),
    'conv: stride must be integers of at least 1, received [0]',
  ],
  [
    'conv of integers',
    () => nn.conv(nn.zeros([1, 2, 5], 'i32'), nn.zeros([3, 2, 3], 'i32')),
    'conv: expected floats, received i32[1,2,5] and i32[3,2,3]. Cast them first',
  ],
  [
    'einsum with another number of operands',
    () => nn.einsum('ij,jk->ik', m(2, 3)),
    'einsum: "ij,jk->ik" names 2 operands, received 1',
  ],
  [
    'einsum with another rank',
    () => nn.einsum('ijk->i', m(2, 3)),
    'einsum: "ijk" in "ijk->i" has 3 axes, operand 0 has 2',
  ],
  [
    'einsum with two sizes of one label',
    () => nn.einsum('ij,jk->ik', m(2, 3), m(4, 5)),
    'einsum: label "j" of "ij,jk->ik" has the sizes 3 and 4',
  ],
  [
    'einsum to an unknown label',
    () => nn.einsum('ij->k', m(2, 3)),
    'einsum: output label "k" of "ij->k" is in no operand',
  ],
  [
    'topk of more than there is',
    () => nn.topk(m(3), 4),
    'topk: k=4 is not between 0 and the 3 elements of axis 0 of f32[3]',
  ],
  [
    'integers of two kinds',
    () => nn.add(nn.zeros([1], 'i32'), nn.zeros([1], 'u32')),
    'add: i32 and u32 have no common type; cast one of them first',
  ],
  [
    'item of many',
    () => nn.item(m(2, 3)),
    'item: a tensor with one element is expected, received f32[2,3]. Reduce or index it first, or read data()',
  ],
  [
    'a seed that is not a whole number',
    () => nn.defaultGenerator.manualSeed(1.5),
    'manualSeed: a seed is an integer from 0 to 2^32 - 1, received 1.5',
  ],
  [
    'random integers',
    () => nn.uniform([2], { dtype: 'i32' }),
    'random: i32 has no fractions. Use f32 or f64, or randint',
  ],
  [
    'an empty range of integers',
    () => nn.randint([2], 3, 3),
    'randint: expected integers low < high, received 3 and 3',
  ],
  [
    'arange that never ends',
    () => nn.arange(0, 1, 0),
    'arange: start 0, stop 1 and step 0 must be finite, and the step not 0',
  ],
  [
    'a device that is not there',
    () => nn.setDevice('webgpu2' as never),
    'device "webgpu2" cannot be had: this version of @nn/core has "cpu", "wasm", "webgpu". Did you mean "webgpu"? Choose one of them, or install a version that has "webgpu2"',
  ],
  [
    'a freed tensor',
    () => nn.exp(free(m(2))),
    'exp: tensor f32[2] has been freed: dispose() was called on it. Return it from its scope, keep it in a Variable, or clone it before',
  ],
  [
    'a tensor from an ended scope',
    () => nn.neg(lost()),
    'neg: tensor f32[2] has been freed: it was made in a scope that has ended. Return it from its scope, keep it in a Variable, or clone it before',
  ],
  [
    'a Variable of another shape',
    () => new nn.Variable(m(2), { name: 'w' }).set(m(3)),
    'Variable "w": cannot hold f32[3], it is f32[2]',
  ],
  [
    'a Variable of another dtype',
    () => new nn.Variable(m(2), { name: 'w' }).set(nn.zeros([2], 'i32')),
    'Variable "w": cannot hold i32[2], it is f32[2]; cast the value first',
  ],
  [
    'a Variable without a value',
    () => nn.Variable.empty({ shape: [2], dtype: 'f32' }, { name: 'grad' }).get(),
    'Variable "grad" (f32[2]) has no value yet. Set it first, or ask has()',
  ],
  [
    'the gradient of a vector',
    () => nn.gradients([nn.mul(nn.requireGrad(m(2)), 2)]),
    'grad can be implicitly created only for scalar outputs: received f32[2]. Give a cotangent of that shape, or reduce it with sum or mean',
  ],
  [
    'the gradient of a constant',
    () => nn.gradients([nn.sum(m(2))]),
    'element 0 of tensors does not require grad and does not have a grad_fn: f32[] depends on nothing that needs a gradient',
  ],
  [
    'backward twice',
    () => twice(),
    'Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed): exp has given up what it kept. Specify retainGraph: true the first time',
  ],
  [
    'reading a traced value',
    () => nn.compile((x: nn.Tensor) => nn.mul(x, nn.itemSync(x)))(t([1])),
    "dataSync: f32[1] has no data yet, because it is being traced (compile, tf.function or symbolic input). JavaScript's if and while are frozen by a trace: use cond, whileLoop or scan, or return the value and read it outside",
  ],
  [
    'a loop without a bound in a trace',
    () =>
      nn.compile((x: nn.Tensor) =>
        nn.whileLoop(
          (s) => nn.less(s, 9),
          (s) => nn.add(s, 1),
          x,
        ),
      )(t([1])),
    'whileLoop: its condition is traced, so the number of rounds is not known. Give maxIterations, or run the loop outside of the compiled function',
  ],
  [
    'sides of cond that differ',
    () =>
      nn.compile((x: nn.Tensor) =>
        nn.cond(
          nn.greater(x, 0),
          () => x,
          () => m(3),
        ),
      )(t([1])),
    'cond: both sides must have the same shape, received f32[1] and f32[3]',
  ],
  ['show of a plain function', () => nn.show(() => 1), 'show: expected a function made by compile()'],
]);

function free(x: nn.Tensor): nn.Tensor {
  x.dispose();
  return x;
}
function lost(): nn.Tensor {
  let x = m(1);
  nn.scope(() => {
    x = m(2);
    x = nn.exp(x);
  });
  return x;
}
function twice(): void {
  const y = nn.sum(nn.exp(nn.requireGrad(m(2))));
  nn.gradients([y]);
  nn.gradients([y]);
}
