"""Keras's own format. A file is checked against a list of layers before Keras sees it.

`safe_mode` alone is not enough: it has been circumvented more than once by a configuration that
names a function instead of a layer (CVE-2025-1550, CVE-2025-8747), and weights could be made to
name other files of the reader's disk. Both are refused here, whichever version of Keras reads.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.errors import ModelError, printable
from suite.models_io.archives import check_archive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEMBERS = r"metadata\.json|config\.json|model\.weights\.h5"
LARGEST_CONFIG = 4 * 2**20
MOST_ITEMS = 10_000  # groups and arrays of weights
LAYERS = frozenset({
    "Sequential", "Functional", "InputLayer", "Conv2D", "DepthwiseConv2D", "SeparableConv2D",
    "Conv2DTranspose", "MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D",
    "GlobalAveragePooling2D", "Flatten", "Reshape", "Permute", "Dense", "Dropout",
    "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "BatchNormalization",
    "LayerNormalization", "GroupNormalization", "UnitNormalization", "Activation", "ReLU",
    "LeakyReLU", "PReLU", "ELU", "Softmax", "ZeroPadding2D", "Cropping2D", "UpSampling2D",
    "Rescaling", "Resizing", "Normalization", "Add", "Average", "Maximum", "Multiply",
    "Concatenate",
})  # fmt: skip
OTHERS = frozenset({
    "DTypePolicy", "Zeros", "Ones", "Constant", "GlorotUniform", "GlorotNormal", "HeUniform",
    "HeNormal", "LecunUniform", "LecunNormal", "RandomNormal", "RandomUniform", "TruncatedNormal",
    "VarianceScaling", "Orthogonal", "Identity", "L1", "L2", "L1L2", "MaxNorm", "NonNeg",
    "UnitNorm",
})  # fmt: skip
# As Keras 3 names the places of its classes in files.
MODULES = frozenset({
    "keras", "keras.layers", "keras.models", "keras.initializers", "keras.regularizers",
    "keras.constraints", "keras.dtype_policies", "keras.src.models.functional",
    "keras.src.models.sequential",
})  # fmt: skip
TENSORS = frozenset({"__keras_tensor__"})
# Predictions are made on batches of one size, the last one filled up: as in training, to the bit.
BATCH = 500


def write_keras(model: Any, path: Path) -> None:
    """Write a Keras model without its optimiser.

    Args:
        model: A Sequential or functional model.
        path: The file, ending in `.keras`.
    """
    plain = type(model).from_config(model.get_config())
    plain.set_weights(model.get_weights())
    plain.save(path)


class KerasModel:
    """A model read from a `.keras` file."""

    def __init__(self, path: Path) -> None:
        """Check and load it.

        Args:
            path: The file.

        Raises:
            ModelError: The file is broken, or holds what is not on the lists.
        """
        check_archive(path, MEMBERS, required="model.weights.h5")
        _check_config(path)
        _check_weights(path)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras

        self.model = keras.saving.load_model(path, compile=False, safe_mode=True)
        if not isinstance(self.model, keras.Model) or self.model.output_shape != (None, 10):
            raise ModelError(f"{path.name}: no network that gives 10 probabilities")
        if keras.backend.backend() == "tensorflow":
            self.model.jit_compile = False

    def predict(self, X: NDArray[np.float32]) -> NDArray[np.integer[Any]]:
        """The most probable class of each image: integers, (n,)."""
        classes: NDArray[np.integer[Any]] = self.predict_proba(X).argmax(axis=1)
        return classes

    def predict_proba(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of each class: float32, (n, 10)."""
        import numpy as np

        answers = [np.empty((0, 10), np.float32)]
        for start in range(0, len(X), BATCH):
            batch = X[start : start + BATCH]
            filled = np.zeros((BATCH, *X.shape[1:]), np.float32)
            filled[: len(batch)] = batch
            answer = np.asarray(self.model.predict_on_batch(filled), np.float32)
            answers.append(answer[: len(batch)])
        return np.concatenate(answers)


def backend_for(saved: str | None) -> str:
    """The Keras backend to read a model with: the environment's, the model's own, or any.

    Args:
        saved: The backend that trained it.
    """
    names = (os.environ.get("KERAS_BACKEND"), saved, "tensorflow", "jax", "torch")
    known = (name for name in names if name in ("tensorflow", "jax", "torch"))
    return next((name for name in known if find_spec(name) is not None), "tensorflow")


def _check_config(path: Path) -> None:
    """Refuse a configuration with anything but the layers and settings of the lists."""
    with zipfile.ZipFile(path) as archive:
        if archive.getinfo("config.json").file_size > LARGEST_CONFIG:
            raise ModelError(f"{path.name}: config.json has more than {LARGEST_CONFIG:,} bytes")
        try:
            waiting = [json.loads(archive.read("config.json"))]
        except (ValueError, RecursionError, zipfile.BadZipFile, KeyError) as error:
            raise ModelError(f"{path.name}: config.json can't be read ({error})") from error
    if not isinstance(waiting[0], dict) or waiting[0].get("class_name") not in LAYERS:
        raise ModelError(f"{path.name}: config.json describes no network")
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            _check_class(part, path)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _check_class(part: dict[str, Any], path: Path) -> None:
    if "class_name" not in part:
        # A function is told by its module, its name or both.
        if part.get("module") is not None or part.get("registered_name") is not None:
            raise ModelError(f"{path.name}: names a module without a class")
        return
    name, module = part["class_name"], part.get("module")
    if isinstance(name, str) and name in TENSORS and module is None:
        return
    listed = isinstance(name, str) and name in LAYERS | OTHERS
    ours = module in MODULES if isinstance(module, str) else False
    if not listed or not ours or part.get("registered_name") not in (None, name):
        shown = printable(".".join(str(text)[:60] for text in (module, name) if text is not None))
        raise ModelError(f"{path.name}: {shown} is not among the layers that may be loaded")


def _check_weights(path: Path) -> None:
    """Refuse weights that refer to other files, or claim to be larger than the file."""
    import h5py

    with zipfile.ZipFile(path) as archive:
        content = archive.read("model.weights.h5")
    left, count = len(content), 0
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            waiting: list[Any] = [file]
            while waiting:
                group = waiting.pop()
                for name in group:
                    count += 1
                    if count > MOST_ITEMS:
                        raise ModelError(f"{path.name}: more than {MOST_ITEMS:,} weights")
                    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                        raise ModelError(f"{path.name}: its weights refer to other places")
                    item = group[name]
                    if isinstance(item, h5py.Group):
                        waiting.append(item)
                        continue
                    left -= _bytes_of(item, path)
                    if left < 0:
                        raise ModelError(f"{path.name}: its weights claim more than there is")
    except ModelError:
        raise
    except Exception as error:  # whatever broken bytes make the decoder raise
        raise ModelError(f"{path.name}: its weights can't be read ({error})") from error


def _bytes_of(item: Any, path: Path) -> int:
    import h5py

    plain = (
        isinstance(item, h5py.Dataset)
        and item.external is None
        and not item.is_virtual
        and item.chunks is None
        and item.dtype.kind in "fiubV"
    )
    if not plain:
        raise ModelError(f"{path.name}: its weights are no plain arrays of numbers")
    return int(item.nbytes)
