"""What the comparison of two rows says, in words: shared by terminal and page."""

from __future__ import annotations

from enum import IntEnum

from reports.pairs import Contest
from suite.stats.ties import SIGNIFICANCE


class Verdict(IntEnum):
    """Whether two rows can be told apart."""

    TIED = 0
    AHEAD = 1
    BETTER = 2


class Note(IntEnum):
    """What has to be said of two rows' letters."""

    NONE = 0
    SAME_LETTER = 1
    OTHER_LETTER = 2


# "{better}" stands for A or B, "{pairs}" for the pairs of the column.
VERDICTS = {
    Verdict.TIED: "A and B can't be told apart",
    Verdict.AHEAD: "{better} is ahead, but the leaderboard can't tell the two apart once it "
    "corrects for all its {pairs} pairs",
    Verdict.BETTER: "{better} is better",
}
NOTES = {
    Note.NONE: "",
    Note.SAME_LETTER: "They share a letter all the same: neither can be told from the first row "
    "of their group.",
    Note.OTHER_LETTER: "Their letters differ all the same: a letter tells a row from the first row "
    "of the group above, not from each of its rows.",
}
METHOD = (
    "Means of all seeds of each, as on the leaderboard; interval and p-value by a paired "
    "bootstrap over seeds and test images."
)
FEW_SEEDS = (
    "One seed shows no spread over seeds: that of the other rows of its family stands in (of all "
    "rows, where those show none)."
)
NO_SEEDS = (
    "One seed, and no row shows a spread over seeds: this is judged on the images alone, and other "
    "seeds may differ."
)


def verdict(contest: Contest, first: int, second: int) -> Verdict:
    """Whether two rows, given by their places, can be told apart.

    By the leaderboard's corrected p-values; by the pair's own where it has no letters.
    """
    alone = contest.p_value[first, second] < SIGNIFICANCE
    if contest.corrected is None:
        return Verdict.BETTER if alone else Verdict.TIED
    if contest.corrected[first, second] < SIGNIFICANCE:
        return Verdict.BETTER
    return Verdict.AHEAD if alone else Verdict.TIED


def note(contest: Contest, first: int, second: int) -> Note:
    """What has to be said of the letters of two rows, given by their places."""
    one, other = (contest.rows[place].tie_group for place in (first, second))
    if one is None or other is None:
        return Note.NONE
    told = verdict(contest, first, second) is Verdict.BETTER
    if told and one == other:
        return Note.SAME_LETTER
    return Note.OTHER_LETTER if not told and one != other else Note.NONE


def words(contest: Contest, first: int, second: int) -> str:
    """The verdict on two rows, given by their places: A the first, B the second."""
    better = "A" if contest.pairs.mean[first, second] > 0 else "B"
    told = VERDICTS[verdict(contest, first, second)]
    return told.format(better=better, pairs=pair_count(contest))


def pair_count(contest: Contest) -> str:
    """How many pairs the column has, as text."""
    rows = len(contest.pairs.mean)
    return f"{rows * (rows - 1) // 2:,}"


def method(contest: Contest, first: int, second: int) -> str:
    """How two rows, given by their places, were compared."""
    few = [place for place in (first, second) if len(contest.outcomes[place].seeds) == 1]
    known = [bool(contest.pairs.seeds_known[place]) for place in few]
    sentences = [METHOD]
    if any(known):
        sentences.append(FEW_SEEDS)
    if not all(known):
        sentences.append(NO_SEEDS)
    return " ".join(sentences)
