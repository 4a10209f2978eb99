"""What a run's process is told, and what it tells back.

Messages are JSON, and the result a NumPy archive without pickles: what comes out of a process that
ran a plugin is decoded as data, never as code.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from suite.records.archive import read_archive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Images = dict[str, NDArray[np.uint8]]

MOST_FACTS = 2**21  # bytes of JSON; a few bytes of a message unpack to far more
TEXT_LIMIT = 4_000  # characters of each text in a record's error

# Does a task in its process and returns the last message. It gets the task, the images "train" and
# "validation", which it takes out, the pipe for messages before that, and a list whose only item it
# keeps to what it is about, for errors.
Work = Callable[["Task", "Images", Connection, list[str]], bytes]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run, as its process sees it: no test labels, and under `kfold` none of the fold's.

    Attributes:
        plugin_path: The plugin's file.
        plugin_module: Its import name, where it belongs to a package.
        params: The parameters that `build` gets.
        seed: The seed that `build` gets.
        threads: Threads that the run may use.
        precision: Data type that Keras computes with.
        cores: Cores that it is pinned to; empty for no pinning.
        train_file: `.npy` of all training images.
        train: Indices of the images to fit, int32 (n,).
        train_labels: Their labels, uint8 (n,).
        validation: Indices of the validation images in the same file, int32 (m,); may be empty.
        validation_labels: Their labels, uint8 (m,); empty for a model that does not ask for them.
        test_file: `.npy` that the images to predict are in. The guard opens it once `fit` is over.
        test: Their indices, int32 (k,).
        limit_seconds: Time limit of the whole run.
        limit_bytes: Memory limit of the run's process tree.
        source_hash: `suite.source_hash` of the plugin as the record names it; None if none does.
        model_folder: An empty folder to write the fitted model to; None if it is not kept.
        closed: Files and folders that the run must not be able to read: labels, records.
        require_sandbox: Whether it may be begun only where the machine gives a sandbox.
        card: Whether it computes on a graphics card.
        work: What is done instead of a run; it has to be picklable.
    """

    plugin_path: Path
    plugin_module: str | None
    params: Mapping[str, Any]
    seed: int
    threads: int
    precision: str
    cores: tuple[int, ...]
    train_file: Path
    train: NDArray[np.int32]
    train_labels: NDArray[np.uint8]
    validation: NDArray[np.int32]
    validation_labels: NDArray[np.uint8]
    test_file: Path
    test: NDArray[np.int32]
    limit_seconds: float | None
    limit_bytes: int | None
    source_hash: str | None = None
    model_folder: Path | None = None
    closed: tuple[Path, ...] = ()
    require_sandbox: bool = False
    card: bool = False
    work: Work | None = None


def pack(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None) -> bytes:
    """A message: facts as JSON, and arrays where there are any.

    Args:
        facts: What JSON can hold, with a `kind`.
        arrays: Arrays by name.
    """
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
    np.savez(buffer, **{"facts": text, **(arrays or {})})  # type: ignore[arg-type]
    return buffer.getvalue()


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The facts and the arrays of a message.

    Raises:
        ValueError: The bytes are no message.
    """
    try:
        arrays = read_archive(message)
        text = arrays.pop("facts").tobytes()
        if len(text) > MOST_FACTS:
            raise ValueError(f"{len(text):,} bytes of facts")
        facts = _spelled(json.loads(text, parse_constant=_refuse))
        if not isinstance(facts.get("kind"), str):
            raise ValueError("a message without a kind")
    except Exception as error:  # whatever broken bytes make the decoders raise
        raise ValueError(f"not a message: {error!r}"[:TEXT_LIMIT]) from error
    return facts, arrays


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _spelled(value: Any) -> Any:
    """JSON in which half characters (surrogates) are spelled out: no file could hold them."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, dict):
        return {_spelled(name): _spelled(item) for name, item in value.items()}
    return value


def clip(text: str, limit: int = TEXT_LIMIT) -> str:
    """The end of a text, which tells most, with a sign that something was cut."""
    return text if len(text) <= limit else f"[…] {text[-limit:]}"
