from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from reports.charts import drawing
from reports.charts.drawing import converter, library, to_svg
from reports.charts.style import Figure
from suite.stats.scoring import Scored

HOSTILE = "</style></svg><script>alert(1)</script><img src=x onerror=alert(1)>&\"'\ufffe" * 3
Draw = Callable[..., dict[str, Figure]]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path))
    return tmp_path / "charts"


@pytest.fixture
def spec() -> dict[str, object]:
    return {"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": {"field": "a"}}}


def test_the_same_chart_is_drawn_once(
    cache: Path, spec: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = to_svg(spec)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr("vl_convert.vegalite_to_svg", None)
    assert to_svg(dict(spec)) == first
    with pytest.raises(TypeError):
        to_svg({**spec, "width": 77})


def test_another_version_of_the_converter_draws_anew(
    cache: Path, spec: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    to_svg(spec)
    monkeypatch.setattr(drawing, "converter", lambda: "another")
    to_svg(spec)
    assert len(list(cache.iterdir())) == 2


def test_the_cache_forgets_what_was_not_used_for_longest(
    cache: Path, spec: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "MOST_KEPT", 2)
    for width in (10, 20):
        to_svg({**spec, "width": width})
    for place, path in enumerate(sorted(cache.iterdir(), key=lambda p: p.stat().st_mtime)):
        os.utime(path, (place, place))
    to_svg({**spec, "width": 10})
    to_svg({**spec, "width": 30})
    monkeypatch.setattr("vl_convert.vegalite_to_svg", None)
    for width in (10, 30):
        to_svg({**spec, "width": width})
    with pytest.raises(TypeError):
        to_svg({**spec, "width": 20})


def test_a_cache_that_can_t_be_written_is_no_trouble(
    tmp_path: Path, spec: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / "file"))
    assert to_svg(spec).startswith("<svg")


def test_a_picture_is_one_well_formed_element_with_both_themes(drawn: Draw, sweep: list[Scored]):
    for figure in drawn(sweep).values():
        picture = to_svg(figure.spec)
        root = ElementTree.fromstring(picture)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "light-dark(#1b1d21, #e8e9e6)" in picture
        assert 2_000 < len(picture) < 150_000


def test_pictures_share_no_names_and_do_not_depend_on_those_before(
    drawn: Draw, sweep: list[Scored], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [figure.spec for figure in drawn(sweep).values()]
    first = {}
    for cache, order in (("one", specs), ("two", specs[::-1])):
        monkeypatch.setenv("SUITE_CACHE_DIR", str(tmp_path / cache))
        for spec in order:
            picture = to_svg(spec)
            assert first.setdefault(id(spec), picture) == picture
    names = [set(re.findall(r'<clipPath id="([^"]+)"', picture)) for picture in first.values()]
    assert sum(len(own) for own in names) == len(set().union(*names)) > 3
    for own, picture in zip(names, first.values(), strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", picture)) == own


def test_hostile_names_are_text_in_a_picture(drawn: Draw, scored: Callable[..., Scored]):
    runs = [scored(0.9, model="a"), scored(0.8, model="a", dataset="mnist")]
    for figure in drawn(runs, {"a": HOSTILE}).values():
        root = ElementTree.fromstring(to_svg(figure.spec))
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert kinds <= {"svg", "style", "g", "path", "line", "rect", "text", "tspan", "defs",
                         "clipPath"}  # fmt: skip
        assert not [name for e in root.iter() for name in e.attrib if name.startswith("on")]


def test_the_library_is_one_classic_script_of_under_a_megabyte(cache: Path) -> None:
    text = library()
    assert len(text) < 1_000_000
    assert "window.vegaEmbed=" in text.replace(" ", "")
    assert "</script" not in text


def test_the_converter_tells_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert converter()
    converter.cache_clear()
    monkeypatch.setattr(drawing, "PACKAGE", "no-such-package-here")
    try:
        assert converter() is None
    finally:
        converter.cache_clear()
