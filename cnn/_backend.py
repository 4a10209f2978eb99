"""The Keras backend of this process: which one it is, its threads, and how it is fed.

All that depends on the backend is here; models and training know Keras only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels

BACKENDS = ("tensorflow", "jax", "torch")
METRICS = ("loss", "accuracy")


def load_keras() -> Any:
    """Import Keras with `KERAS_BACKEND`, or else the first of `BACKENDS` that is installed.

    Returns:
        The module `keras`.
    """
    # Only TensorFlow's errors: it tells of its build and of the processor on each start.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if "keras" not in sys.modules and not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = first_installed()
    import keras

    return keras


def first_installed() -> str:
    """The first of `BACKENDS` that is installed, or TensorFlow where none is."""
    return next((name for name in BACKENDS if find_spec(name) is not None), BACKENDS[0])


def limit_threads(threads: int) -> None:
    """Hold the backend to a number of threads, before it starts its thread pools.

    TensorFlow sizes its pools when the first operation runs, also in a process that was forked
    after the import, and heeds the numbers set here as it does `TF_NUM_INTRAOP_THREADS`. XLA on
    the CPU reads its settings from the environment when it is first used.

    Args:
        threads: How many threads the model may use.

    Raises:
        RuntimeError: TensorFlow runs already in this process, with more threads.
    """
    name = load_keras().backend.backend()
    if name == "tensorflow":
        _limit_tensorflow(threads)
    elif name == "torch":
        import torch

        torch.set_num_threads(threads)
    elif name == "jax":
        os.environ["NPROC"] = str(threads)


def _limit_tensorflow(threads: int) -> None:
    from tensorflow import config

    for kind in ("intra_op", "inter_op"):
        try:
            getattr(config.threading, f"set_{kind}_parallelism_threads")(threads)
        except RuntimeError as error:
            # 0 stands for the variable, or else for all cores. Fewer than allowed are no breach.
            variable = os.environ.get(f"TF_NUM_{kind.replace('_', '').upper()}_THREADS", "0")
            running = getattr(config.threading, f"get_{kind}_parallelism_threads")()
            running = running or int(variable)
            if not 1 <= running <= threads:
                raise RuntimeError(
                    f"TensorFlow runs in this process with {running or 'all'} threads ({kind}), "
                    f"expected at most {threads}. Build the model in a new process."
                ) from error


def use_xla() -> str | bool:
    """What `Model.compile` should be told as `jit_compile` on this backend.

    XLA makes TensorFlow's training on the CPU 2 to 4 times slower (2-core AMD EPYC).
    """
    return False if load_keras().backend.backend() == "tensorflow" else "auto"


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
        chosen = self.order[step * self.size : (step + 1) * self.size]
        return self.X[chosen], self.y[chosen].astype("int32")

    def reshuffle(self) -> None:
        """Draw the order of the next epoch."""
        self.order = self.rng.permutation(len(self.X) * self.passes) % len(self.X)


def epoch_runner(model: Any, batches: Batches) -> Callable[[], dict[str, float]]:
    """A function that trains for an epoch and returns the means of `METRICS`.

    Args:
        model: A Keras model, compiled with the metric `accuracy`.
        batches: What it learns from, in the order that they have when the function is called.
    """
    keras = load_keras()
    if keras.backend.backend() == "tensorflow":
        return _tensorflow_runner(model, batches)

    class Sequence(keras.utils.PyDataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, step: int) -> Any:
            return batches[step]

    data = Sequence(workers=0)

    def run() -> dict[str, float]:
        logs = model.fit(data, epochs=1, verbose=0, shuffle=False).history
        return {name: float(logs[name][0]) for name in METRICS}

    return run


def _tensorflow_runner(model: Any, batches: Batches) -> Callable[[], dict[str, float]]:
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
    import numpy as np
    import tensorflow as tf

    # What a first step would create is created here, or else TensorFlow traces it again.
    model.optimizer.build(model.trainable_variables)
    label, answer = np.zeros(1, np.int32), np.full((1, 10), 0.1, np.float32)
    model.compute_loss(None, label, answer)
    model.compute_metrics(None, label, answer)

    def train_step(step: Any, steps: Any) -> tuple[Any, Any]:
        images, labels = tf.numpy_function(batches.__getitem__, [step], (tf.float32, tf.int32))
        images = tf.ensure_shape(images, (None, *batches.X.shape[1:]))
        model.train_step((images, tf.ensure_shape(labels, (None,))))
        return step + 1, steps

    def train(steps: Any) -> None:
        tf.while_loop(tf.less, train_step, [tf.constant(0), steps], parallel_iterations=1)

    train_epoch = tf.function(train, autograph=False)

    def run() -> dict[str, float]:
        model.reset_metrics()
        train_epoch(tf.constant(len(batches)))
        means = model.get_metrics_result()
        return {name: float(means[name]) for name in METRICS}

    return run
