"""`suite compare`: two models, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say, say_json
from suite.errors import UsageError
from suite.protocol.rules import preset_named, protocol_named

if TYPE_CHECKING:
    from reports.comparison import Comparison, Difference
    from reports.published_models import Resolver
    from reports.rows import Row
    from suite.console import Console
    from suite.selection import Selection

_SHOWN_IMAGES = 10


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

    A plain name means the model's defaults. Accuracies, ranks and letters are the leaderboard's,
    over all seeds of each model; other models' records count in what is known of seeds.
    Exits with 1 if a record is damaged.

    Examples: suite compare svm knn; suite compare 'svm[C=1]' svm --preset quick --json.
    """
    from reports.comparison import compare_records

    o.check_records(results)
    if protocol is not None:
        protocol_named(protocol)
    if preset is not None:
        preset_named(preset)
    resolver = _resolver(first, second)
    models = _one(first, resolver), _one(second, resolver)
    pairs, damaged = compare_records(
        results,
        models,
        protocol=protocol,
        preset=preset,
        data_dir=data_dir,
        registry=resolver.registry,
    )
    if as_json:
        content = {
            "first": models[0].label,
            "second": models[1].label,
            "comparisons": [pair.to_content() for pair in pairs],
        }
        say_json(content)
    else:
        from suite.console import Console

        print_comparisons(pairs, (models[0].label, models[1].label), Console(highlight=False))
    for damage in damaged:
        say(f"damaged: {damage.path}: {damage.reason}", err=True)
    if damaged:
        raise typer.Exit(1)


def _resolver(*texts: str) -> Resolver:
    """Knows all models, those in files that the texts name among them."""
    from reports.published_models import Resolver
    from suite.registry import discover
    from suite.selection import plugin_files

    return Resolver(discover(plugin_files(texts)))


def _one(text: str, resolver: Resolver) -> Selection:
    """The one model that a text means; its library need not be installed.

    Raises:
        UsageError: There is no such model, or the text means several.
    """
    from suite.selection import select

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
    note = "McNemar's test is of the two fitted models: other seeds would give others."
    console.print(Text(note, style="dim"))


def _lines(pair: Comparison) -> list[str]:
    from reports.formats import p_value, signed, span

    found = pair.difference
    low, high = found.interval_95
    lines = [
        f"{pair.dataset}: {pair.verdict}",
        *(f"  {name}  {_row(row)}" for name, row in zip("AB", pair.rows, strict=True)),
        f"  A less B {signed(100 * found.mean)} points, 95 % interval {signed(100 * low)} to "
        f"{signed(100 * high)}, {p_value(found.p_value)}{_corrected(found)}",
        *(f"  {text}" for text in (pair.note, pair.method) if text),
        "  On the seeds that both have:" if pair.seeds else "  No seed that both have.",
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
        lines.append(f"  {count} only {name} gets right, with every seed{such}")
    return lines


def _row(row: Row) -> str:
    """Rank, letter and accuracy, as the leaderboard has them."""
    from reports.cells import rank_text
    from reports.formats import accuracy, span

    mean = accuracy(row.accuracy_mean, row.accuracy_std)
    return f"rank {rank_text(row)}, {mean} %, mean of {span(row.runs, row.runs, 'seed')}"


def _corrected(found: Difference) -> str:
    from reports.formats import p_value

    if found.p_corrected is None:
        return ""
    return f"; corrected for all pairs of the leaderboard {p_value(found.p_corrected)}"
