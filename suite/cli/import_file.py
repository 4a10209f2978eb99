"""`suite import FILE`: predictions that were made elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suite.cli import options as o
from suite.cli.say import say
from suite.cli.validate import known_facts
from suite.errors import UsageError
from suite.protocol.rules import preset_named, protocol_named

_LARGEST_SEED = 2**53  # that a record holds


def import_file(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV: index,prediction or index,prediction,confidence; NPZ: arrays named so; "
            "NPY: classes in the order of the test images.",
        ),
    ],
    model: Annotated[str, typer.Option(metavar="NAME", help="What the model is called.")],
    dataset: Annotated[str, typer.Option(metavar="NAME", help="fashion, mnist or digits.")],
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Address or words: who made them, and how.")
    ],
    protocol: Annotated[str, typer.Option(help="full or holdout.")] = "full",
    preset: Annotated[str, typer.Option(help="How much of a full training was done.")] = "paper",
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, max=_LARGEST_SEED, help="Tells runs apart.")
    ] = 0,
    results: o.RecordsFolder = Path("results"),
    data_dir: o.DataDir = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace others of that name; they are kept aside.")
    ] = False,
) -> None:
    """Record predictions of the official test images that were made elsewhere, and score them.

    They are marked unverified, lie below RESULTS/unverified and have no rank; `report --unverified`
    shows them. Exits with 2 if the file can't be used.

    Examples: suite import mine.csv --model mine --dataset fashion --source https://example.org/mine
    """
    from suite.audit.outside import Claim, import_record, is_near_chance
    from suite.data.known import info_of
    from suite.records.store import Damage, StoredRun, open_store, scan
    from suite.stats.scoring import score

    protocol_named(protocol), preset_named(preset), info_of(dataset)
    claim = Claim(model=model, dataset=dataset, protocol=protocol, preset=preset, seed=seed,
                  source=source)  # fmt: skip
    known = known_facts(None, data_dir)
    record, arrays = import_record(file, claim, known)
    with open_store(results) as store:
        path = store.folder / f"{record.key.stem}.json"
        table = f"{protocol}-{preset}"
        there = [one for one in scan(results, f"unverified/{dataset}", table, {record.model})
                 if one.path == path]  # fmt: skip
        same = [
            one
            for one in there
            if not isinstance(one, Damage)
            and one.record.arrays_sha256 == record.arrays_sha256
            and one.record.origin == record.origin
        ]
        if there and not same and not force:
            raise UsageError(f"{path} has other predictions of {record.model}; use another --seed "
                             "or --model, or --force to replace them")  # fmt: skip
        if not same:
            store.add(record, arrays)
    scored = score(StoredRun(record, arrays, path), known.labels_of(record))
    assert scored.accuracy is not None
    say(f"{'there already' if same else 'written'}: {path}")
    say(f"accuracy {100 * scored.accuracy:.2f} % of {scored.images:,} images; unverified")
    if is_near_chance(scored):
        say("that is near chance: are they in the order of the official test images?",
                   err=True)  # fmt: skip
