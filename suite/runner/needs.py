"""How much memory a run is expected to need: by what was recorded, or else by its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suite.protocol.splits import Split
from suite.records.record import Record
from suite.runner.memory import MIB

# Largest recorded memory in bytes, by the number of training images.
Peaks = Mapping[int, int]

IMAGE_BYTES = 28 * 28 * 4  # float32, in either view
# What a model needs besides its data, and how many times the data's size: above all that was
# measured of the suite's models (docs/performance/memory.md). Runs on JAX share no libraries.
CLASSIC = 100 * MIB, 3
TENSORFLOW = 350 * MIB, 1
OTHER_BACKENDS = 1_250 * MIB, 1


def recorded_peaks(records: Iterable[Record]) -> dict[tuple[str, str], dict[int, int]]:
    """The largest memory recorded, by model and variant, then by training images.

    Args:
        records: Of any datasets and seeds; runs that gave no result tell nothing.
    """
    peaks: dict[tuple[str, str], dict[int, int]] = {}
    for record in records:
        if record.peak_memory_mib is None:
            continue
        known = peaks.setdefault((record.model, record.variant), {})
        peak = int(record.peak_memory_mib * MIB)
        known[record.train_images] = max(known.get(record.train_images, 0), peak)
    return peaks


def expected_memory(split: Split, backend: str | None, peaks: Peaks) -> int:
    """Private memory in bytes that a run is expected to need at most.

    A peak at as many training images is taken as it is. One at fewer is scaled by the number of
    images, but for the part that any model of the kind needs. Without either, the data decide.

    Args:
        split: The images of the run.
        backend: The Keras backend, for models that use Keras.
        peaks: What its other runs needed.
    """
    fitted = len(split.train)
    if backend is None:
        base, times = CLASSIC
    else:
        base, times = TENSORFLOW if backend == "tensorflow" else OTHER_BACKENDS
    images = fitted + len(split.validation) + len(split.test)
    default = base + times * images * IMAGE_BYTES
    fewer = max((count for count in peaks if 0 < count <= fitted), default=None)
    if fewer is None:
        return default
    if fewer == fitted:
        return peaks[fewer]
    return max(default, base + max(peaks[fewer] - base, 0) * fitted // fewer)
