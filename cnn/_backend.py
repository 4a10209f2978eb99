"""The Keras backend of this process: which one it is, its threads, and how it is fed.

All that depends on the backend is here; models and training know Keras only.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from suite.contract import Images, Labels

BACKENDS = ("tensorflow", "jax", "torch")
# One call of TensorFlow's training function does this many steps. Machine Learning Mastery's
# baseline, 6,000 images in batches of 32: 3.2 s of processor time an epoch with 1, 2.5 s with 4
# and with 16, 2.5 s with 32 (one core of a 2-core Intel Xeon, Sapphire Rapids, TensorFlow 2.21).
STEPS_PER_CALL = 16


def load_keras() -> Any:
    """Import Keras with `KERAS_BACKEND`, or else the first of `BACKENDS` that is installed.

    Returns:
        The module `keras`.
    """
    # TensorFlow tells of its build and of oneDNN on each start; warnings and errors remain.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
    if "keras" not in sys.modules and not os.environ.get("KERAS_BACKEND"):
        installed = (name for name in BACKENDS if find_spec(name) is not None)
        os.environ["KERAS_BACKEND"] = next(installed, BACKENDS[0])
    import keras

    return keras


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
        get = getattr(config.threading, f"get_{kind}_parallelism_threads")
        try:
            getattr(config.threading, f"set_{kind}_parallelism_threads")(threads)
        except RuntimeError as error:
            # 0 stands for all cores. Fewer threads than allowed are no breach.
            if not 1 <= get() <= threads:
                raise RuntimeError(
                    f"TensorFlow runs in this process with {get() or 'all'} threads "
                    f"({kind}), expected at most {threads}. Build the model in a new process."
                ) from error


def compile_options() -> dict[str, Any]:
    """What `Model.compile` should be told on this backend.

    XLA makes TensorFlow's training on the CPU 2 to 4 times slower (2-core AMD EPYC), so it is
    left to GPUs. Several steps a call are TensorFlow's: JAX would unroll them when it compiles,
    and PyTorch does not have them.
    """
    if load_keras().backend.backend() != "tensorflow":
        return {"jit_compile": "auto"}
    from tensorflow import config

    on_gpu = bool(config.list_physical_devices("GPU"))
    return {"jit_compile": "auto" if on_gpu else False, "steps_per_execution": STEPS_PER_CALL}


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

    def for_keras(self) -> Any:
        """The batches as `Model.fit` takes them on this backend, best with `shuffle=False`."""
        keras = load_keras()
        if keras.backend.backend() == "tensorflow":
            return _tensorflow_dataset(self)

        class Sequence(keras.utils.PyDataset):  # type: ignore[misc, name-defined]
            def __len__(_) -> int:
                return len(self)

            def __getitem__(_, step: int) -> Any:
                return self[step]

        return Sequence(workers=0)


def _tensorflow_dataset(batches: Batches) -> Any:
    """A `tf.data.Dataset` over the batches: an epoch each time it is iterated.

    Its autotuning is switched off. That thread sleeps 10, 20, 40 ms and so on, and the end of an
    epoch waits until it wakes up: epochs of 2.5 s of processor time then last 2.6, 5.1 or 10.2 s.
    Keras's own path for arrays and for `PyDataset` has it on (TensorFlow 2.21).

    Images are gathered by NumPy from the caller's array. `tf.constant` would hold two copies (300
    MB for 48,000 images) and is no faster: 2.2 to 2.6 s an epoch either way (as `STEPS_PER_CALL`).
    """
    import tensorflow as tf

    shape = batches.X.shape[1:]

    def load(step: Any) -> Any:
        images, labels = tf.numpy_function(batches.__getitem__, [step], (tf.float32, tf.int32))
        return tf.ensure_shape(images, (None, *shape)), tf.ensure_shape(labels, (None,))

    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    return tf.data.Dataset.range(len(batches)).map(load).with_options(options)
