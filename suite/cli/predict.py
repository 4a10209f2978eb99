"""`suite predict MODEL IMAGE…`: what a saved model takes pictures for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suite.cli import options as o
from suite.cli.say import say_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from suite.images_in import Picture
    from suite.models_io.apart import Answers
    from suite.models_io.saved import SavedModel

_WIDE = 80


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A file that `run --save-models` wrote.")
    ],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE…", help="PNG or JPEG pictures, 28 x 28 pixels or larger."),
    ],
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, max=10, help="Classes to show of each.")
    ] = 3,
    as_json: o.AsJson = False,
) -> None:
    """Classify pictures with a saved model.

    Pictures are made grey, square and 28 x 28, and inverted where their background is light; what
    was changed is told. Reading the model executes nothing that is in the file. Exits with 2 if
    the model or a picture can't be used.

    Examples: suite predict models/digits/holdout-smoke/svm/seed-0.skops five.png; suite predict
    MODEL a.png b.jpg --json.
    """
    import numpy as np

    from suite.images_in import read_picture
    from suite.models_io.apart import classify
    from suite.models_io.saved import read_saved

    saved = read_saved(model)
    pictures = [read_picture(path) for path in images]
    answers = classify(model, saved, np.stack([picture.pixels for picture in pictures]))
    if as_json:
        facts = {"model": _about(saved), "images": _facts(saved, pictures, answers)}
        say_json(facts)
    else:
        _show(saved, pictures, answers, top)


def _about(saved: SavedModel) -> dict[str, Any]:
    names = {"model", "variant", "protocol", "preset", "seed", "fold", "record_digest"}
    return {**saved.model_dump(include=names, exclude_none=True), "dataset": saved.dataset.name}


def _facts(
    saved: SavedModel, pictures: Sequence[Picture], answers: Answers
) -> list[dict[str, Any]]:
    rows = []
    for number, picture in enumerate(pictures):
        row: dict[str, Any] = {
            "image": str(picture.path),
            "class": int(answers.classes[number]),
            "name": saved.classes[answers.classes[number]],
        }
        if answers.probabilities is not None:
            given = map(float, answers.probabilities[number])
            row["probabilities"] = dict(zip(saved.classes, given, strict=True))
        rows.append({**row, "notes": list(picture.notes)})
    return rows


def _show(saved: SavedModel, pictures: Sequence[Picture], answers: Answers, top: int) -> None:
    from rich.text import Text

    from suite.console import Console
    from suite.data.known import info_of

    console = Console(highlight=False)
    name = f"{saved.model}/{saved.variant}" if saved.variant else saved.model
    fold = "" if saved.fold is None else f", fold {saved.fold}"
    trained = f"{info_of(saved.dataset.name).title} ({saved.protocol}, {saved.preset}, seed "
    console.print(Text(f"{name}, trained on {trained}{saved.seed}{fold})", style="bold"))
    console.print(_table(saved, pictures, answers, top, wide=console.width >= _WIDE))
    if answers.probabilities is None:
        console.print(Text("this model gives no probabilities", style="dim"))
    for picture in pictures:
        if picture.notes:
            console.print(Text(f"{picture.path.name}: {'; '.join(picture.notes)}", style="dim"))


def _table(
    saved: SavedModel, pictures: Sequence[Picture], answers: Answers, top: int, *, wide: bool
) -> Table:
    """A line a picture; in a narrow terminal further classes stand below the first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("image", overflow="fold", ratio=None if wide else 1)
    table.add_column("class", overflow="fold")
    if answers.probabilities is not None:
        table.add_column("%", justify="right", no_wrap=True)
        if wide and top > 1:
            table.add_column("then", overflow="fold")
    for number, picture in enumerate(pictures):
        image = Text(picture.path.name, overflow="fold")
        ranked = _ranked(saved, answers, number, top)
        if answers.probabilities is None:
            table.add_row(image, Text(ranked[0][0]))
        elif wide:
            rest = ", ".join(f"{name} {percent}" for name, percent in ranked[1:])
            table.add_row(image, *(Text(text) for text in (*ranked[0], rest)[: 2 + (top > 1)]))
        else:
            names, percents = zip(*ranked, strict=True)
            table.add_row(image, Text("\n".join(names)), Text("\n".join(percents)))
    return table


def _ranked(saved: SavedModel, answers: Answers, number: int, top: int) -> list[tuple[str, str]]:
    """Names and percentages of the likeliest classes; the predicted one comes first."""
    predicted = int(answers.classes[number])
    if answers.probabilities is None:
        return [(saved.classes[predicted], "")]
    given = answers.probabilities[number]
    order = sorted(range(len(given)), key=lambda c: (c != predicted, -given[c]))
    return [(saved.classes[c], f"{100 * given[c]:.1f}") for c in order[:top]]
