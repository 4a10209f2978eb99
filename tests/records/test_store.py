"""The results folder: what is recorded stays, and what is damaged is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from suite.errors import StoreError
from suite.records import store as store_module
from suite.records.store import Damage, open_store, read, scan


def files(folder: Path) -> list[str]:
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    return sorted(str(p) for p in found if not p.parts[0].startswith("."))


def test_what_is_added_is_read_back(tmp_path, make_run):
    runs = [make_run(), make_run(seed=1, status="failed"), make_run(seed=0, fold=3)]
    with open_store(tmp_path / "r") as store:
        for record, arrays in runs:
            store.add(record, arrays)
    contents = read(tmp_path / "r")
    assert not contents.damaged
    assert {run.record.digest for run in contents.runs} == {record.digest for record, _ in runs}
    for run in contents.runs:
        assert (run.arrays is None) == (run.record.status != "ok")
        if run.arrays is not None:
            assert run.arrays.predictions.tolist() == list(range(10))


def test_a_folder_that_does_not_exist_is_empty(tmp_path):
    assert read(tmp_path / "nowhere").runs == ()


def test_reading_can_be_kept_to_a_dataset_and_a_table(tmp_path, make_run):
    with open_store(tmp_path) as store:
        for preset in ("smoke", "quick"):
            store.add(*make_run(preset=preset))
    assert len(read(tmp_path).runs) == 2
    assert len(read(tmp_path, "digits", "holdout-quick").runs) == 1
    assert len(read(tmp_path, "mnist").runs) == 0


def test_reading_can_be_kept_to_models_with_all_their_variants(tmp_path, make_run):
    with open_store(tmp_path) as store:
        for model, variant in (("svm", ""), ("svm", "best"), ("svm_2", ""), ("knn", "")):
            store.add(*make_run(model=model, variant=variant))
    found = [run.record.key.entry for run in scan(tmp_path, models={"svm"})]
    assert found == ["svm", "svm--best"]


def test_records_are_read_one_by_one(tmp_path, make_run):
    with open_store(tmp_path) as store:
        paths = [store.add(*make_run(seed=seed)) for seed in (0, 1)]
    found = scan(tmp_path)
    assert next(found).path == paths[0]
    damage_text(paths[1])
    assert isinstance(next(found), Damage)
    assert next(found, None) is None


def test_all_that_was_read_can_be_gone_through(tmp_path, make_run):
    with open_store(tmp_path) as store:
        paths = [store.add(*make_run(seed=seed)) for seed in (0, 1)]
    damage_text(paths[1])
    assert [one.path for one in read(tmp_path)] == [paths[1], paths[0]]


def test_arrays_lie_unpacked_and_packed_ones_of_older_records_are_read(tmp_path, make_run):
    with open_store(tmp_path) as store:
        archive = store.add(*make_run()).with_suffix(".npz")
    with zipfile.ZipFile(archive) as content:
        assert {part.compress_type for part in content.infolist()} == {zipfile.ZIP_STORED}
    (new,) = read(tmp_path)
    with np.load(archive) as stored:
        np.savez_compressed(archive, **stored)
    with zipfile.ZipFile(archive) as content:
        assert {part.compress_type for part in content.infolist()} == {zipfile.ZIP_DEFLATED}
    (old,) = read(tmp_path)
    assert old.record == new.record
    assert old.arrays.sha256() == new.arrays.sha256()


def test_a_replaced_record_is_kept_aside_every_time(tmp_path, make_run):
    with open_store(tmp_path) as store:
        for number in range(3):
            store.add(*make_run(train_images=number))
    assert [run.record.train_images for run in read(tmp_path).runs] == [2]
    stem = "digits/holdout-smoke/svm/seed-0"
    aside = [f"superseded/{stem}.{n}{s}" for n in (1, 2) for s in (".json", ".npz")]
    assert files(tmp_path) == sorted([f"{stem}.json", f"{stem}.npz", *aside])
    assert json.loads((tmp_path / aside[0]).read_text())["train_images"] == 0


def test_what_is_kept_aside_stays_with_its_arrays_though_a_run_had_none(tmp_path, make_run):
    with open_store(tmp_path) as store:
        for status in ("ok", "failed", "ok", "ok"):
            store.add(*make_run(status=status))
    aside = tmp_path / "superseded/digits/holdout-smoke/svm"
    assert sorted(path.name for path in aside.iterdir()) == [
        "seed-0.1.json", "seed-0.1.npz", "seed-0.2.json", "seed-0.3.json", "seed-0.3.npz"
    ]  # fmt: skip


def damage_text(path: Path) -> None:
    path.write_text(path.read_text()[:100])


def damage_field(path: Path) -> None:
    path.write_text(path.read_text().replace('"train_images": 100', '"train_images": 101'))


def damage_nan(path: Path) -> None:
    path.write_text(path.read_text().replace('"fit_wall_seconds": 0.1', '"fit_wall_seconds": NaN'))


def damage_nesting(path: Path) -> None:
    path.write_text("[" * 100_000)


def damage_bytes(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00" * 20)


def damage_arrays(path: Path) -> None:
    np.savez_compressed(path.with_suffix(".npz"), predictions=np.zeros(10, dtype=np.uint8))


def damage_prediction(path: Path) -> None:
    archive = path.with_suffix(".npz")
    predictions, changed = bytes(range(10)), bytes([9, *range(1, 10)])
    assert archive.read_bytes().count(predictions) == 1
    archive.write_bytes(archive.read_bytes().replace(predictions, changed))


def damage_prediction_and_its_check(path: Path) -> None:
    archive = path.with_suffix(".npz")
    with np.load(archive) as stored:
        arrays = dict(stored)
    arrays["predictions"][0] = 9
    np.savez(archive, **arrays)


def damage_archive(path: Path) -> None:
    archive = path.with_suffix(".npz")
    archive.write_bytes(archive.read_bytes()[:-30])


def damage_pickle(path: Path) -> None:
    np.savez(path.with_suffix(".npz"), predictions=np.array([{"a": 1}], dtype=object))


def remove_arrays(path: Path) -> None:
    path.with_suffix(".npz").unlink()


def move(path: Path) -> None:
    path.rename(path.with_name("seed-7.json"))


def become_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (damage_text, "not a valid record"),
        (damage_field, "digest"),
        (damage_nan, "fit_wall_seconds"),
        (damage_nesting, "not a valid record"),
        (damage_bytes, "not a valid record"),
        (damage_arrays, "arrays were changed"),
        (damage_prediction, "can't be read"),
        (damage_prediction_and_its_check, "arrays were changed"),
        (damage_archive, "can't be read"),
        (damage_pickle, "can't be read"),
        (remove_arrays, "missing"),
        (move, "wrong place"),
        (become_folder, "not a regular file"),
    ],
)
def test_a_damaged_record_is_told_with_its_path_and_not_counted(tmp_path, make_run, damage, reason):
    with open_store(tmp_path) as store:
        path = store.add(*make_run())
        store.add(*make_run(seed=1))
    damage(path)
    contents = read(tmp_path)
    assert [run.record.seed for run in contents.runs] == [1]
    assert len(contents.damaged) == 1
    assert contents.damaged[0].path.parent == path.parent
    assert reason in contents.damaged[0].reason


def test_a_damaged_record_is_kept_aside_when_its_run_is_done_again(tmp_path, make_run):
    with open_store(tmp_path) as store:
        path = store.add(*make_run())
        damage_text(path)
        store.add(*make_run())
    contents = read(tmp_path)
    assert (len(contents.runs), len(contents.damaged)) == (1, 0)
    assert (tmp_path / "superseded/digits/holdout-smoke/svm/seed-0.1.json").exists()


def test_one_writer_at_a_time_but_the_lock_goes_with_its_process(tmp_path):
    script = (
        "import sys; from pathlib import Path; from suite.records.store import open_store\n"
        "with open_store(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="another run"), open_store(tmp_path):
            pass
        other.kill()
        other.communicate()
    with open_store(tmp_path):
        pass


def test_a_file_in_the_folder_s_place_is_refused(tmp_path):
    path = tmp_path / "results"
    path.write_text("")
    with pytest.raises(StoreError, match="is a file"), open_store(path):
        pass
    with pytest.raises(StoreError, match="is a file"), open_store(path / "below"):
        pass
    with pytest.raises(StoreError, match="is a file"):
        read(path)


def test_a_folder_whose_name_is_too_long_is_refused(tmp_path):
    with pytest.raises(StoreError, match="File name too long, expected a results folder"):
        read(tmp_path / ("x" * 300))


def test_a_folder_that_can_t_be_written_is_refused_before_anything_is_run(tmp_path, monkeypatch):
    # Root may write anywhere, so the refusal of the disk is played by the call that makes files.
    def refuse(*args, **kwargs):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(store_module.tempfile, "TemporaryFile", refuse)
    with pytest.raises(StoreError, match="Permission denied; choose another"), open_store(tmp_path):
        pass


def test_a_full_disk_loses_nothing_that_is_recorded(tmp_path, make_run, monkeypatch):
    with open_store(tmp_path) as store:
        store.add(*make_run())
        before = read(tmp_path).runs[0].record

        def refuse(descriptor):
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(store_module.os, "fsync", refuse)
        with pytest.raises(StoreError, match="No space left on device; records written before"):
            store.add(*make_run(train_images=7))
        monkeypatch.undo()
        assert read(tmp_path).runs[0].record == before


def test_what_a_killed_writer_left_is_cleared(tmp_path, make_run):
    with open_store(tmp_path) as store:
        store.add(*make_run())
    (tmp_path / store_module.SCRATCH / "half").write_bytes(b"x")
    with open_store(tmp_path):
        assert not (tmp_path / store_module.SCRATCH / "half").exists()
    assert len(read(tmp_path).runs) == 1
