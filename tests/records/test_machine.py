"""What records say of the machine."""

from __future__ import annotations

from importlib import metadata

import pytest

from suite.records import machine

X86 = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC 9B14
stepping\t: 1

processor\t: 1
vendor_id\t: Another
"""
ARM = """processor\t: 0
BogoMIPS\t: 50.00
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: {part}
CPU revision\t: 1
"""
RISC_V = "processor\t: 0\nisa\t: rv64imafdc\nuarch\t: sifive,u74-mc\nmvendorid\t: 0x489\n"
POWER = "processor\t: 0\ncpu\t\t: POWER9, altivec supported\nrevision\t: 2.2 (pvr 004e 1202)\n"


@pytest.fixture
def cpuinfo(monkeypatch, tmp_path):
    """Has the system say something else of its processors."""

    def put(text):
        file = tmp_path / "cpuinfo"
        if text is not None:
            file.write_text(text)
        monkeypatch.setattr(machine, "CPUINFO", file)

    caches = (machine._cpuinfo, machine.processor_name, machine.processor_model)
    for cached in caches:
        cached.cache_clear()
    yield put
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (X86, "AuthenticAMD family 25 model 17 stepping 1"),
        (ARM.format(part="0xd0c"), "implementer 0x41 variant 0x3 part 0xd0c revision 1"),
        (ARM.format(part="0xd08"), "implementer 0x41 variant 0x3 part 0xd08 revision 1"),
        (RISC_V, "sifive,u74-mc vendor 0x489"),
        (POWER, "POWER9, altivec supported revision 2.2 (pvr 004e 1202)"),
        ("", None),
        (None, None),
    ],
)
def test_processors_are_told_apart(cpuinfo, text, model):
    cpuinfo(text)
    assert machine.processor_model() == model


def test_the_name_is_that_of_the_system(cpuinfo):
    cpuinfo(X86)
    assert machine.processor_name() == "AMD EPYC 9B14"


def test_a_core_is_measured_once_a_process():
    found = machine.calibration()
    assert found["matrix_product_gflops"] > 0.1
    assert found["memory_copy_gib_per_second"] > 0.01
    assert machine.calibration() is found


def test_versions_of_what_a_model_requires_are_noted():
    assert "pluggy" not in machine.package_versions()
    versions = machine.package_versions(("pluggy.hooks", "no_such_library|_pytest", "sklearn.svm"))
    assert versions["pluggy"] == metadata.version("pluggy")
    assert versions["pytest"] == metadata.version("pytest")
    assert machine.this_machine(("pluggy",)).packages["pluggy"] == versions["pluggy"]
    assert list(versions) == sorted(versions)
