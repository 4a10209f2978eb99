"""`suite compare`: two models, image by image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.errors import UsageError
from suite.protocol.rules import preset_named, protocol_named

if TYPE_CHECKING:
    from rich.console import Console

    from reports.comparison import Comparison
    from suite.selection import Selection

_SHOWN_IMAGES = 10
_SIGNIFICANCE = 0.05


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A model: svm or 'svm[C=1]'.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another model.")],
    results: o.RecordsFolder = Path("results"),
    protocol: Annotated[
        str | None, typer.Option(help="Runs of this protocol.", show_default=False)
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="Runs of this preset; standard-n600 for those on 600 images.", show_default=False
        ),
    ] = None,
    data_dir: o.DataDir = None,
    as_json: o.AsJson = False,
) -> None:
    """Compare the recorded runs of two models, image by image; nothing is trained.

    A plain name means the model's defaults. Only seeds that both models have are compared.
    Exits with 1 if a record is damaged.

    Examples: suite compare svm knn; suite compare 'svm[C=1]' svm --preset quick --json.
    """
    from reports.comparison import compare_records
    from suite.records.store import scan

    if protocol is not None:
        protocol_named(protocol)
    if preset is not None:
        preset_named(preset)
    models = _one(first), _one(second)
    found = scan(results, models={model.model.name for model in models})
    pairs, damaged = compare_records(
        found, models, protocol=protocol, preset=preset, data_dir=data_dir
    )
    if as_json:
        content = {
            "first": models[0].label,
            "second": models[1].label,
            "comparisons": [pair.to_content() for pair in pairs],
        }
        typer.echo(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        from rich.console import Console

        print_comparisons(pairs, (models[0].label, models[1].label), Console(highlight=False))
    for damage in damaged:
        typer.echo(f"damaged: {damage.path}: {damage.reason}", err=True)
    if damaged:
        raise typer.Exit(1)


def _one(text: str) -> Selection:
    """The one model that a text means; its library need not be installed.

    Raises:
        UsageError: There is no such model, or the text means several.
    """
    from reports.published_models import Resolver
    from suite.registry import discover
    from suite.selection import plugin_files, select

    resolver = Resolver(discover(plugin_files([text])))
    chosen = select(resolver.registry, [text])
    plain = "[" not in text and "," not in text
    if len(chosen) > 1 and not plain:
        raise UsageError(f"{text!r} means {len(chosen)} models, expected one")
    return chosen[0]


def print_comparisons(
    pairs: Sequence[Comparison], names: tuple[str, str], console: Console
) -> None:
    """Print comparisons of one protocol and preset.

    Args:
        pairs: The comparisons, at least one.
        names: What the two models are called.
        console: Where to.
    """
    from rich.text import Text

    console.print(Text(f"A  {names[0]}", style="bold"))
    console.print(Text(f"B  {names[1]}", style="bold"))
    console.print(f"protocol {pairs[0].protocol}, preset {pairs[0].preset}")
    for pair in pairs:
        console.print()
        for line in _lines(pair):
            console.print(Text(line))
    console.print()
    note = (
        "Difference and interval: paired bootstrap over seeds and test images"
        if len(pairs[0].seeds) > 1
        else "One seed: the interval is over test images alone, and other seeds may differ"
    )
    console.print(Text(f"{note}; McNemar's test is of the fitted models.", style="dim"))


def _lines(pair: Comparison) -> list[str]:
    from reports.formats import p_value, percent, signed, span

    low, high = pair.difference.interval()
    told = "can't be told apart"
    if pair.difference.p_value < _SIGNIFICANCE:
        told = "A is better" if pair.difference.mean > 0 else "B is better"
    runs = len(pair.seeds)
    lines = [
        f"{pair.dataset}: {told}",
        f"  A {percent(pair.accuracies[0])} %, B {percent(pair.accuracies[1])} %, mean of "
        f"{span(runs, runs, 'seed')}",
        f"  A less B {signed(100 * pair.difference.mean)} points, 95 % interval "
        f"{signed(100 * low)} to {signed(100 * high)}, {p_value(pair.difference.p_value)}",
    ]
    lines += [
        f"  seed {one.seed}: only A right {one.only_first:,}, only B right {one.only_second:,}, "
        f"McNemar {p_value(one.p_value)}"
        for one in pair.seeds
    ]
    for name, images in (("A", pair.first_alone), ("B", pair.second_alone)):
        shown = ", ".join(map(str, images[:_SHOWN_IMAGES]))
        such = f", such as {shown}" if images else ""
        count = span(len(images), len(images), "test image")
        lines.append(f"  {count} only {name} gets right with every seed{such}")
    return lines
