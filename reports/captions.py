"""What a reader must know to read a table, in words: shared by page, Markdown and terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reports.formats import count, listing, span
from reports.machines import Machine
from reports.tables import Table
from suite.protocol.rules import PROTOCOLS, find_preset
from suite.records.record import Record

DAGGER = "†"
SUITE_PACKAGE = "fashion-mnist-suite"
_SHOWN_DIGITS = 8


@dataclass(frozen=True)
class Fact:
    """One thing to know about a table: its subject and a sentence or two."""

    subject: str
    text: str


def heading(table: Table, titles: Mapping[str, str]) -> str:
    """The table's name: its datasets, protocol and preset."""
    names = listing([titles.get(name, name) for name in table.datasets])
    return f"{names}, protocol {table.protocol}, preset {table.preset}"


def warning(table: Table) -> str | None:
    """Why the table is no leaderboard to publish; None if it is one."""
    if table.publishable:
        return None
    preset = find_preset(table.preset)
    if preset is None:
        return f"Not publishable: preset {table.preset} is unknown to this version of the suite."
    trained = [row.train_images for row in table.rows if row.train_images]
    images = (
        span(min(t[0] for t in trained), max(t[1] for t in trained), "image") if trained else ""
    )
    on = f"trained on {images}" if images else "nothing was trained"
    epochs = (
        f", at most {span(preset.max_epochs, preset.max_epochs, 'epoch')}"
        if preset.max_epochs
        else ""
    )
    what, remedy = "that everything works", "use --preset standard"
    if preset.size is not None:
        what, remedy = "what is learned from fewer images", f"{remedy} without --train-sizes"
    return (
        f"Not publishable: {on}{epochs}. Preset {preset.name} shows {what}; "
        f"{remedy} for numbers to quote."
    )


def facts(table: Table, titles: Mapping[str, str]) -> tuple[Fact, ...]:
    """All that the table's caption says.

    Args:
        table: The table.
        titles: Titles of the datasets by name.

    Returns:
        The facts in reading order.
    """
    return (
        Fact("Accuracy", _accuracy(table, titles)),
        *_ties(table),
        Fact("Protocol", _protocol(table)),
        Fact("Preset", _preset(table)),
        Fact("Costs", _costs(table, titles)),
        Fact("Machine", _machines(table)),
        Fact("Software", _software(table.records)),
        Fact("Data", _data(table, titles)),
        Fact("Records", _records(table.records)),
    )


def has_groups(table: Table) -> bool:
    """Whether the table's ranks have letters of tie groups behind them."""
    return any(row.tie_group is not None for row in table.rows)


def one_seed(table: Table) -> str:
    """What must be known of tie groups where rows have one seed, with a blank before it; or ""."""
    lone = [row for row in table.rows if row.tie_group is not None and len(row.seeds) == 1]
    unknown = sum(not row.seeds_known for row in lone)
    text = ""
    if unknown < len(lone):
        text += (
            " A row with one seed borrows the spread over seeds of its family, or else of all rows."
        )
    if unknown:
        text += (
            f" {span(unknown, unknown, 'row')} with one seed can be judged on the images alone, "
            "since no row shows a spread over seeds: other seeds may differ."
        )
    return text


def folds(table: Table) -> int:
    """Number of folds of the table's protocol; 0 where the official test set is scored."""
    protocol = PROTOCOLS.get(table.protocol)
    return 0 if protocol is None else protocol.folds


def machine_name(machine: Machine) -> str:
    """A machine in words: "AMD EPYC 9B14, 1 thread"; the device too where it is no processor."""
    name = f"{machine.processor}, {span(machine.threads, machine.threads, 'thread')}"
    return name if machine.device == "cpu" else f"{name}, {machine.device}"


def _accuracy(table: Table, titles: Mapping[str, str]) -> str:
    kfold = folds(table) > 0
    done = [row for row in table.rows if row.runs]
    if not done:
        return "No run gave a result."
    over = span(min(r.runs for r in done), max(r.runs for r in done), "fold" if kfold else "seed")
    if kfold:
        seeds = [len(row.seeds) for row in done]
        over += f" of {span(min(seeds), max(seeds), 'seed')}"
    images = []
    for name in table.datasets:
        scored = [row.images for row in done if row.dataset == name]
        if scored:
            number = (
                count(min(scored))
                if min(scored) == max(scored)
                else f"{count(min(scored))} to {count(max(scored))}"
            )
            images.append(f"{number} of {titles.get(name, name)}")
    kind = "training images, each scored in its fold" if kfold else "official test images"
    return (
        f"Percent: mean ± sample standard deviation (divisor n − 1) over {over} (n), without it "
        "where all runs got the same images right; "
        "then the 95 % Wilson interval at the mean, the uncertainty from the sample "
        f"of {kind} ({listing(images)}). "
        "Rank 1 is the best mean; equal means share a rank."
    )


def _ties(table: Table) -> list[Fact]:
    if not has_groups(table):
        return []
    text = (
        "Rows with the same letter behind their rank can't be told from the first of them: a "
        "paired bootstrap over seeds and test images of all pairs of the column, Holm-corrected, "
        "at 5 %."
    )
    return [Fact("Tie groups", f"{text}{one_seed(table)}")]


def _protocol(table: Table) -> str:
    protocol = PROTOCOLS.get(table.protocol)
    return f"{table.protocol}: {protocol.summary if protocol else 'unknown to this version'}."


def _preset(table: Table) -> str:
    preset = find_preset(table.preset)
    if preset is None:
        return f"{table.preset}: unknown to this version."
    images = "all" if preset.max_images is None else f"at most {preset.max_images:,}"
    limit = preset.max_epochs
    epochs = "the published number of epochs"
    if limit is not None:
        epochs = f"at most {span(limit, limit, 'epoch')}"
    publishable = "publishable" if preset.publishable else "not publishable"
    return f"{preset.name}: {images} training images, {epochs}; {publishable}."


def _costs(table: Table, titles: Mapping[str, str]) -> str:
    first = titles.get(table.datasets[0], table.datasets[0])
    return (
        f"From the runs on {first} unless another dataset is named: numbers that the fitted model "
        "needs to predict; processor and wall seconds of training; wall time of prediction by "
        "image; means over the runs. Memory is the highest of a run, above what the process "
        "held before it. Size is that of the fitted model, uncompressed; of networks the weights."
    )


def _machines(table: Table) -> str:
    if table.machine is None:
        return "No run was measured."
    others = sorted({r.machine for r in table.rows if r.machine and not r.comparable})
    text = f"{machine_name(table.machine)}."
    if others:
        named = "; ".join(machine_name(machine) for machine in others)
        text += f" {DAGGER} measured elsewhere, times and memory can't be compared: {named}."
    return text


def _software(records: Iterable[Record]) -> str:
    commits: dict[str, set[str]] = {}
    for record in records:
        environment = record.environment
        known = environment.packages.get(SUITE_PACKAGE)
        of_version = commits.setdefault(f"version {known}" if known else "", set())
        if environment.git_commit:
            changed = " with uncommitted changes" if environment.git_dirty else ""
            of_version.add(f"{environment.git_commit[:10]}{changed}")
    states = []
    for version, found in sorted(commits.items()):
        parts = [version] if version else []
        if found:
            parts.append(f"commit{'s' * (len(found) > 1)} {listing(sorted(found))}")
        states.append(", ".join(parts) or "a version that was not recorded")
    return f"Suite at {'; '.join(states)}."


def _data(table: Table, titles: Mapping[str, str]) -> str:
    parts = []
    for name in table.datasets:
        sums: dict[str, set[str]] = {}
        for record in table.records:
            if record.dataset.name == name:
                for file, sha256 in record.dataset.sums.items():
                    sums.setdefault(file, set()).add(sha256[:_SHOWN_DIGITS])
        files = ", ".join(f"{file} {' or '.join(sorted(s))}" for file, s in sorted(sums.items()))
        parts.append(f"{titles.get(name, name)} ({files})" if files else titles.get(name, name))
    return f"{'; '.join(parts)}; SHA-256 of the decompressed files, first {_SHOWN_DIGITS} digits."


def _records(records: tuple[Record, ...]) -> str:
    days = sorted(record.started_at[:10] for record in records)
    when = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    failed = sum(record.status != "ok" for record in records)
    return f"{span(len(records), len(records), 'run')} of {when}, {failed or 'none'} failed."
