"""The Keras backend of this process: which one it is, its threads, device and precision.

What depends on the backend is here and in `_epochs`; models and training know Keras only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

BACKENDS = ("tensorflow", "jax", "torch")


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


def device() -> str:
    """What models of this process run on: "cpu", or "gpu: " and the name of the card."""
    keras = load_keras()
    name = keras.backend.backend()
    if name == "tensorflow":
        from tensorflow import config

        cards = config.list_physical_devices("GPU")
        details = config.experimental.get_device_details(cards[0]) if cards else {}
        return f"gpu: {details.get('device_name', 'unknown')}" if cards else "cpu"
    if name == "jax":
        import jax

        first = jax.devices()[0]
        return "cpu" if first.platform == "cpu" else f"{first.platform}: {first.device_kind}"
    import torch

    kind = str(keras.ops.zeros(()).device.type)
    return f"gpu: {torch.cuda.get_device_name()}" if kind == "cuda" else kind


def precision() -> str:
    """Data type that layers made from now on compute with, by Keras's policy ("bfloat16")."""
    return str(load_keras().config.dtype_policy().compute_dtype)


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Have the layers that are made meanwhile compute with a data type; weights are float32.

    Args:
        precision: "float32" or "bfloat16".
    """
    config = load_keras().config
    before = config.dtype_policy()
    config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    try:
        yield
    finally:
        config.set_dtype_policy(before)


def answer_in_float32(network: Any) -> None:
    """Have a network compute its last layer with weights, and all that follow, in float32.

    In bfloat16, with 8 significant bits, probabilities add up to 1 only within 0.003, and two
    classes often get the same one.

    Args:
        network: A model whose layers stand in their order.
    """
    for layer in reversed(network.layers):
        layer.dtype_policy = "float32"
        if layer.weights:
            break
