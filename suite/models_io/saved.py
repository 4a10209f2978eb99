"""What is said of a saved model in the JSON file beside it, and where both lie.

A model keeps the path of its record below the folder of saved models (`RunKey.stem`): the model in
its library's own format, and `.json` beside it. The JSON is written last: a model counts from then.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from suite.data.known import info_of
from suite.errors import ModelError, place_of
from suite.records.record import (
    DatasetFacts,
    Environment,
    Name,
    Part,
    PresetName,
    Record,
    Sha256,
)
from suite.records.store import Store

Format = Literal["keras", "skops", "xgboost", "lightgbm"]
SUFFIXES: dict[str, str] = {
    "keras": ".keras",
    "skops": ".skops",
    "xgboost": ".ubj",
    "lightgbm": ".txt",
}
# Import names that reading and writing a format takes.
REQUIRES: dict[str, tuple[str, ...]] = {
    "keras": ("keras", "tensorflow|jax|torch"),
    "skops": ("skops", "sklearn"),
    "xgboost": ("xgboost",),
    "lightgbm": ("lightgbm",),
}
# k nearest neighbours keeps all training images: 60,000 of 784 float32 are 188 MB.
LARGEST_FILE = 2 * 2**30
LARGEST_DESCRIPTION = 2**20

# Names are printed: no control characters, which a terminal would obey.
ClassName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]+$", max_length=60)]


class SavedModel(Part):
    """What a saved model is.

    Attributes:
        schema_version: Version of this description ("schema" in the file).
        format: The format of the model file, which its suffix tells too.
        model: The plugin's name.
        variant: "" for the defaults, a variant's name, or the hash of the parameters.
        parameters: The parameters as used.
        dataset: What it learned from.
        classes: What the labels 0 to 9 stand for.
        view: "flat" for float32 (n, 784), "image" for (n, 28, 28, 1), values in [0, 1].
        probabilities: Whether the run's model offered probabilities.
        protocol: How the data were divided.
        preset: How much of a full training was done, as in the record.
        seed: The base seed.
        fold: Which fold was scored, from 0, under `kfold`.
        engine: The library that trained.
        record_digest: Digest of the run's record.
        file_sha256: Sum of the model file.
        environment: Machine and software of the run.
    """

    schema_version: Literal[1] = Field(default=1, alias="schema")
    format: Format
    model: Name
    variant: str = ""
    parameters: dict[str, Any]
    dataset: DatasetFacts
    classes: Annotated[tuple[ClassName, ...], Field(min_length=10, max_length=10)]
    view: Literal["flat", "image"]
    probabilities: bool
    protocol: Name
    preset: PresetName
    seed: Annotated[int, Field(ge=0)]
    fold: Annotated[int, Field(ge=0)] | None = None
    engine: str | None = None
    record_digest: Sha256
    file_sha256: Sha256
    environment: Environment


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a run's process did about saving its model.

    Attributes:
        folder: Where it was to write.
        format: The format that it wrote; "" where it wrote nothing.
        view: The plugin's view.
        probabilities: Whether the model offered probabilities.
        reason: Why there is no model.
    """

    folder: Path
    format: str = ""
    view: str = ""
    probabilities: bool = False
    reason: str = ""


def keep(store: Store, record: Record, written: Written) -> Path:
    """Take what a run's process wrote into the folder of saved models.

    Nothing that the process said is part of a path: a format is one of `SUFFIXES`.

    Args:
        store: The folder of saved models. What lies in the model's place is kept aside.
        record: The run's record.
        written: What the process wrote.

    Returns:
        The path of the model file.

    Raises:
        ModelError: There is no model; the message says why.
        OSError: The disk refuses.
    """
    if written.reason or written.format not in SUFFIXES:
        raise ModelError(written.reason or f"unknown format {written.format!r}")
    suffix = SUFFIXES[written.format]
    file = written.folder / f"model{suffix}"
    try:
        described = SavedModel(
            format=written.format,  # type: ignore[arg-type]
            model=record.model,
            variant=record.variant,
            parameters={**record.parameters, **record.preset_changes},
            dataset=record.dataset,
            classes=info_of(record.dataset.name).class_names,
            view=written.view,  # type: ignore[arg-type]
            probabilities=written.probabilities,
            protocol=record.protocol,
            preset=record.preset,
            seed=record.seed,
            fold=record.fold,
            engine=record.engine,
            record_digest=record.digest,
            file_sha256=_synced_sum(file),
            environment=record.environment,
        )
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"what the run's process wrote can't be used: {reason}") from error
    text = described.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n"
    stem = record.key.stem
    store.replace(stem, [(file, suffix), (store.stage(text.encode()), ".json")])
    return store.folder / f"{stem}{suffix}"


def _synced_sum(file: Path) -> str:
    """SHA-256 of a file that is on the disk, rather than in its cache.

    Raises:
        OSError: It is no ordinary file or can't be read.
    """
    if not stat.S_ISREG(file.lstat().st_mode):
        raise OSError(f"{file.name} is no ordinary file")
    file.chmod(0o644)
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_saved(path: Path) -> SavedModel:
    """Read the description of a saved model, and check that the file is the one described.

    Args:
        path: The model file.

    Raises:
        ModelError: It is missing, too large, of another format than its suffix says, changed, or
            not described.
    """
    formats = {suffix: name for name, suffix in SUFFIXES.items()}
    if path.suffix not in formats:
        expected = ", ".join(formats)
        raise ModelError(f"{path}: expected a model saved by `run --save-models` ({expected})")
    beside = path.with_suffix(".json")
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ModelError(f"{path}: {size:,} bytes, expected at most {LARGEST_FILE:,}")
        with path.open("rb") as stream:
            file_sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror})") from error
    saved = _described(beside)
    if saved.format != formats[path.suffix]:
        raise ModelError(f"{path}: {beside.name} describes a model in the format {saved.format}")
    if saved.file_sha256 != file_sha256:
        raise ModelError(
            f"{path}: changed or cut short after it was saved: it does not have the sum that "
            f"{beside.name} names"
        )
    return saved


def _described(beside: Path) -> SavedModel:
    try:
        with beside.open("rb") as stream:
            content = stream.read(LARGEST_DESCRIPTION + 1)
        if len(content) > LARGEST_DESCRIPTION:
            raise ModelError(f"{beside}: expected at most {LARGEST_DESCRIPTION:,} bytes")
        return SavedModel.model_validate_json(content)
    except OSError as error:
        raise ModelError(
            f"{beside}: can't be read ({error.strerror}); a saved model needs its description "
            "beside it"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = place_of(first["loc"])
        raise ModelError(
            f"{beside}: not the description of a saved model: {place}: {first['msg']}"
        ) from error
