// Wrong uses of the Keras face, with the messages that users see.
import { tf, type Tensor } from '@nn/keras';
import { wrongUses } from './table.js';

const { layers, losses, metrics, optimizers, initializers, callbacks } = tf.keras;
const input = (...shape: number[]): Tensor => tf.keras.Input({ shape });

wrongUses([
  [
    'a mistyped activation',
    () => new layers.Dense(3, { activation: 'rleu' }),
    'Could not interpret activation function identifier: rleu. Did you mean "relu"?',
  ],
  [
    'a mistyped initializer',
    () => new layers.Dense(3, { kernelInitializer: 'glorot_unifrom' }),
    'Could not interpret initializer identifier: glorot_unifrom. Did you mean "glorot_uniform"?',
  ],
  [
    'a mistyped loss',
    () => losses.get('msse'),
    'Could not interpret loss identifier: msse. Did you mean "mse" or "MSE" or "msle"?',
  ],
  [
    'a mistyped metric',
    () => metrics.get('acuracy'),
    'Could not interpret metric identifier: acuracy. Did you mean "accuracy"?',
  ],
  [
    'a mistyped optimizer',
    () => optimizers.get('adma'),
    'Could not interpret optimizer identifier: adma. Did you mean "adam"?',
  ],
  [
    'a mistyped reduction',
    () => new losses.MeanSquaredError({ reduction: 'summ' }),
    'Invalid value for argument `reduction`. Expected one of sum_over_batch_size, sum, mean, mean_with_sample_weight, none. Received: reduction=summ. Did you mean "sum"?',
  ],
  [
    'units that are not a number of units',
    () => new layers.Dense(-1),
    'Received an invalid value for `units`, expected a positive integer. Received: units=-1',
  ],
  [
    'a dense layer on another number of features',
    () => {
      const dense = new layers.Dense(2, { name: 'dense' });
      dense(tf.ones([1, 3]));
      dense(tf.ones([1, 4]));
    },
    "Input 0 with name 'None' of layer 'dense' is incompatible with the layer: expected axis -1 of input shape to have value 3, but received input with shape (1, 4)",
  ],
  [
    'a convolution with the wrong rank',
    () => new layers.Conv2D(4, 3)(tf.ones([8, 8])),
    "Input 0 with name 'None' of layer 'conv2d' is incompatible with the layer: expected min_ndim=4, found ndim=2. Full shape received: (8, 8)",
  ],
  [
    'a stride and a dilation',
    () => new layers.Conv2D(4, 3, { strides: 2, dilationRate: 2 }),
    '`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides=(2, 2) and dilation_rate=(2, 2)',
  ],
  [
    'an unknown padding',
    () => new layers.Conv2D(4, 3, { padding: 'smae' as never }),
    "The `padding` argument must be a list/tuple or one of {'valid', 'same'}. Received: smae",
  ],
  [
    'weights of another number',
    () => {
      const dense = new layers.Dense(2, { name: 'dense' });
      dense.build([null, 3]);
      dense.setWeights([[1]] as never);
    },
    "You called `setWeights(weights)` on layer 'dense' with a weight list of length 1, but the layer was expecting 2 weights.",
  ],
  [
    'a layer that is not there',
    () => new tf.keras.Sequential([new layers.Dense(2, { name: 'first' })]).getLayer('frist'),
    `No such layer: frist. Existing layers are: ['first']. Did you mean "first"?`,
  ],
  [
    'adding what does not broadcast',
    () => new layers.Add()([input(3), input(4)]),
    'add: cannot broadcast [None,3] with [None,4]: sizes 3 and 4 differ on axis 1, and neither is 1',
  ],
  [
    'concatenating other shapes',
    () => new layers.Concatenate()([tf.ones([2, 3]), tf.ones([4, 3])]),
    'A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. Received: inputShape=[(2, 3), (4, 3)]',
  ],
  [
    'a model on another shape',
    () => {
      const x = tf.keras.Input({ shape: [3], name: 'in' });
      return new tf.keras.Model({ inputs: x, outputs: new layers.Dense(2)(x), name: 'model' })(tf.ones([1, 5]));
    },
    "Input 0 with name 'in' of layer 'model' is incompatible with the layer: expected shape=(None, 3), found shape=(1, 5)",
  ],
  [
    'fit before compile',
    () => new tf.keras.Sequential([new layers.Dense(2)]).fit(tf.ones([4, 3]), tf.ones([4, 2]), { verbose: 0 }),
    'You must call `compile()` before calling `fit()`.',
  ],
  [
    'fit with unequal numbers of samples',
    () => {
      const model = new tf.keras.Sequential([new layers.Dense(2)]);
      model.compile({ optimizer: 'sgd', loss: 'mse' });
      return model.fit(tf.ones([4, 3]), tf.ones([5, 2]), { verbose: 0 });
    },
    "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. 'x' sizes: 4\n'y' sizes: 5",
  ],
  [
    'a variable of another shape',
    () => new tf.Variable([1, 2], { name: 'v' }).assign([1, 2, 3]),
    'The shape of the target variable and the shape of the target value in `variable.assign(value)` must match. variable.shape=(2,), Received: value.shape=(3,). Target variable: v',
  ],
  [
    'a variable made again in tf.function',
    () => {
      const f = tf.function((x: Tensor) => x.add(new tf.Variable([1], { name: 'w' })));
      f(tf.ones([1]));
      f(tf.ones([2]));
    },
    'tf.function only supports singleton tf.Variables created on the first call. Make sure the tf.Variable is only created once or created outside tf.function. See https://www.tensorflow.org/guide/function#creating_tfvariables for more information.',
  ],
  [
    'clipping in two ways',
    () => new optimizers.Adam({ clipnorm: 1, clipvalue: 1 }),
    'Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: clipnorm=1, clipvalue=1, global_clipnorm=null.',
  ],
  [
    'a rate that a schedule rules',
    () => {
      const sgd = new optimizers.SGD({ learningRate: new optimizers.schedules.ExponentialDecay(0.1, 10, 0.5) });
      sgd.learningRate = 0.1;
    },
    'This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor argument, hence its learning rate is not settable. If you need the learning rate to be settable, you should instantiate the optimizer with a float `learning_rate` argument.',
  ],
  [
    'a factor that does not lower',
    () => new callbacks.ReduceLROnPlateau({ factor: 1.5 }),
    'ReduceLROnPlateau does not support a factor >= 1.0. Received factor=1.5',
  ],
  [
    'a seed that is not a whole number',
    () => tf.keras.utils.setRandomSeed(0.5),
    'Expected `seed` argument to be an integer. Received: seed=0.5 (of type number)',
  ],
  [
    'an initializer without a shape it can fill',
    () => new initializers.Identity()([2, 3, 4]),
    'Identity matrix initializer can only be used for 2D matrices. Received: shape=[2,3,4] of rank 3.',
  ],
  [
    'shapes that do not broadcast',
    () => tf.add(tf.ones([2, 3]), tf.ones([4])),
    'add: cannot broadcast [2,3] with [4]: sizes 3 and 4 differ on axis 1, and neither is 1',
  ],
  [
    'a dtype that is not there',
    () => tf.ones([2], 'flaot32'),
    `ones: dtype 'flaot32' is not supported here; expected one of float32, float64, int32, uint32, uint8, bool. Did you mean "float32"?`,
  ],
  [
    'one-hot loss with integer targets',
    () => new losses.CategoricalCrossentropy()(tf.constant([1, 0]), tf.ones([2, 3])),
    'categorical_crossentropy: Arguments `target` and `output` must have the same shape. Received: target.shape=[2], output.shape=[2,3]. Use sparse_categorical_crossentropy for integer targets',
  ],
]);
