// Wrong uses of the PyTorch face, with the messages that users see.
import * as torch from '@nn/torch';
import { nn, optim, type Tensor } from '@nn/torch';
import { wrongUses } from './table.js';

const leaf = (): Tensor => torch.ones([3], { requiresGrad: true });

wrongUses([
  [
    'linear with another number of features',
    () => new nn.Linear(4, 5)(torch.ones([2, 3])),
    'mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5): the last axis of the input must have 4 elements',
  ],
  [
    'conv with other channels',
    () => new nn.Conv2d(3, 8, 3)(torch.ones([1, 1, 8, 8])),
    'Given groups=1, weight of size [8, 3, 3, 3], expected input[1, 1, 8, 8] to have 3 channels, but got 1 channels instead',
  ],
  [
    'conv with the wrong rank',
    () => new nn.Conv2d(3, 8, 3)(torch.ones([8, 8])),
    'Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [8, 8]',
  ],
  [
    'batch norm with the wrong rank',
    () => new nn.BatchNorm2d(3)(torch.ones([2, 3])),
    'BatchNorm2d: expected 4D input (got 2D input)',
  ],
  [
    'batch norm of one value',
    () => new nn.BatchNorm1d(3)(torch.ones([1, 3])),
    'Expected more than 1 value per channel when training, got input size torch.Size([1, 3]). Use a larger batch, or eval()',
  ],
  [
    'layer norm of another shape',
    () => new nn.LayerNorm(4)(torch.ones([2, 3])),
    'Given normalized_shape=[4], expected input with shape [*, 4], but got input of size [2, 3] (layer_norm)',
  ],
  [
    'embedding beyond its rows',
    () => new nn.Embedding(3, 2)(torch.tensor([3], { dtype: 'int32' })),
    'take: index 3 is out of range for axis 0 of f32[3,2], which has 3 positions (0 to 2)',
  ],
  [
    'cross-entropy with a target that is no class',
    () => new nn.CrossEntropyLoss()(torch.ones([2, 3]), torch.tensor([0, 5], { dtype: 'int32' })),
    'gather: index 5 is out of range for axis 1 of f32[2,3], which has 3 positions (0 to 2)',
  ],
  [
    'dropout with a probability above 1',
    () => new nn.Dropout(1.5),
    'dropout probability has to be between 0 and 1, but got 1.5',
  ],
  [
    'attention with heads that do not divide',
    () => new nn.MultiheadAttention(10, 3),
    'embed_dim must be divisible by num_heads: 3 heads do not divide 10',
  ],
  [
    'missing, unexpected and misfitting entries of a state dict',
    () => new nn.Linear(3, 2).loadStateDict({ weight: torch.ones([4, 4]), extra: torch.ones([1]) }),
    'Error(s) in loading state_dict for Linear:\n\tMissing key(s) in state_dict: "bias". \n\tUnexpected key(s) in state_dict: "extra". \n\tsize mismatch for weight: copying a param with shape torch.Size([4, 4]) from checkpoint, the shape in current model is torch.Size([2, 3]).',
  ],
  [
    'a plain tensor in the place of a parameter',
    () => Object.assign(new nn.Linear(3, 2), { weight: torch.ones([2, 3]) }),
    "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected). Wrap it, new nn.Parameter(tensor), or write the values in place, torch.noGrad(() => module.weight.copy_(tensor))",
  ],
  [
    'a submodule that is not there',
    () => new nn.Sequential(new nn.Linear(2, 2)).getSubmodule('1'),
    'Sequential has no attribute `1` Did you mean "0"?',
  ],
  [
    'backward of a vector',
    () => leaf().mul(2).backward(),
    'grad can be implicitly created only for scalar outputs: this one has shape [3]. Reduce it, for example with sum(), or pass backward(gradient)',
  ],
  [
    'backward twice',
    () => {
      const y = leaf().exp().sum();
      y.backward();
      y.backward();
    },
    'Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed): exp has given up what it kept. Specify retainGraph: true the first time',
  ],
  [
    'backward of a constant',
    () => torch.ones([1]).backward(),
    'element 0 of tensors does not require grad and does not have a grad_fn. Make a leaf with requiresGrad: true, and do not compute it inside noGrad',
  ],
  [
    'a leaf that is changed in place',
    () => leaf().add_(1),
    'a leaf Variable that requires grad is being used in an in-place operation. Do it inside torch.noGrad(() => ...), or on a clone()',
  ],
  [
    'a kept value that was changed in place',
    () => {
      const y = leaf().mul(1).exp();
      const z = y.mul(y).sum();
      y.add_(1);
      z.backward();
    },
    'one of the variables needed for gradient computation has been modified by an inplace operation: f32[3], which mul reads in its backward, was changed by add_. Use the operation that returns a new tensor, or clone() before changing it',
  ],
  [
    'a float written into integers',
    () => torch.ones([2], { dtype: 'int32' }).add_(0.5),
    "result type Float can't be cast to the desired output type Int. Use the method without the underscore, or convert the tensor first",
  ],
  [
    'an expanded view changed in place',
    () => torch.ones([1, 2]).expand(3, 2).add_(1),
    'unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.',
  ],
  ['view of another size', () => torch.ones([2, 3]).view(4), "shape '[4]' is invalid for input of size 6"],
  [
    'shapes that do not broadcast',
    () => torch.ones([2, 3]).add(torch.ones([4])),
    'add: cannot broadcast [2,3] with [4]: sizes 3 and 4 differ on axis 1, and neither is 1',
  ],
  [
    'matmul with other inner sizes',
    () => torch.ones([2, 3]).matmul(torch.ones([4, 5])),
    'mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5): the last size of the first must equal the first size of the second',
  ],
  [
    'a dimension that is not there',
    () => torch.ones([2, 3]).sum(2),
    'Dimension out of range (expected to be in range of [-2, 1], but got 2)',
  ],
  [
    'an index out of range',
    () => torch.ones([2, 3]).select(0, 2),
    'select(): index 2 out of range for tensor of size [2, 3] at dimension 0',
  ],
  [
    'cat of other shapes',
    () => torch.cat([torch.ones([2, 3]), torch.ones([4, 5])], 0),
    'Sizes of tensors must match except in dimension 0. Expected size 3 but got size 5 for tensor number 1 in the list.',
  ],
  [
    'an unknown dtype',
    () => torch.ones([2], { dtype: 'flaot32' as never }),
    `dtype 'flaot32' does not exist here. Use one of float32, float64, int32, uint32, uint8, bool. Did you mean "float32"?`,
  ],
  [
    'item of many',
    () => torch.ones([2]).itemSync(),
    'a Tensor with 2 elements cannot be converted to Scalar: its shape is [2]. Reduce it first, or read data()',
  ],
  ['an optimizer without parameters', () => new optim.SGD([], { lr: 0.1 }), 'optimizer got an empty parameter list'],
  ['a negative learning rate', () => new optim.Adam([leaf()], { lr: -1 }), 'Invalid learning rate: -1'],
  [
    'a parameter in two groups',
    () => {
      const p = leaf();
      return new optim.SGD([{ params: [p] }, { params: [p] }], { lr: 0.1 });
    },
    'some parameters appear in more than one parameter group',
  ],
  ['an optimizer of a non-leaf', () => new optim.SGD([leaf().mul(2)], { lr: 0.1 }), "can't optimize a non-leaf Tensor"],
  [
    'a value read inside of compile',
    () => torch.compile((x: Tensor) => (x.itemSync() > 0 ? x : x.neg()))(torch.ones([1])),
    "dataSync: f32[1] has no data yet, because it is being traced (compile, tf.function or symbolic input). JavaScript's if and while are frozen by a trace: use cond, whileLoop or scan, or return the value and read it outside",
  ],
  [
    'a data set of unequal lengths',
    () => new torch.utils.data.TensorDataset(torch.ones([2]), torch.ones([3])),
    'Size mismatch between tensors: the first sizes are 2, 3',
  ],
]);
