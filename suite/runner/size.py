"""How large a fitted model is: what it takes to keep it."""

from __future__ import annotations

import pickle
import sys
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


def _is_network(obj: object) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(obj, keras.Model)


def _weight_bytes(weight: Any) -> int:
    return int(sys.modules["keras"].ops.convert_to_numpy(weight.value).nbytes)
