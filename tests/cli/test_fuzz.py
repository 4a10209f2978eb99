"""Whatever is typed, `run --dry-run` plans it or refuses it in a line or two, at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from suite.cli import app
from suite.errors import SuiteError
from tests.fuzzing import JUNK, check_told, fuzzed, quick

TYPED = (
    st.text(max_size=12)
    | JUNK.map(lambda junk: str(junk)[:200])
    | st.sampled_from(["", ",", "-1", "0", "1e9", "9" * 400])
)
MODELS = st.sampled_from([
    "dummy", "svm", "svm[C=[1,2]]", "svm[C=none]", "svm[C=1e308]", "dummy[strategy=(1,2)]",
    "machine_learning_mastery/same_padding", "mlp[hidden_layer_sizes=none]", "cmasch",
    f"mlp[hidden_layer_sizes=({'9' * 300},9)]", f"random_forest[n_estimators={'9' * 390}]",
    f"cmasch[epochs={'9' * 390}]", "knn[n_neighbors=0]", "decision_tree[max_depth=()]",
    "gradient_boosting[n_estimators=-5]", "xgboost[n_estimators=1e308]", "sgd[epochs=1]",
])  # fmt: skip
OPTIONS = {
    "--models": MODELS | TYPED,
    "--seeds": st.sampled_from(["1", "3", "0,1", "4294967295,"]) | TYPED,
    "--train-sizes": st.sampled_from(["600", "300,60000", "1"]) | TYPED,
    "--preset": st.sampled_from(["smoke", "quick", "paper", "smoke-n600", "standard-n"]) | TYPED,
    "--protocol": st.sampled_from(["holdout", "full", "kfold"]) | TYPED,
    "--family": st.sampled_from(["classic", "cnn", "classic,cnn"]) | TYPED,
    "--timeout": st.sampled_from(["2h", "9" * 300]) | TYPED,
    "--memory": st.sampled_from(["8GB", "9" * 290 + "TB"]) | TYPED,
    "--precision": st.sampled_from(["float32", "bfloat16"]) | TYPED,
    "--scheduler": st.sampled_from(["tcp://10.0.0.1:8786", "tcp://[::", "inproc://", "x://y:z"])
    | TYPED,
    "--jobs": st.sampled_from(["1", "999999999999999999999"]) | TYPED,
    "--threads": st.sampled_from(["1", "0"]) | TYPED,
    "--data-dir": st.sampled_from([".", "~nobody-of-this-name", "x" * 300]) | TYPED,
    "--results": st.sampled_from(["none", "~nobody-of-this-name", "x" * 300]) | TYPED,
    "--save-models": st.sampled_from(["models", "results", "x" * 300]) | TYPED,
    "--config": st.sampled_from([".", "none.toml", "x" * 300, "/dev/null"]) | TYPED,
    "--datasets": TYPED,
}
GIVEN = st.lists(
    st.sampled_from(sorted(OPTIONS)).flatmap(
        lambda name: st.tuples(st.just(name), OPTIONS[name])
    ), max_size=4, unique_by=lambda pair: pair[0],
)  # fmt: skip


@fuzzed(cost=3)
@given(given=GIVEN)
@example(
    given=[("--models", f"svm[C=[{','.join(map(str, range(1, 10_001)))}]]"), ("--seeds", "10000")]
)
def test_whatever_is_typed_is_planned_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[tuple[str, str]]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["run", "--dry-run", "--datasets", "digits", "--preset", "smoke"]
    # As a system can pass it: without null, and in UTF-8.
    words += [f"{name}={text.replace(chr(0), '').encode('utf-8', 'replace').decode()}"
              for name, text in given]  # fmt: skip
    with quick(30):
        done = CliRunner().invoke(app, words)
    if isinstance(done.exception, SuiteError):
        check_told(done.exception)
        return
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code in (0, 2), done.output
    assert not list(tmp_path.iterdir())  # a dry run leaves nothing
