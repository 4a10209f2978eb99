"""Limits of control groups, in the files of either version."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite.records.cgroup import GroupMemory, cpu_quota, memory_groups

UNLIMITED_V1 = 9_223_372_036_854_771_712


def plant(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def groups(root: Path, text: str) -> list[GroupMemory]:
    (root / "own").write_text(text)
    return memory_groups(root, root / "own")


def test_a_container_sees_its_own_limit_at_the_top(tmp_path):
    plant(tmp_path, memory__max=1000, memory__current=700,
          memory__stat="anon 500\ninactive_file 150\nactive_file 50")  # fmt: skip
    assert groups(tmp_path, "0::/\n") == [GroupMemory(1000, 550)]


def test_every_group_above_binds_and_unlimited_ones_do_not(tmp_path):
    plant(tmp_path / "batch", memory__max=900, memory__current=10, memory__stat="inactive_file 0")
    plant(tmp_path / "batch" / "step", memory__max="max", memory__current=10, memory__stat="")
    plant(tmp_path / "batch" / "step" / "task", memory__max=400, memory__current=10,
          memory__stat="inactive_file 20")  # fmt: skip
    found = groups(tmp_path, "0::/batch/step/task\n")
    assert found == [GroupMemory(900, 10), GroupMemory(400, 0)]


def test_version_1_has_other_names_and_a_path_from_outside(tmp_path):
    plant(tmp_path / "memory", memory__limit_in_bytes=800, memory__usage_in_bytes=300,
          memory__stat="inactive_file 1\ntotal_inactive_file 100")  # fmt: skip
    text = "5:cpu,cpuacct:/docker/0123\n4:memory:/docker/0123\n0::/\n"
    assert groups(tmp_path, text) == [GroupMemory(800, 200)]
    plant(tmp_path / "memory", memory__limit_in_bytes=UNLIMITED_V1)
    assert groups(tmp_path, text) == [GroupMemory(UNLIMITED_V1, 200)]


def test_a_system_without_control_groups(tmp_path):
    assert memory_groups(tmp_path, tmp_path / "absent") == []


@pytest.mark.parametrize("limit", [2**62, 2**20])
def test_what_the_machine_has_is_bounded_by_the_groups(limit, monkeypatch):
    import psutil

    from suite.records import machine

    monkeypatch.setattr(machine, "memory_groups", lambda: [GroupMemory(limit, 2**10)])
    assert machine.total_memory() == min(limit, psutil.virtual_memory().total)
    assert 0 < machine.free_memory() <= limit - 2**10


@pytest.mark.parametrize(
    ("files", "own", "quota"),
    [
        ({"": {"cpu__max": "150000 100000"}}, "0::/\n", 1.5),
        ({"": {"cpu__max": "max 100000"}}, "0::/\n", None),
        # The least of all groups above counts.
        ({"a": {"cpu__max": "50000 100000"}, "a/b": {"cpu__max": "max 100000"}}, "0::/a/b\n", 0.5),
        ({"cpu": {"cpu__cfs_quota_us": 200000, "cpu__cfs_period_us": 100000}},
         "5:cpu,cpuacct:/docker/0123\n0::/\n", 2.0),
        ({"cpu": {"cpu__cfs_quota_us": -1, "cpu__cfs_period_us": 100000}}, "5:cpu:/\n", None),
        ({"": {"cpu__max": "nonsense"}}, "0::/\n", None),
        ({}, "0::/\n", None),
    ],
)  # fmt: skip
def test_quota_of_processors(tmp_path, files, own, quota):
    for folder, content in files.items():
        plant(tmp_path / folder, **content)
    (tmp_path / "own").write_text(own)
    assert cpu_quota(tmp_path, tmp_path / "own") == quota
