# Writes against-keras.json: what Keras computes when it trains the models of against-keras.test.ts.
# Needs keras 3.15.1 and jax: python against-keras.py
import json
import os

os.environ["KERAS_BACKEND"] = "jax"
import keras
import numpy as np
from keras import layers, optimizers

N = 50
wave = lambda *shape, speed=0.7: np.sin(np.arange(np.prod(shape)) * speed).reshape(shape).astype("float32")
x = wave(N, 6, speed=1.37)
sparse = (x[:, 0] + x[:, 1] > 0).astype("int32") + (x[:, 2] > 0.5).astype("int32")
onehot = np.eye(3, dtype="float32")[sparse]
binary = (x[:, :1] > 0).astype("float32")
tokens = (np.arange(N * 5).reshape(N, 5) * 5 % 7).astype("int32")
images = wave(N, 8, 8, 2, speed=0.91)
data = dict(x=x, sparse=sparse, onehot=onehot, binary=binary, tokens=tokens, images=images, sequence=wave(N, 5, 4),
            other=wave(N, 3, speed=0.31), weights=np.abs(wave(N)))


def mlp(units=3, activation="softmax", **kw):
    i = keras.Input((6,))
    h = layers.BatchNormalization()(layers.Dense(8, activation="relu", **kw)(i))
    return keras.Model(i, layers.Dense(units, activation=activation)(h))


def two():
    a, b = keras.Input((6,), name="a"), keras.Input((3,), name="b")
    h = layers.concatenate([layers.Dense(5, activation="tanh")(a), b])
    outputs = {"kind": layers.Dense(3, activation="softmax", name="kind")(h), "size": layers.Dense(1, name="size")(h)}
    return keras.Model({"a": a, "b": b}, outputs)


def attention():
    i = keras.Input((5, 4))
    h = layers.LayerNormalization()(layers.Add()([i, layers.MultiHeadAttention(2, 3)(i, i)]))
    return keras.Model(i, layers.Dense(1)(layers.Flatten()(h)))


recurrent = lambda: keras.Sequential([
    keras.Input((5,), dtype="int32"), layers.Embedding(7, 4, mask_zero=True),
    layers.Bidirectional(layers.LSTM(3, return_sequences=True)), layers.GRU(3), layers.Dense(1, activation="sigmoid")])
convolution = lambda: keras.Sequential([
    keras.Input((8, 8, 2)), layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
    layers.DepthwiseConv2D(3), layers.LayerNormalization(), layers.GlobalAveragePooling2D(), layers.Dense(3)])

# name, model, optimizer, compile, x, y, fit
cases = [
    ("validation split", mlp(), "adam", dict(loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
     "x", "sparse", dict(epochs=3, validation_split=0.24)),
    ("class weights", mlp(), optimizers.SGD(0.05, momentum=0.9, nesterov=True),
     dict(loss="sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"]),
     "x", "sparse", dict(class_weight={0: 1.0, 1: 2.0, 2: 0.5})),
    ("sample weights", mlp(), "rmsprop",
     dict(loss="sparse_categorical_crossentropy", weighted_metrics=["sparse_categorical_crossentropy"]),
     "x", "sparse", dict(sample_weight="weights", batch_size=7)),
    ("regularizer, AdamW, clipnorm", mlp(kernel_regularizer="l2"), optimizers.AdamW(0.01, weight_decay=0.01, clipnorm=0.5),
     dict(loss="categorical_crossentropy", metrics=["accuracy", "mae", "top_k_categorical_accuracy", "f1_score"]),
     "x", "onehot", dict()),
    ("schedule, constraint, activity", mlp(1, "sigmoid", activity_regularizer="l1", kernel_constraint="max_norm"),
     optimizers.Adam(optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)),
     dict(loss="binary_crossentropy", metrics=["accuracy", "auc", "precision", "recall", "mse"]),
     "x", "binary", dict(epochs=3)),
    ("averaged weights", mlp(1, None), optimizers.SGD(0.05, use_ema=True, ema_momentum=0.8, weight_decay=0.001, global_clipnorm=1.0),
     dict(loss="mse", metrics=["mae", "root_mean_squared_error", "r2_score"]), "x", "binary", dict()),
    ("accumulated gradients", mlp(1, None), optimizers.Adam(0.05, gradient_accumulation_steps=2), dict(loss="mae"),
     "x", "binary", dict(batch_size=10)),
    ("scaled loss, clipvalue", mlp(1, None), optimizers.Adam(0.05, loss_scale_factor=8.0, clipvalue=0.1), dict(loss="huber"),
     "x", "binary", dict()),
    ("named inputs and outputs", two(), "adam",
     dict(loss={"kind": "sparse_categorical_crossentropy", "size": "mse"}, loss_weights={"kind": 1.0, "size": 0.3},
          metrics={"kind": ["accuracy"], "size": ["mae", "mse"]}),
     {"a": "x", "b": "other"}, {"kind": "sparse", "size": "binary"}, dict(validation_split=0.2)),
    ("recurrent, masked", recurrent(), optimizers.RMSprop(0.01, momentum=0.5, centered=True),
     dict(loss="bce", metrics=["acc"]), "tokens", "binary", dict()),
    ("convolutional", convolution(), "nadam", dict(loss="kl_divergence", metrics=["cosine_similarity"]),
     "images", "onehot", dict()),
    ("attention", attention(), "adamax", dict(loss="log_cosh", metrics=["mse"]), "sequence", "binary", dict()),
]


def prepared(model):
    """Weights that both sides make: waves where there are two axes or more."""
    for k, v in enumerate(model.weights):
        if len(v.shape) > 1:
            v.assign(0.4 * np.sin(np.arange(np.prod(v.shape)) * 1.7 + k).reshape(v.shape))


def look(names):
    return {k: data[v] for k, v in names.items()} if isinstance(names, dict) else data[names]


written = []
for name, model, optimizer, compiled, xs, ys, fit in cases:
    optimizer = optimizers.get(optimizer)
    prepared(model)
    entry = dict(name=name, model=keras.saving.serialize_keras_object(model), optimizer=optimizers.serialize(optimizer),
                 compile=compiled, x=xs, y=ys, fit={"epochs": 2, "batch_size": 16, **fit})
    model.compile(optimizer=optimizer, **compiled)
    options = {k: data[v] if k == "sample_weight" else v for k, v in entry["fit"].items()}
    history = model.fit(look(xs), look(ys), shuffle=False, verbose=0, **options)
    entry.update(history=history.history, evaluate=model.evaluate(look(xs), look(ys), verbose=0, return_dict=True),
                 weights=[float(np.sum(w * np.cos(np.arange(w.size)).reshape(w.shape))) for w in model.get_weights()])
    written.append(entry)
short = lambda o: float(f"{o:.7g}") if isinstance(o, float) else {k: short(v) for k, v in o.items()} if isinstance(o, dict) \
    else [short(v) for v in o] if isinstance(o, (list, tuple)) else short(np.asarray(o).tolist()) if hasattr(o, "dtype") else o
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "against-keras.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(short(e)) for e in written) + "\n]\n")
