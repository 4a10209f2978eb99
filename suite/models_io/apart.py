"""Reads a saved model and classifies images in a process of its own.

Native parsers were not made for hostile files: what crashes, hangs or eats memory there becomes an
error here.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import psutil

from suite.data.views import to_view
from suite.errors import ModelError, UsageError
from suite.models_io.files import read
from suite.models_io.keras_file import backend_for
from suite.models_io.saved import REQUIRES, SavedModel
from suite.parents import die_with_parent
from suite.records.machine import total_memory
from suite.registry import install_command, missing_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT_SECONDS = 300.0
MEMORY_SHARE = 0.8
POLL_SECONDS = 0.2
REFUSED = 3  # exit status of the process when it told why
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from suite.models_io.apart import serve; serve(*sys.argv[2:])"
)


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a model says of images.

    Attributes:
        classes: Class of each image: uint8, (n,).
        probabilities: Of each class: float32, (n, 10); None where the model has none.
    """

    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float32] | None


def classify(path: Path, saved: SavedModel, images: NDArray[np.uint8]) -> Answers:
    """Classify images with a saved model.

    Args:
        path: The model file.
        saved: Its description, of `read_saved`.
        images: uint8, (n, 28, 28), light on dark.

    Raises:
        ModelError: The file can't be read, or holds what may not be loaded.
        UsageError: A library that it needs is not installed.
    """
    missing = missing_of(REQUIRES[saved.format])
    if missing:
        raise UsageError(f"{path}: its library is not installed: {install_command(missing)}")
    command = [sys.executable, "-c", _START, json.dumps(sys.path), str(path), saved.format,
               saved.view, "probabilities" if saved.probabilities else "classes",
               str(os.getpid())]  # fmt: skip
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    environment |= dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
    )
    if saved.format == "keras":
        environment["KERAS_BACKEND"] = backend_for(saved.environment.backend)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answer:
        np.save(given, images, allow_pickle=False)
        given.seek(0)
        status = _run(command, environment, given, answer, path)
        answer.seek(0)
        output = answer.read()
    if status == REFUSED:
        raise ModelError(output.decode("utf-8", "replace"))
    if status:
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        raise ModelError(f"{path}: the process that read it ended with {how}; it is damaged")
    return _answers(output, len(images), path)


def _run(
    command: list[str], environment: dict[str, str], given: IO[bytes], answer: IO[bytes], path: Path
) -> int:
    """Exit status of the process, which is ended at its limits."""
    started = time.monotonic()
    largest = MEMORY_SHARE * total_memory()
    process = psutil.Popen(
        command, env=environment, stdin=given, stdout=answer, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            with suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
                return int(process.wait(POLL_SECONDS))
            if time.monotonic() - started > LIMIT_SECONDS:
                raise ModelError(f"{path}: not read within {LIMIT_SECONDS:g} s; it is damaged")
            with suppress(psutil.NoSuchProcess):
                if process.memory_info().rss > largest:
                    raise ModelError(f"{path}: needs more than {largest / 2**30:.1f} GiB to read")
    finally:
        with suppress(psutil.NoSuchProcess):
            process.kill()
        process.wait()


def _answers(output: bytes, count: int, path: Path) -> Answers:
    """What the process answered; a library that a crafted file confused may have said anything."""
    try:
        with np.load(io.BytesIO(output), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        classes = arrays["classes"]
        probabilities = arrays.get("probabilities")
    except Exception as error:
        raise ModelError(f"{path}: the process that read it gave no answer") from error
    if classes.shape != (count,) or classes.dtype.kind not in "iu":
        raise ModelError(f"{path}: predicts no class for each image")
    if count and not 0 <= classes.min() <= classes.max() <= 9:
        raise ModelError(f"{path}: predicts other classes than 0 to 9")
    if probabilities is not None:
        sums = np.asarray(probabilities, np.float64).sum(axis=-1)
        fine = probabilities.shape == (count, 10) and np.isfinite(probabilities).all()
        if not fine or probabilities.min(initial=0) < 0 or np.abs(sums - 1).max(initial=0) > 1e-3:
            raise ModelError(f"{path}: gives no probabilities of 10 classes")
        probabilities = probabilities.astype(np.float32)
    return Answers(classes=classes.astype(np.uint8), probabilities=probabilities)


def serve(path: str, format_: str, view: str, wanted: str, parent: str) -> None:
    """The life of the process: images from standard input, answers to standard output.

    Args:
        path: The model file.
        format_: Its format.
        view: What the model sees of an image.
        wanted: "probabilities", or "classes" alone.
        parent: Process ID of the parent, which holds the limits: this process ends with it.
    """
    die_with_parent(int(parent))
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no part of the answer
    images = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    try:
        model = read(Path(path), format_)
        arrays = _predicted(model, to_view(images, view), wanted == "probabilities", Path(path))
    except ModelError as error:
        answer.write(str(error).encode())
        answer.close()
        os._exit(REFUSED)
    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    answer.write(packed.getvalue())
    answer.close()
    os._exit(0)  # native libraries may hold up an orderly exit


def _predicted(
    model: object, X: NDArray[np.float32], wanted: bool, path: Path
) -> dict[str, NDArray[np.generic]]:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    try:
        arrays = {"classes": np.asarray(model.predict(X))}  # type: ignore[attr-defined]
        if wanted:
            arrays["probabilities"] = np.asarray(model.predict_proba(X))  # type: ignore[attr-defined]
    except Exception as error:  # attributes of a crafted file may not fit together
        raise ModelError(
            f"{path.name}: read, but can't predict ({type(error).__name__}); it is damaged"
        ) from error
    return arrays
