from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suite.data.known import DATASETS
from suite.records.arrays import RunArrays
from suite.records.record import DatasetFacts, Environment, make_record
from suite.records.store import StoredRun

MakeRun = Callable[..., StoredRun]


@pytest.fixture
def run() -> MakeRun:
    """Makes a stored run out of predictions (None: without arrays) and changes to its record."""

    def make(
        predictions: np.ndarray | None, confidence: np.ndarray | None = None, **changes: Any
    ) -> StoredRun:
        content: dict[str, Any] = {
            "model": "svm",
            "parameters": {},
            "source_hash": "a" * 64,
            "dataset": DatasetFacts(name="digits", sums=DATASETS["digits"].sums),
            "protocol": "holdout",
            "preset": "standard",
            "split_hash": "b" * 64,
            "train_images": 1_150,
            "seed": 0,
            "threads": 1,
            "status": "ok",
            "environment": Environment(
                processor="any", cores=1, memory_mib=1, system="any", python="3", packages={}
            ),
            "started_at": "2026-05-01T12:00:00Z",
        } | changes
        arrays = None
        if predictions is not None:
            arrays = RunArrays(predictions=predictions.astype("u1"), confidence=confidence)
        record = make_record(**content)
        return StoredRun(record, arrays, Path(f"{record.key.stem}.json"))

    return make


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
