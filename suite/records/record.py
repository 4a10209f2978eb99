"""The record of a run: raw facts, from which every score is derived.

Schema history (`docs/records.md` says how another version would come):
    1: the first. `origin`, `model_bytes`, the limits, `multiply_adds`, `other_cpu_seconds` and, in
        the environment, `processor_model`, `cpu_quota`, `calibration` and `sandbox` came later;
        records without them have the digests that they always had.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from suite.identity import canonical_json

SCHEMA: Literal[1] = 1
CONFIDENCE_SCALE = 65_535
# Variant of all predictions that the suite did not make, and the folder that they lie below.
UNVERIFIED = "unverified"
LONGEST_SOURCE = 500
DEFAULT_BACKEND = "tensorflow"
DEFAULT_PRECISION = "float32"

Status = Literal["ok", "failed", "timeout", "out_of_memory", "invalid"]
# Beyond these no figure is one, and sums and squares of figures would leave what a float holds.
LARGEST_FIGURE = 1e100
LARGEST_NUMBER = 2**53
NotNegative = Annotated[float, Field(ge=0, le=LARGEST_FIGURE)]
Natural = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
Figure = Annotated[float | int, Field(ge=-LARGEST_FIGURE, le=LARGEST_FIGURE)]
# Far beyond what the suite writes: no text of a record fills a page or a disk.
Text = Annotated[str, Field(max_length=1_000)]
LongText = Annotated[str, Field(max_length=100_000)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
# Names that become parts of a path: no separator, no leading dot.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.]*$", max_length=100)]
# A preset's name; a run on fewer training images has their number behind it: "standard-n600".
PresetName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.]*(-n[1-9][0-9]{0,8})?$", max_length=100)
]


class Part(BaseModel):
    """Base of all that is read from disk: immutable, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RunError(Part):
    """Why a run gave no result; each text is cut to a few kB.

    Attributes:
        type: The exception's class, or what happened ("killed by signal 9").
        message: What it said.
        traceback: The end of the traceback and of what the run printed.
    """

    type: Text
    message: LongText
    traceback: LongText = ""


class DatasetFacts(Part):
    """Which data a run saw: the set's name and the SHA-256 of each decompressed IDX file."""

    name: Name
    sums: dict[str, Sha256]


class Count(Part):
    """How many numbers the fitted model needs, and how many of them are trained, if fewer."""

    total: Natural
    trainable: Natural | None = None


class Calibration(Part):
    """How fast one core of a machine is: medians of five short measurements before a sweep.

    Attributes:
        matrix_product_gflops: Rate of a product of two 1,024 x 1,024 matrices in float32, in 1e9
            operations a second.
        memory_copy_gib_per_second: Rate of a copy through memory, in GiB read a second.
    """

    matrix_product_gflops: NotNegative
    memory_copy_gib_per_second: NotNegative


class Environment(Part):
    """The machine and the software of a run.

    Attributes:
        processor: The processor's name as the system gives it.
        processor_model: What tells processors of one name apart, such as "AuthenticAMD family 25
            model 17 stepping 1" or, on ARM, "implementer 0x41 part 0xd0c".
        cores: Cores that the suite may use.
        cpu_quota: Processors' worth of time that control groups allow, where that is limited.
        memory_mib: Physical memory.
        system: Operating system and its version.
        python: Version of Python.
        packages: Versions of the packages that matter to the run, by distribution name: those that
            the model requires among them.
        calibration: How fast one of its cores was just before the sweep.
        sandbox: What held the run off the machine's files and network, such as "landlock 7,
            seccomp", or "none: " and why; None in records from before there was one.
        backend: The Keras backend, for models that use Keras.
        device: "cpu", or the accelerator's name.
        precision: Data type of the arithmetic, such as "float32".
        git_commit: Commit of the suite's checkout, where there is one.
        git_dirty: Whether that checkout had changes that were not committed.
    """

    processor: Text
    processor_model: Text | None = None
    cores: Natural
    cpu_quota: NotNegative | None = None
    memory_mib: Natural
    system: Text
    python: Text
    packages: dict[Text, Text]
    calibration: Calibration | None = None
    sandbox: Text | None = None
    backend: Text | None = None
    device: Text = "cpu"
    precision: Text = "float32"
    git_commit: Text | None = None
    git_dirty: bool | None = None


class Origin(Part):
    """Where predictions come from that the suite did not make: nothing in them is verified.

    Attributes:
        source: Address, or words, by which a reader finds who made them and how.
        file: Name of the file that they were in.
    """

    source: Annotated[str, Field(min_length=1, max_length=LONGEST_SOURCE)]
    file: Annotated[str, Field(min_length=1, max_length=255)]


class Record(Part):
    """One run: what was asked, what happened, what it took.

    Attributes:
        schema_version: Version of this format ("schema" in the file).
        model: The plugin's name.
        variant: "" for the defaults, a variant's name, or the hash of the parameters.
        parameters: The parameters as resolved, before the preset's limits.
        preset_changes: The parameters that the preset changed, with the values that were used.
        source_hash: SHA-256 of the plugin's file and its helpers, comments and docstrings apart;
            of the imported file, where there is an origin.
        dataset: The data.
        protocol: How the data were divided.
        preset: How much of a full training was done; with "-n" and a number behind it, on so many
            training images, with the epochs and parameters of the preset named first.
        split_hash: SHA-256 of the index arrays of all parts of the split.
        train_images: How many images the model was fitted on.
        seed: The base seed.
        fold: Which fold was scored, from 0, under `kfold`.
        threads: Threads that the run was allowed.
        engine: The library that trained, where the model got that far.
        status: What came of it.
        error: Why there is no result, unless `status` is "ok".
        fit_wall_seconds: Wall time of `fit`.
        fit_cpu_seconds: Processor time of `fit`, child processes included; like the wall time, read
            outside the process that runs the plugin.
        predict_wall_seconds: Wall time of `predict` on all test images, after a warm-up batch.
        other_cpu_seconds: Processor time besides `fit`, from before the plugin is imported until it
            has predicted all that is asked: test and validation images, and probabilities.
        peak_memory_mib: Highest sampled private memory (USS) of the process tree less its value at
            the start.
        parameter_count: Numbers that the fitted model needs to predict.
        model_bytes: Size of the fitted model, uncompressed: its pickle without code; of a Keras
            network the weights alone. None where it can't be pickled.
        multiply_adds: Multiplications with an addition that a network needs for one image.
        time_limit_seconds: Wall time after which the run would have been ended.
        memory_limit_mib: Memory of its processes (PSS) beyond which it would have been ended.
        history: A row an epoch: {"epoch": 1, "loss": 0.5, ...}. `cpu_seconds` is the processor time
            from the start of `fit` to the end of the epoch.
        log_loss: Mean negative log likelihood on the test images (nats), where the model gives
            probabilities.
        arrays_sha256: Sum of the arrays that lie beside the record.
        environment: Machine and software.
        origin: Where predictions come from that the suite did not make; then the variant is
            "unverified", and protocol, preset and seed are what their maker says.
        started_at: ISO 8601, UTC; of the import, where there is an origin.
        digest: SHA-256 of the canonical JSON of all other fields.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    model: Name
    variant: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.]*)?$", max_length=100)] = ""
    parameters: dict[str, Any]
    preset_changes: dict[str, Any] = {}
    source_hash: Sha256
    dataset: DatasetFacts
    protocol: Name
    preset: PresetName
    split_hash: Sha256
    train_images: Natural
    seed: Natural
    fold: Natural | None = None
    threads: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    engine: Text | None = None
    status: Status
    error: RunError | None = None
    fit_wall_seconds: NotNegative | None = None
    fit_cpu_seconds: NotNegative | None = None
    predict_wall_seconds: NotNegative | None = None
    peak_memory_mib: NotNegative | None = None
    parameter_count: Count | None = None
    model_bytes: Natural | None = None
    multiply_adds: Natural | None = None
    other_cpu_seconds: NotNegative | None = None
    time_limit_seconds: NotNegative | None = None
    memory_limit_mib: NotNegative | None = None
    history: tuple[dict[str, Figure], ...] | None = None
    log_loss: NotNegative | None = None
    arrays_sha256: Sha256 | None = None
    environment: Environment
    origin: Origin | None = None
    started_at: Text
    digest: Sha256

    @model_validator(mode="after")
    def _origin_shows(self) -> Self:
        if self.origin is not None and self.variant != UNVERIFIED:
            raise ValueError(f"a record with an origin has the variant {UNVERIFIED!r}")
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """What joins the parameters in the run's identity because it is not the default."""
        given = {
            "threads": (self.threads, 1),
            "backend": (self.environment.backend or DEFAULT_BACKEND, DEFAULT_BACKEND),
            "precision": (self.environment.precision, DEFAULT_PRECISION),
        }
        return {name: value for name, (value, default) in given.items() if value != default}

    @property
    def key(self) -> RunKey:
        """Where the record belongs."""
        return RunKey(
            dataset=self.dataset.name,
            protocol=self.protocol,
            preset=self.preset,
            model=self.model,
            variant=self.variant,
            seed=self.seed,
            fold=self.fold,
            unverified=self.origin is not None,
        )

    def to_json(self) -> str:
        """The text of the file: readable, a field a line, nothing that is absent."""
        content = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


@dataclass(frozen=True, kw_only=True, order=True)
class RunKey:
    """What tells one run from another, and so where its record lies."""

    dataset: str
    protocol: str
    preset: str
    model: str
    variant: str
    seed: int
    fold: int | None = None
    unverified: bool = False

    @property
    def entry(self) -> str:
        """Name of the record's folder: the model and, behind two hyphens, its variant or hash."""
        return f"{self.model}--{self.variant}" if self.variant else self.model

    @property
    def stem(self) -> str:
        """Path of the record below the results folder, without a suffix.

        Predictions that the suite did not make lie a folder deeper, out of sight unless asked for.
        """
        above = f"{UNVERIFIED}/" if self.unverified else ""
        fold = "" if self.fold is None else f"-fold-{self.fold}"
        table = f"{self.protocol}-{self.preset}"
        return f"{above}{self.dataset}/{table}/{self.entry}/seed-{self.seed}{fold}"


def model_of(entry: str) -> str:
    """The model that a record's folder (`RunKey.entry`) belongs to."""
    return entry.partition("--")[0]


def digest_of(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a record's content without its `digest`."""
    rest = {name: value for name, value in content.items() if name != "digest"}
    return hashlib.sha256(canonical_json(rest).encode()).hexdigest()


def make_record(**content: Any) -> Record:
    """A record from its fields, with its digest; absent is what is None.

    Args:
        content: The fields of `Record` but for `schema_version` and `digest`.

    Raises:
        pydantic.ValidationError: A field is missing or wrong.
    """
    draft = Record.model_construct(**content, digest="")
    dumped = draft.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
    return Record.model_validate_json(json.dumps({**dumped, "digest": digest_of(dumped)}))
