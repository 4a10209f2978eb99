"""How large a fitted model is: what it takes to keep it, and to ask it."""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any


class _Counter:
    """A file that keeps nothing but its length."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.bytes += size
        return size


class _Pickler(pickle.Pickler):
    """Counts what pickling a model would write; nobody can read it back."""

    def __init__(self) -> None:
        self.counter = _Counter()
        super().__init__(self.counter, protocol=5)

    def reducer_override(self, obj: Any) -> Any:
        # Code is no part of the fitted model. That of a plugin can't be pickled besides.
        if isinstance(obj, FunctionType | type) and obj is not str:
            return str, (obj.__qualname__,)
        if _is_network(obj):
            # Pickled as a whole it has its optimiser's state in it.
            self.counter.bytes += sum(_weight_bytes(weight) for weight in obj.weights)
            return str, (type(obj).__qualname__,)
        return NotImplemented


def model_bytes(model: object) -> int | None:
    """Bytes that a fitted model takes when it is written down as it is, uncompressed.

    That is its pickle (protocol 5) without code; of a Keras network the weights alone.

    Args:
        model: The fitted model.

    Returns:
        The size; None for a model that can't be pickled.
    """
    pickler = _Pickler()
    try:
        pickler.dump(model)
    except BaseException:  # a plugin's own reduction may raise SystemExit or worse
        return None
    return pickler.counter.bytes


def multiply_adds(model: object) -> int | None:
    """Multiplications with an addition that a network takes to predict one image.

    Those of its kernels (dense layers and convolutions of all kinds) alone: each number of a kernel
    is used once for each position of the layer's output.

    Args:
        model: The fitted model: a Keras network, or an object with one in `model`. An object that
            runs it several times for an image says so in an attribute `views`.

    Returns:
        The number; None for a model that is no such network.
    """
    network: Any = model if _is_network(model) else getattr(model, "model", None)
    if not _is_network(network):
        return None
    try:
        views = getattr(model, "views", 1)
        return int(views) * _of_one_pass(network)
    except BaseException:  # a plugin's own layers may raise SystemExit or worse
        return None


def _of_one_pass(network: Any) -> int:
    """Counts while one black image goes through the network, layer by layer."""
    counts: list[int] = []
    watched = []
    for layer in network._flatten_layers(include_self=False):
        # A layer that is made of others has their weights, too.
        kernels = [w for w in layer.weights if w.name in _KERNELS and not layer._layers]
        if kernels:
            numbers = sum(math.prod(weight.shape) for weight in kernels)
            object.__setattr__(layer, "call", _counting(layer.call, numbers, counts))
            watched.append(layer)
    try:
        network(sys.modules["keras"].ops.zeros((1, *network.input_shape[1:])), training=False)
    finally:
        for layer in watched:
            object.__delattr__(layer, "call")
    return sum(counts)


_KERNELS = {"kernel", "depthwise_kernel", "pointwise_kernel"}


def _counting(call: Callable[..., Any], numbers: int, counts: list[int]) -> Callable[..., Any]:
    def counted(*arguments: Any, **options: Any) -> Any:
        answer = call(*arguments, **options)
        counts.append(numbers * math.prod(answer.shape[1:-1]))
        return answer

    return counted


def _is_network(obj: object) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(obj, keras.Model)


def _weight_bytes(weight: Any) -> int:
    return int(sys.modules["keras"].ops.convert_to_numpy(weight.value).nbytes)
