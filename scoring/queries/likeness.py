"""What the office reads about prediction files that are equal, or more alike than explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scoring.models import Benchmark, Fingerprint, MetricScore
from scoring.models.benchmark import TargetKind
from scoring.queries import leaderboard
from scoring.states import Split
from submissions.models import SubmissionFile
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from competition.models import Challenge

ACCURACY: Final = "accuracy"
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class SameFile:
    """One file that several teams have handed in, byte by byte; the first one first."""

    sha256: str
    versions: tuple[tuple[str, int, dt.datetime | None], ...]


@dataclass(frozen=True, slots=True)
class AlikePair:
    """Two teams whose counting versions agree more than their accuracies explain."""

    teams: tuple[tuple[str, int], tuple[str, int]]
    share: float
    expected: float
    excess: float


@dataclass(frozen=True, slots=True)
class AlikeReport:
    """Both lists, and how many files the second one rests on."""

    same: Sequence[SameFile]
    pairs: Sequence[AlikePair]
    compared: int
    # Of the versions that count, how many still wait for their fingerprint.
    missing: int


def report(challenge: Challenge) -> AlikeReport:
    """Return which files of different teams are equal or nearly equal; no label is read."""
    from scoring.compute import likeness  # noqa: PLC0415  (heavy)

    benchmark = Benchmark.objects.filter(challenge=challenge).first()
    if benchmark is None:
        return AlikeReport((), (), 0, 0)
    lines = [
        line
        for line in leaderboard.lines(challenge, leaderboard.version_shown(benchmark))
        if line.evaluation is not None and not line.is_baseline
    ]
    prints = dict(
        Fingerprint.objects.filter(
            submission__in=[line.submission.pk for line in lines]
        ).values_list("submission", "content")
    )
    accuracies = dict(
        MetricScore.objects.filter(
            evaluation__in=[line.evaluation for line in lines], metric=ACCURACY, split=Split.PUBLIC
        ).values_list("evaluation", "value")
    )
    there = [line for line in lines if prints.get(line.submission.pk)]
    found = likeness.alike(
        [bytes(prints[line.submission.pk]) for line in there],
        [accuracies.get(line.evaluation) for line in there if line.evaluation is not None],
        labels=len(benchmark.labels) if benchmark.target_kind == TargetKind.LABEL else 0,
    )
    names = [(line.entry.team.name, line.submission.number) for line in there]
    pairs = [
        AlikePair(
            teams=(names[pair.first], names[pair.second]),
            share=pair.share,
            expected=pair.expected,
            excess=pair.excess,
        )
        for pair in found[:MOST]
    ]
    missing = sum(line.submission.pk not in prints for line in lines)
    return AlikeReport(_same(challenge), pairs, len(there), missing)


def _same(challenge: Challenge) -> list[SameFile]:
    """Return files with equal bytes of different teams, over all versions that were handed in."""
    by_hash: dict[str, dict[int, tuple[str, int, dt.datetime | None]]] = {}
    files = SubmissionFile.objects.filter(
        kind=FileKind.PREDICTIONS,
        submission__entry__challenge=challenge,
        submission__entry__is_baseline=False,
    ).exclude(submission__state=SubmissionState.DRAFT)
    for sha256, entry, team, number, moment in files.order_by(
        "submission__handed_in_at", "pk"
    ).values_list(
        "sha256",
        "submission__entry",
        "submission__entry__team__name",
        "submission__number",
        "submission__handed_in_at",
    ):
        by_hash.setdefault(sha256, {}).setdefault(entry, (team, number, moment))
    return [
        SameFile(sha256, tuple(versions.values()))
        for sha256, versions in by_hash.items()
        if len(versions) > 1
    ]
