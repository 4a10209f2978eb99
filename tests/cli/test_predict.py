"""`suite run --save-models` and `suite predict` as a user meets them."""

from __future__ import annotations

import json
import pickle
import re
import shutil

import numpy as np
import pytest

from suite.data.datasets import load

Image = pytest.importorskip("PIL.Image")
RUN = ("run", "--datasets", "digits", "--preset", "smoke", "--save-models", "models")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Models as `run` saves them; made by the first test that needs them."""
    return tmp_path_factory.mktemp("cli") / "models"


@pytest.fixture
def trained(suite, tmp_path, models):
    if not models.exists():
        names = "svm,knn,machine_learning_mastery[epochs=4]"
        done = suite("run", "--datasets", "digits", "--preset", "quick", "--seeds", 1,
                     "--models", names, "--save-models", models)  # fmt: skip
        assert done.returncode == 0, done
        assert "3 models saved below" in done.stdout
    table = models / "digits/holdout-quick"
    found = {path.parent.name.partition("--")[0]: path for path in table.rglob("seed-0.*")
             if path.suffix != ".json"}  # fmt: skip
    assert set(found) == {"svm", "knn", "machine_learning_mastery"}
    return found


@pytest.fixture
def pictures(tmp_path):
    """Six test images as PNG, and their labels."""
    digits = load("digits")
    labels = [int(label) for label in digits.labels("test")[:6]]
    for number, pixels in enumerate(np.asarray(digits.images("test")[:6])):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    return [f"{number}.png" for number in range(6)], labels


@pytest.mark.parametrize("model", ["svm", "machine_learning_mastery"])
def test_exported_test_images_are_classified(suite, trained, pictures, model):
    names, labels = pictures
    done = suite("predict", trained[model], *names, "--json")
    assert done.returncode == 0, done
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["model"]["model"] == model
    assert [image["class"] for image in told["images"]] == labels
    assert [image["name"] for image in told["images"]] == [str(label) for label in labels]
    assert [image["image"] for image in told["images"]] == names
    assert all(image["notes"] == [] for image in told["images"])
    if model == "svm":
        assert not any("probabilities" in image for image in told["images"])
    else:
        for image in told["images"]:
            assert sum(image["probabilities"].values()) == pytest.approx(1, abs=1e-3)
            assert max(image["probabilities"], key=image["probabilities"].get) == image["name"]


@pytest.mark.parametrize("columns", ["30", "50", "80", "200"])
def test_the_table_fits_the_terminal(suite, trained, pictures, columns):
    names, labels = pictures
    done = suite("predict", trained["knn"], *names, env={"COLUMNS": columns})
    assert done.returncode == 0, done
    assert all(len(line) <= int(columns) for line in done.stdout.splitlines())
    for name, label in zip(names, labels, strict=True):
        assert re.search(rf"^{name} +{label} +(60|80|100)\.0\b", done.stdout, re.MULTILINE)


def test_a_model_without_probabilities_says_so_and_changes_are_told(suite, trained, tmp_path):
    digits = load("digits")
    Image.fromarray(255 - np.asarray(digits.images("test"))[0]).save(tmp_path / "w.png")
    done = suite("predict", trained["svm"], "w.png")
    assert done.returncode == 0, done
    assert re.search(rf"^w\.png +{digits.labels('test')[0]}\b", done.stdout, re.MULTILINE)
    assert "this model gives no probabilities" in done.stdout
    assert "w.png: inverted: its background is light" in done.stdout
    assert "svm, trained on Digits (scikit-learn) (holdout, quick, seed 0)" in done.stdout


def refusal(done):
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2
    return done.stderr


def test_what_is_no_image_is_refused_before_the_model_is_read(suite, trained, pictures, tmp_path):
    (tmp_path / "text.png").write_text("hello")
    told = refusal(suite("predict", trained["svm"], pictures[0][0], "text.png"))
    assert "text.png: no PNG or JPEG picture" in told
    assert "no.png: can't be read" in refusal(suite("predict", trained["svm"], "no.png"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("model.pkl", "expected a model saved by"),
        ("model.skops", "changed or cut short"),
        ("gone.skops", "can't be read"),
    ],
)
def test_what_is_no_saved_model_is_refused(suite, trained, pictures, tmp_path, name, told):
    if name != "gone.skops":
        (tmp_path / name).write_bytes(pickle.dumps(print))
        shutil.copy(trained["svm"].with_suffix(".json"), tmp_path / "model.json")
    assert told in refusal(suite("predict", name, pictures[0][0]))


def test_usage(suite, trained):
    assert suite("predict").returncode == 2
    assert suite("predict", trained["svm"]).returncode == 2
    assert suite("predict", trained["svm"], "a.png", "--top", 0).returncode == 2


def test_a_model_that_can_not_be_saved_is_told_and_the_run_is_ok(suite, tmp_path, fakes):
    done = suite(*RUN, "--models", fakes / "fine.py")
    assert done.returncode == 0, done
    assert re.search(r"fine +digits seed 0 +ok", done.stdout)
    assert "model not saved: Model is of none of the libraries whose models" in done.stdout
    assert not list((tmp_path / "models").rglob("*.json"))


def test_recorded_runs_without_a_model_are_told(suite, tmp_path):
    assert suite(*RUN[:-2], "--models", "dummy").returncode == 0
    done = suite(*RUN, "--models", "dummy")
    assert "1 of the recorded runs have no model in models; --force runs them" in done.stdout
    done = suite(*RUN, "--models", "dummy", "--force")
    assert "1 model saved below models" in done.stdout
    assert "no model in" not in suite(*RUN, "--models", "dummy").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--save-models", "a-file"), "a-file is a file"),
        (("--save-models", "results"), "models need their own"),
        (("--save-models", "m", "--scheduler", "tcp://127.0.0.1:1"), "not with --scheduler"),
    ],
)
def test_a_folder_that_can_not_be_is_refused_before_any_run(suite, tmp_path, arguments, told):
    (tmp_path / "a-file").write_text("")
    done = suite("run", "--datasets", "digits", "--models", "dummy", *arguments)
    assert done.returncode == 2, done
    assert told in done.stderr
    assert not list(tmp_path.rglob("seed-0.*"))


@pytest.mark.real_data
def test_exported_test_images_of_fashion_mnist_are_classified(suite, tmp_path):
    done = suite("run", "--datasets", "fashion", "--preset", "quick", "--seeds", 1,
                 "--models", "svm,machine_learning_mastery/default", "--save-models", "m",
                 env={"SUITE_CACHE_DIR": str(tmp_path / "cache")})  # fmt: skip
    assert done.returncode == 0, done
    fashion = load("fashion")
    # The first of each class that is easy to tell: trousers, sandals, bags and ankle boots.
    labels = np.asarray(fashion.labels("test"))
    chosen = {int(label): int(np.flatnonzero(labels == label)[0]) for label in (1, 5, 8, 9)}
    for label, index in chosen.items():
        Image.fromarray(np.asarray(fashion.images("test"))[index]).save(tmp_path / f"{label}.png")
    models = [path for path in (tmp_path / "m").rglob("seed-0.*") if path.suffix != ".json"]
    assert len(models) == 2
    for model in models:
        told = json.loads(suite("predict", model, *(f"{n}.png" for n in chosen), "--json").stdout)
        assert [image["class"] for image in told["images"]] == list(chosen)
        assert told["images"][0]["name"] == "Trouser"
