"""RBF SVC: fit and predict with scikit-learn's own classes, and as the suite's `svm` does them.

    python -m benchmarks.svc_speed --datasets fashion --images 60000 --threads 2

Each side is a process of its own, held to as many threads. scikit-learn's takes minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

from benchmarks.table import about, show
from suite.runner.confine import limit_threads, pin, thread_environment

C, GAMMA = 10.0, "scale"


@dataclass(frozen=True)
class Timing:
    """One side: which library, seconds, and accuracy on the test images."""

    engine: str
    fit_seconds: float
    predict_seconds: float
    accuracy: float

    @property
    def seconds(self) -> float:
        """Fit and predict."""
        return self.fit_seconds + self.predict_seconds


def main() -> None:
    """Time both sides on each dataset and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", default="fashion", help="fashion, mnist, digits")
    parser.add_argument("--images", type=int, default=60_000, help="training images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--side", choices=["stock", "suite"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        timing = time_here(options.side, options.datasets, options.images, options.threads)
        sys.stdout.write(json.dumps(asdict(timing)))
        return
    rows = []
    for dataset in options.datasets.split(","):
        sides = [
            time_apart(side, dataset, options.images, options.threads)
            for side in ("stock", "suite")
        ]
        rows += [row_of(dataset, options.images, side, sides[0]) for side in sides]
    columns = ["dataset", "images", "engine", "fit s", "predict s", "both s", "accuracy", "faster"]
    title = f"SVC(C={C:g}, kernel='rbf', gamma='{GAMMA}'), {options.threads} threads, n = 1"
    sys.stdout.write(about(title) + show(columns, rows))


def row_of(dataset: str, images: int, side: Timing, stock: Timing) -> list[str]:
    """A line of the table."""
    return [
        dataset,
        f"{images:,}",
        side.engine,
        f"{side.fit_seconds:.1f}",
        f"{side.predict_seconds:.1f}",
        f"{side.seconds:.1f}",
        f"{side.accuracy:.4f}",
        f"{stock.seconds / side.seconds:.1f} ×",
    ]


def time_apart(side: str, dataset: str, images: int, threads: int) -> Timing:
    """One side in a process of its own, whose libraries load with the limit of threads."""
    command = [sys.executable, "-m", "benchmarks.svc_speed", "--side", side]
    command += ["--datasets", dataset, "--images", str(images), "--threads", str(threads)]
    environment = {**os.environ, **thread_environment(threads)}
    done = subprocess.run(  # noqa: S603
        command, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return Timing(**json.loads(done.stdout))


def time_here(side: str, dataset: str, images: int, threads: int) -> Timing:
    """One side in this process."""
    from suite.data.datasets import load
    from suite.data.views import to_view
    from suite.records.machine import usable_cores

    data = load(dataset)
    X, y = to_view(data.images("train")[:images], "flat"), data.labels("train")[:images]
    X_test, y_test = to_view(data.images("test"), "flat"), data.labels("test")
    pin(tuple(usable_cores()[:threads]))
    model, engine = make_model(side, threads)
    limit_threads(threads)
    started = perf_counter()
    model.fit(X, y)
    fitted = perf_counter()
    accuracy = float((model.predict(X_test) == y_test).mean())
    return Timing(engine, fitted - started, perf_counter() - fitted, accuracy)


def make_model(side: str, threads: int) -> tuple[Any, str]:
    """The classifier, and what trains it."""
    if side == "stock":
        from sklearn.svm import SVC

        return SVC(C=C, gamma=GAMMA), "scikit-learn"
    from baselines.svm import PLUGIN

    model = PLUGIN.build(seed=0, threads=threads, **{**PLUGIN.params, "C": C, "gamma": GAMMA})
    return model, f"suite ({model.engine})"


if __name__ == "__main__":
    main()
