"""The description beside a saved model."""

from __future__ import annotations

import json
import shutil

import pytest

import suite
from suite.errors import ModelError, UsageError
from suite.models_io.saved import SUFFIXES, read_saved
from suite.records.store import read


def sweep(folder, model="nearest_centroid", **options):
    options = {"results": folder / "results", "save_models": folder / "models", **options}
    return list(suite.run("digits", model, preset="smoke", progress=False, **options))


def test_a_model_lies_where_its_record_does_with_what_it_is_beside(tmp_path):
    (record,) = sweep(tmp_path)
    stem = tmp_path / "models" / record.key.stem
    described = read_saved(stem.with_name("seed-0.skops"))
    assert described.record_digest == record.digest
    assert described.dataset == record.dataset
    assert described.classes == tuple("0123456789")
    assert (described.view, described.probabilities) == ("flat", False)
    assert described.environment.packages["scikit-learn"]
    listed = {path.name for path in (tmp_path / "models").rglob("*") if path.is_file()}
    assert listed == {".lock", "seed-0.json", "seed-0.skops"}


def test_parameters_are_those_that_were_used(tmp_path):
    (record,) = sweep(tmp_path, "xgboost/default")
    described = read_saved(tmp_path / "models" / f"{record.key.stem}.ubj")
    assert described.parameters["n_estimators"] == 5  # lowered by the preset
    assert described.parameters["max_depth"] == record.parameters["max_depth"]


def test_an_older_model_is_kept_aside_whatever_its_format(tmp_path):
    (record,) = sweep(tmp_path)
    place = tmp_path / "models" / record.key.stem
    place.with_name("seed-0.keras").write_text("of an older version")
    before = place.with_name("seed-0.skops").read_bytes()
    (again,) = sweep(tmp_path, force=True)
    aside = tmp_path / "models/superseded" / record.key.stem
    assert aside.with_name("seed-0.1.skops").read_bytes() == before
    assert aside.with_name("seed-0.1.keras").read_text() == "of an older version"
    assert json.loads(aside.with_name("seed-0.1.json").read_text())["record_digest"]
    assert (
        read_saved(place.with_name("seed-0.skops")).record_digest == again.digest != record.digest
    )


def test_a_fold_has_a_model_of_its_own(tmp_path):
    records = sweep(tmp_path, "dummy", protocol="kfold")
    for record in records:
        described = read_saved(tmp_path / "models" / f"{record.key.stem}.skops")
        assert described.fold == record.fold
    assert len(records) == 5


def test_a_disk_that_refuses_loses_no_record(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("suite.models_io.saved._synced_sum", full)
    (record,) = sweep(tmp_path)
    assert record.status == "ok"
    assert len(read(tmp_path / "results").runs) == 1
    assert not list((tmp_path / "models").rglob("*.skops"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"save_models": "results"}, "models need their own"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "not with --scheduler"),
    ],
)
def test_what_can_not_be_is_told_before_any_run(tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=told):
        sweep(tmp_path, **{"results": tmp_path / "results", **options})


def test_without_skops_the_command_that_installs_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("suite.saving.missing_of", lambda names: tuple(names))
    with pytest.raises(UsageError, match=r"pip install .*\[predict\]"):
        sweep(tmp_path)


def test_a_changed_or_missing_file_is_refused(saved, tmp_path):
    path = tmp_path / "m.skops"
    shutil.copy(saved["skops"], path)
    with pytest.raises(ModelError, match=r"m\.json: can't be read"):
        read_saved(path)
    shutil.copy(saved["skops"].with_suffix(".json"), path.with_suffix(".json"))
    read_saved(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="changed or cut short"):
        read_saved(path)
    path.unlink()
    with pytest.raises(ModelError, match=r"m\.skops: can't be read"):
        read_saved(path)


@pytest.mark.parametrize("suffix", [".pkl", ".joblib", ".h5", ".pt", ".json", ""])
def test_another_suffix_is_refused(plant, suffix):
    with pytest.raises(ModelError, match="expected a model saved by"):
        read_saved(plant("skops", b"", suffix or ".").with_suffix(suffix))


def test_a_suffix_has_to_be_that_of_the_format(plant, saved):
    path = plant("skops", saved["skops"].read_bytes(), ".keras")
    with pytest.raises(ModelError, match="describes a model in the format skops"):
        read_saved(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"classes": ["a"]}, "classes"),
        ({"classes": ["\x1b[31mred", *"123456789"]}, r"classes\.0"),
        ({"model": "../../svm"}, "model"),
        ({"view": "audio"}, "view"),
        ({"format": "pickle"}, "format"),
        ({"extra": 1}, "extra"),
        ({"schema": 2}, "schema"),
    ],
)
def test_a_description_that_is_none_is_refused(plant, saved, change, told):
    path = plant("skops", saved["skops"].read_bytes())
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | change))
    with pytest.raises(ModelError, match=told):
        read_saved(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"null", b" " * 2**21])
def test_a_broken_description_is_refused(plant, saved, content):
    path = plant("skops", saved["skops"].read_bytes())
    path.with_suffix(".json").write_bytes(content)
    with pytest.raises(ModelError):
        read_saved(path)


def test_a_file_too_large_is_refused(plant, saved, monkeypatch):
    monkeypatch.setattr("suite.models_io.saved.LARGEST_FILE", 1_000)
    with pytest.raises(ModelError, match="expected at most 1,000"):
        read_saved(plant("skops", saved["skops"].read_bytes()))


def test_every_format_has_its_suffix_alone():
    assert len(set(SUFFIXES.values())) == len(SUFFIXES)
    assert ".json" not in SUFFIXES.values()


def test_a_model_too_large_to_be_read_is_not_saved(tmp_path, monkeypatch):
    import numpy as np
    from sklearn.dummy import DummyClassifier

    from suite.models_io import files

    X, y = np.zeros((10, 784), np.float32), np.arange(10, dtype=np.uint8)
    model = DummyClassifier().fit(X, y)
    assert files.write_checked(model, tmp_path, X, np.zeros(10, np.uint8), None) == "skops"
    monkeypatch.setattr(files, "LARGEST_FILE", 1_000)
    with pytest.raises(ModelError, match="more than 1,000 bytes"):
        files.write_checked(model, tmp_path, X, np.zeros(10, np.uint8), None)
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_a_functional_network_is_saved(tmp_path):
    import keras
    import numpy as np

    from suite.models_io import files

    layers = keras.layers
    start = keras.Input((28, 28, 1))
    left = layers.Conv2D(2, 3, strides=4, activation="relu", kernel_regularizer="l2")(start)
    right = layers.Conv2D(2, 3, strides=4, kernel_initializer="he_normal")(start)
    joined = layers.Flatten()(layers.Add()([left, layers.LeakyReLU()(right)]))
    model = keras.Model(start, layers.Dense(10, activation="softmax")(joined))
    model.compile("adam", "sparse_categorical_crossentropy")
    X = np.random.default_rng(0).random((7, 28, 28, 1), np.float32)
    given = model.predict(X, verbose=0)
    assert (
        files.write_checked(model, tmp_path, X, given.argmax(1).astype(np.uint8), given) == "keras"
    )
    assert files.read(tmp_path / "model.keras", "keras").predict_proba(X) == pytest.approx(given)
