"""How each Keras backend trains for an epoch on images that lie in memory, or on its card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cnn._backend import load_keras

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels

METRICS = ("loss", "accuracy")


@dataclass
class Batches:
    """The training images in batches, in a new order each epoch, without a copy of them.

    Attributes:
        X: Images, shape (n, 28, 28, 1).
        y: Labels, shape (n,).
        size: Images in a batch; the last one of an epoch may hold fewer.
        passes: How often an epoch uses each image.
        rng: Draws the order of each epoch.
    """

    X: Images
    y: Labels
    size: int
    passes: int
    rng: np.random.Generator
    order: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        """Draw the order of the first epoch."""
        self.reshuffle()

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.X) * self.passes // self.size)

    def __getitem__(self, step: int) -> tuple[Images, NDArray[np.int32]]:
        """Images (b, 28, 28, 1) and labels (b,) of a step of the epoch."""
        chosen = self.chosen(step)
        return self.X[chosen], self.y[chosen].astype("int32")

    def chosen(self, step: int) -> NDArray[np.intp]:
        """Indices (b,) of the images of a step of the epoch."""
        return self.order[step * self.size : (step + 1) * self.size]

    def reshuffle(self) -> None:
        """Draw the order of the next epoch."""
        self.order = self.rng.permutation(len(self.X) * self.passes) % len(self.X)


def epoch_runner(model: Any, batches: Batches) -> Callable[[], dict[str, float]]:
    """A function that trains for an epoch and returns the means of `METRICS`.

    `Model.fit` would do, and gives the same weights to the bit. It copies every batch to the
    device anew, and TensorFlow's costs more besides (see there).

    Args:
        model: A Keras model, compiled with the metric `accuracy`.
        batches: What it learns from, in the order that they have when the function is called.
    """
    makers = {"tensorflow": _tensorflow_epoch, "jax": _jax_epoch, "torch": _torch_epoch}
    train_epoch = makers[load_keras().backend.backend()](model, batches)

    def run() -> dict[str, float]:
        model.reset_metrics()
        train_epoch()
        means = model.get_metrics_result()
        return {name: float(means[name]) for name in METRICS}

    return run


def _create_variables(model: Any) -> None:
    """Make what a first training step would make, or else that step is traced twice."""
    import numpy as np

    model.optimizer.build(model.trainable_variables)
    label, answer = np.zeros(1, np.int32), np.full((1, 10), 0.1, np.float32)
    model.compute_loss(None, label, answer)
    model.compute_metrics(None, label, answer)


def _tensorflow_epoch(model: Any, batches: Batches) -> Callable[[], None]:
    """All steps of an epoch in one call of one graph, which feeds itself from NumPy.

    `Model.fit` takes longer, in two ways (TensorFlow 2.21, Keras 3.15, one thread):

    - It feeds through tf.data, whose autotuning sleeps 10, 20, 40 ms and so on, and the end of an
      epoch waits until it wakes up: epochs of 2.5 s of processor time last 2.6, 5.1 or 10.2 s.
    - It traces a training step two times: LeNet-5 needs 2.5 s of processor time to start, and 1.2 s
      here. An epoch costs the same, where `steps_per_execution` is 4 or more: 1.9 s for 6,000
      images and LeNet-5, 1.8 s for Machine Learning Mastery's baseline.

    Images are gathered from the caller's array. `tf.constant` would hold two copies of it, 300 MB
    for 48,000 images, and is no faster. (All on one core of a 2-core Intel Xeon, Sapphire Rapids.)
    """
    import tensorflow as tf

    _create_variables(model)

    def train_step(step: Any, steps: Any) -> tuple[Any, Any]:
        images, labels = tf.numpy_function(batches.__getitem__, [step], (tf.float32, tf.int32))
        images = tf.ensure_shape(images, (None, *batches.X.shape[1:]))
        model.train_step((images, tf.ensure_shape(labels, (None,))))
        return step + 1, steps

    def train(steps: Any) -> None:
        tf.while_loop(tf.less, train_step, [tf.constant(0), steps], parallel_iterations=1)

    train_epoch = tf.function(train, autograph=False)
    return lambda: train_epoch(tf.constant(len(batches)))


def _jax_epoch(model: Any, batches: Batches) -> Callable[[], None]:
    """A compiled step for each batch, which gathers its images from an array on the device.

    All steps in one `lax.scan` take 3 times the processor time on the CPU (LeNet-5, 2,000 images:
    4.7 s instead of 1.4 s; JAX 0.10, one core of a 2-core Intel Xeon, Sapphire Rapids).
    """
    import jax
    import numpy as np

    _create_variables(model)
    X, y = jax.device_put(batches.X), jax.device_put(batches.y.astype(np.int32))

    def step_on(state: Any, chosen: Any, X: Any, y: Any) -> Any:
        return model.train_step(state, (X[chosen], y[chosen]))[1]

    train_step = jax.jit(step_on)

    def train_epoch() -> None:
        groups = (
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        )
        state: Any = tuple([variable.value for variable in group] for group in groups)
        for step in range(len(batches)):
            state = train_step(state, batches.chosen(step), X, y)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)

    return train_epoch


def _torch_epoch(model: Any, batches: Batches) -> Callable[[], None]:
    """A step for each batch, whose images are gathered from a tensor on the device."""
    from keras import ops

    X, y = ops.convert_to_tensor(batches.X), ops.convert_to_tensor(batches.y, "int32")

    def train_epoch() -> None:
        for step in range(len(batches)):
            chosen = ops.convert_to_tensor(batches.chosen(step))
            model.train_step((X[chosen], y[chosen]))

    return train_epoch
