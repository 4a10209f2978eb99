"""What tests of several parts share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure of the code.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

FAKES = Path(__file__).parent / "runner" / "fakes"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory):
    """Decode datasets into a folder of the tests' own, and color nothing."""
    old = {name: os.environ.get(name) for name in ("SUITE_CACHE_DIR", "NO_COLOR")}
    os.environ["SUITE_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    os.environ["NO_COLOR"] = "1"
    yield
    for name, value in old.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(scope="session", autouse=True)
def _heed_interrupts() -> None:
    """Have SIGINT end what the tests start, for those that send it.

    A shell has what it starts in the background ignore SIGINT, and children inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def fakes() -> Path:
    """Folder of plugins that misbehave, and of one that does not."""
    return FAKES


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of the real datasets; skips the test where there is none."""
    folder = os.environ.get("SUITE_DATA_DIR")
    if not folder:
        pytest.skip("SUITE_DATA_DIR is not set: no real data to test with")
    return Path(folder)


@pytest.fixture(autouse=True)
def _real_data_or_skip(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("real_data"):
        request.getfixturevalue("data_dir")
