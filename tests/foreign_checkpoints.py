"""Checkpoints as other people's programs write them: TensorFlow 1's by names, TensorFlow 2's by object graph."""

import numpy as np
import tensorflow as tf
import tf_keras

v1 = tf.compat.v1


def by_names(path, arrays, *, scope=None, others=(), version=v1.train.SaverDef.V2) -> str:
    """A TensorFlow 1 checkpoint by Saver, with arrays by name.

    In `scope` they are variables without a name, which TensorFlow calls `scope/Variable`, `scope/Variable_1` …; the
    arrays' keys are then what the names must come out as.
    """
    with tf.Graph().as_default(), v1.Session() as session:
        starts = [v1.placeholder(tf.float32, array.shape) for array in arrays.values()]
        if scope:
            with v1.variable_scope(scope):
                variables = [v1.Variable(start) for start in starts]
        else:
            variables = [v1.Variable(start, name=name) for name, start in zip(arrays, starts, strict=True)]
        assert [variable.op.name for variable in variables] == list(arrays)
        feeds = dict(zip(starts, arrays.values(), strict=True))
        session.run([variable.initializer for variable in variables], feeds)
        more = [v1.Variable(tf.zeros(3), name=name) for name in others]
        session.run([variable.initializer for variable in more])
        return v1.train.Saver(write_version=version).save(session, str(path), write_state=False)


def keras_model(arrays) -> tf_keras.Model:
    """A functional Keras model with layers called as in `arrays` (`conv2d_3/kernel`), in the reverse order."""
    by_layer: dict[str, list] = {}
    for name, array in arrays.items():
        by_layer.setdefault(name.partition("/")[0], []).append(array)
    inputs, outputs = [], []
    for name, (kernel, *bias) in reversed(by_layer.items()):
        if "transpose" in name:
            layer = tf_keras.layers.Conv2DTranspose(kernel.shape[2], kernel.shape[0], name=name)
            inputs.append(tf_keras.Input((8, 8, kernel.shape[3])))
        elif "conv2d" in name:
            layer = tf_keras.layers.Conv2D(kernel.shape[3], kernel.shape[0], use_bias=False, name=name)
            inputs.append(tf_keras.Input((8, 8, kernel.shape[2])))
        else:
            layer = tf_keras.layers.Dense(kernel.shape[1], use_bias=False, name=name)
            inputs.append(tf_keras.Input((kernel.shape[0],)))
        outputs.append(layer(inputs[-1]))
        layer.set_weights([kernel, *bias])
    return tf_keras.Model(inputs, outputs)


def module(arrays, *, scope="") -> tf.Module:
    """A module that holds one variable for each array, called `scope` and its name, in the reverse order."""
    holder = tf.Module()
    holder.held = [tf.Variable(array, name=f"{scope}{name}") for name, array in reversed(arrays.items())]
    return holder


def by_graph(path, generator, **others) -> str:
    """A `tf.train.Checkpoint(generator=generator)`, with a discriminator whose layer has the name of one of its own and
    an optimiser with slots for that."""
    critic = keras_model({"conv2d/kernel": np.ones((3, 3, 2, 2), np.float32)})
    adam = tf_keras.optimizers.Adam()
    adam.build(critic.trainable_variables)
    return tf.train.Checkpoint(generator=generator, discriminator=critic, optimizer=adam, **others).save(str(path))
