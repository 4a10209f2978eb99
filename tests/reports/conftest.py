"""Synthetic records: what a sweep of the suite could have left, without training anything."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from reports.page import to_html
from reports.rows import Description
from reports.shell import Shell
from reports.tables import build_tables
from suite.data.known import DATASETS
from suite.records.arrays import RunArrays
from suite.records.record import Count, DatasetFacts, Environment, Record, make_record
from suite.records.store import StoredRun
from suite.stats.scoring import Scored

MakeRecord = Callable[..., Record]
MakeScored = Callable[..., Scored]
Visit = Callable[[Page, Path], list[str]]
Open = Callable[..., tuple[Page, list[str]]]
Axe = Callable[[Page], list[tuple[str, list[str]]]]

# name|variant|title|family|parameters|fashion|mnist|processor seconds|µs an image|MiB
MODELS = """
cmasch||Four convolutions (cmasch)|cnn|441000|0.934|0.9951|640.0|310.0|890
convnet||ConvNet with batch normalisation|cnn|1204362|0.929|0.9942|980.0|420.0|1210
machine_learning_mastery||Learning Mastery CNN|cnn|542230|0.913|0.9908|121.0|95.0|640
machine_learning_mastery|same_padding|Learning Mastery CNN|cnn|702230|0.9142|0.9911|148.0|104.0|690
lenet5||LeNet-5|cnn|61706|0.8985|0.9894|180.0|60.0|410
xgboost||XGBoost|classic|187440|0.9046|0.979|212.0|14.0|530
xgboost|anktplwl91|XGBoost|classic|402113|0.9085|0.9802|700.0|31.0|560
lightgbm||LightGBM|classic|121000|0.9061|0.9783|98.0|18.0|410
hist_gradient_boosting||Histogram gradient boosting|classic|155010|0.9012|0.977|160.0|22.0|480
svm||Support vectors, RBF kernel|classic|18412004|0.9002|0.9837|35.5|390.0|820
svm|3f2a9c01de|Support vectors, RBF kernel|classic|22000117|0.8871|0.976|61.2|512.0|910
random_forest||Random forest|classic|9340218|0.8772|0.9692|61.0|24.0|1430
extra_trees||Extremely randomised trees|classic|12002200|0.8755|0.9705|48.0|27.0|1620
mlp||Multilayer perceptron|classic|109386|0.8834|0.9771|88.0|9.1|230
knn||k nearest neighbours|classic|47100000|0.8554|0.9688|0.0312|1830.0|388
logistic_regression||Logistic regression|classic|7850|0.8412|0.9256|25.0|0.81|190
decision_tree||Decision tree|classic|13204|0.7901|0.8789|31.4|0.42|160
dummy||Most frequent class|classic|1|0.1|0.1135|0.0008|0.01|0.0
"""


def models() -> list[list[str]]:
    return [line.split("|") for line in MODELS.split("\n") if line]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_fake_record(**changes: Any) -> Record:
    """A record of a run that went well, but for what `changes` says."""
    dataset = changes.pop("dataset", "fashion")
    environment: dict[str, Any] = {
        "processor": "AMD EPYC 9B14",
        "cores": 2,
        "memory_mib": 24_000,
        "system": "Linux 6.1.0",
        "python": "3.11.9",
        "packages": {"numpy": "2.3.1"},
        "git_commit": _sha("commit")[:40],
        "git_dirty": False,
    } | changes.pop("environment", {})
    sums = dict(DATASETS[dataset].sums) if dataset in DATASETS else {"made-up": _sha(dataset)}
    content: dict[str, Any] = {
        "model": "svm",
        "variant": "",
        "parameters": {"C": 10.0, "kernel": "rbf"},
        "preset_changes": {},
        "source_hash": _sha("source"),
        "dataset": DatasetFacts(name=dataset, sums=sums),
        "protocol": "holdout",
        "preset": "standard",
        "split_hash": _sha("split"),
        "train_images": 48_000,
        "seed": 0,
        "fold": None,
        "threads": 1,
        "engine": "sklearn",
        "status": "ok",
        "fit_wall_seconds": 4.0,
        "fit_cpu_seconds": 3.5,
        "predict_wall_seconds": 0.5,
        "peak_memory_mib": 120.0,
        "parameter_count": Count(total=7_850),
        "environment": Environment(**environment),
        "started_at": "2026-05-01T12:00:00Z",
    } | changes
    return make_record(**content)


@pytest.fixture(scope="session")
def record() -> MakeRecord:
    return make_fake_record


@pytest.fixture(scope="session")
def scored() -> MakeScored:
    """Makes a scored run out of an accuracy (None: it failed) and what differs in its record."""

    def make(accuracy: float | None, images: int = 10_000, **changes: Any) -> Scored:
        if accuracy is None:
            changes.setdefault("status", "failed")
            changes.setdefault("error", {"type": "ValueError", "message": "no convergence"})
            return Scored(make_fake_record(**changes), None, 0)
        return Scored(make_fake_record(**changes), accuracy, images)

    return make


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., StoredRun]:
    """Makes a stored run out of predictions (None: without arrays) and changes to its record."""

    def make(
        predictions: np.ndarray | None, confidence: np.ndarray | None = None, **changes: Any
    ) -> StoredRun:
        arrays = None
        if predictions is not None:
            arrays = RunArrays(predictions=predictions.astype("u1"), confidence=confidence)
        made = make_fake_record(**changes)
        return StoredRun(made, arrays, tmp_path / f"{made.key.stem}.json")

    return make


@pytest.fixture(scope="session")
def sweep(scored: MakeScored) -> list[Scored]:
    """Eighteen models on two datasets with three seeds each, some of which failed."""
    noise = random.Random(7)
    runs = []
    for name, variant, _, family, *numbers in models():
        count, fashion, mnist, seconds, micros, memory = map(float, numbers)
        for dataset, centre in (("fashion", fashion), ("mnist", mnist)):
            for seed in range(3):
                value = round(min(0.999, centre + noise.gauss(0, 0.0012)), 4)
                cnn = {"epochs": 20, "batch_size": 64}
                changes: dict[str, Any] = {
                    "model": name, "variant": variant, "dataset": dataset, "seed": seed,
                    "preset": "quick", "train_images": 6_000,
                    "fit_cpu_seconds": seconds * noise.uniform(0.95, 1.05),
                    "fit_wall_seconds": seconds * noise.uniform(1.0, 1.1),
                    "predict_wall_seconds": micros / 100, "peak_memory_mib": memory,
                    "parameter_count": Count(total=int(count)),
                    "parameters": cnn if family == "cnn" else {"C": 10.0},
                    "preset_changes": {"epochs": 3} if family == "cnn" else {},
                    "engine": "keras" if family == "cnn" else "sklearn",
                }  # fmt: skip
                if name == "lightgbm":
                    changes["environment"] = {"processor": "Intel Xeon Platinum 8481C"}
                result: float | None = value
                if (name, dataset, seed) == ("random_forest", "fashion", 2):
                    changes |= {
                        "status": "timeout",
                        "error": {
                            "type": "timeout",
                            "message": "still running after 600 s; its processes were ended",
                        },
                    }
                    result = None
                if name == "extra_trees":
                    changes |= {
                        "status": "out_of_memory",
                        "error": {
                            "type": "out of memory",
                            "message": "the run held 8.1 GiB, its limit was 8 GiB",
                            "traceback": "Traceback:\n  File …\nMemoryError",
                        },
                    }
                    result = None
                if name == "knn" and dataset == "mnist":
                    continue
                runs.append(scored(result, **changes))
    return runs


@pytest.fixture(scope="session")
def descriptions() -> dict[tuple[str, str], Description]:
    labels = {("svm", "3f2a9c01de"): "svm[C=1,kernel=poly]"}
    return {
        (name, variant): Description(
            title=title,
            family=family,
            label=labels.get((name, variant), f"{name}/{variant}" if variant else name),
        )
        for name, variant, title, family, *_ in models()
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing = "no chromium on the PATH; on Debian: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visit() -> Visit:
    """Opens a file; what it says on its console, fails at or fetches besides itself is listed."""

    def open_file(page: Page, file: Path) -> list[str]:
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: trouble.append(request.url))
        page.goto(file.as_uri())
        assert trouble.pop(0) == file.as_uri()
        return trouble

    return open_file


@pytest.fixture
def open_page(
    browser: Browser,
    visit: Visit,
    tmp_path: Path,
    descriptions: Mapping[tuple[str, str], Description],
) -> Iterator[Open]:
    """Opens the front page of some runs; also gives what went wrong or was fetched besides."""
    contexts = []

    def opened(runs: list[Scored], **options: Any) -> tuple[Page, list[str]]:
        file = tmp_path / "index.html"
        tables = build_tables(runs, descriptions, tuple(DATASETS))
        titles = {name: info.title for name, info in DATASETS.items()}
        damaged, sources = options.pop("damaged", ()), options.pop("sources", {})
        text = to_html(tables, damaged, Shell(titles, "1.0"), sources=sources)
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        return page, visit(page, file)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    """Examines a page with axe-core in both themes: which rules it breaks, and where."""
    from axe_playwright_python.sync_playwright import Axe as Examiner

    def examine(page: Page) -> list[tuple[str, list[str]]]:
        found = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for broken in Examiner().run(page).response["violations"]:
                nodes = [str(node["target"]) for node in broken["nodes"]]
                found.append((f"{broken['id']}, {scheme}", nodes))
        return found

    return examine


@pytest.fixture
def two_tables(sweep: list[Scored], scored: MakeScored) -> list[Scored]:
    """The sweep, and one model under another protocol on one dataset."""
    return [*sweep, scored(0.9, model="svm", protocol="kfold", preset="quick", fold=0)]
