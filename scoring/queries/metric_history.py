"""How a team's versions measured up one after the other (P-7)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.display import to_zone
from scoring.compute.exact import round_half_up
from scoring.models import Evaluation, MetricScore
from scoring.queries import evaluation as queries
from scoring.queries.metrics import MetricCard, metric_card
from scoring.states import EvaluationState, Split
from submissions import deadlines
from submissions.models import Submission
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    from scoring.models import Benchmark

S = EvaluationState
_WORDS: Final = {
    S.QUEUED: lambda: pgettext("version", "waits"),
    S.RUNNING: lambda: pgettext("version", "waits"),
    S.FAILED: lambda: pgettext("version", "not evaluable"),
    S.INTERNAL_ERROR: lambda: pgettext("version", "fault of ours"),
    S.CANCELLED: lambda: pgettext("version", "cancelled"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One version with its value as published, or with the word for why it has none."""

    number: int
    handed_in_at: dt.datetime
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    words: str
    # Which try of its day it was, where there is a limit; None if it costs none.
    try_of_day: int | None
    is_best: bool
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions of a team in the order of their numbers, by the metric that ranks."""

    card: MetricCard
    rows: tuple[HistoryRow, ...]
    limit_per_day: int | None

    @property
    def valued(self) -> list[HistoryRow]:
        """Return the versions that have a value."""
        return [row for row in self.rows if row.value is not None]

    @property
    def best(self) -> HistoryRow | None:
        """Return the best version, the first of equal ones."""
        return next((row for row in self.rows if row.is_best), None)

    def figure(self, value: Decimal | None) -> str:
        """Write a value."""
        return self.card.figure(value)

    @property
    def takeaway(self) -> str:
        """Say which version is best, and whether the last step is more than chance."""
        valued, best = self.valued, self.best
        if best is None:
            return _("No version has a value yet.")
        if len(valued) == 1:
            return _("One version has a value: version %(number)s, %(value)s.") % {
                "number": best.number,
                "value": self.figure(best.value),
            }
        first = _("Best of %(count)s versions with a value is version %(number)s: %(value)s.") % {
            "count": len(valued),
            "number": best.number,
            "value": self.figure(best.value),
        }
        return f"{first} {self._last_step}"

    @property
    def _last_step(self) -> str:
        *_before, previous, last = self.valued
        step = (last.value or 0) - (previous.value or 0)
        if not step:
            return _("The last step changed nothing.")
        is_small = _may_be_chance(previous, last)
        if (step > 0) == self.card.higher_is_better:
            if is_small is None:
                return _("The last step goes up.")
            if is_small:
                return _("The last step up is smaller than the uncertainty and may be chance.")
            return _("The last step up is larger than the uncertainty.")
        if is_small is None:
            return _("The last step goes down.")
        if is_small:
            return _("The last step down is smaller than the uncertainty and may be chance.")
        return _("The last step down is larger than the uncertainty.")


def _may_be_chance(one: HistoryRow, other: HistoryRow) -> bool | None:
    """Say whether a value lies in the interval of the other; None without intervals.

    Both were measured on the same rows, so a difference is surer than that: this errs on the
    careful side.
    """
    answers = [
        row.low <= point.value <= row.high
        for row, point in ((one, other), (other, one))
        if row.low is not None and row.high is not None and point.value is not None
    ]
    return any(answers) if answers else None


def history(evaluation: Evaluation, *, counting: Evaluation | None = None) -> History:
    """Return the versions of the same team, measured by the same version of the benchmark."""
    entry, benchmark = evaluation.submission.entry, evaluation.benchmark
    versions = list(
        Submission.objects.filter(
            entry=entry, handed_in_at__isnull=False, files__kind=FileKind.PREDICTIONS
        ).order_by("number")
    )
    runs = _runs(evaluation, versions)
    scores = {
        score.evaluation_id: score
        for score in MetricScore.objects.filter(
            evaluation__in=[run.pk for run in runs.values()],
            split=Split.PUBLIC,
            metric=benchmark.main_metric,
        )
    }
    phase = deadlines.window(entry.challenge)
    limit = phase.limit_per_day if phase else None
    card = metric_card(benchmark.main_metric)
    values = {
        version.pk: scores[runs[version.pk].pk]
        for version in versions
        if version.pk in runs and runs[version.pk].pk in scores
    }
    best = _best(versions, values, benchmark, is_higher=card.higher_is_better)
    used: Counter[dt.date] = Counter()
    rows = []
    for version in versions:
        assert version.handed_in_at is not None  # noqa: S101  (filtered)
        day = to_zone(version.handed_in_at).date()
        used[day] += version.uses_a_try
        score, run = values.get(version.pk), runs.get(version.pk)
        rows.append(
            HistoryRow(
                number=version.number,
                handed_in_at=version.handed_in_at,
                value=_published(score.value, benchmark) if score else None,
                low=_published(score.low, benchmark) if score else None,
                high=_published(score.high, benchmark) if score else None,
                words="" if score else _why(run),
                try_of_day=used[day] if limit is not None and version.uses_a_try else None,
                is_best=version.pk == best,
                counts=counting is not None and counting.submission_id == version.pk,
            )
        )
    return History(card=card, rows=tuple(rows), limit_per_day=limit)


def _runs(evaluation: Evaluation, versions: list[Submission]) -> dict[int, Evaluation]:
    """Return for each version the run that pages rest on."""
    found = (
        Evaluation.objects.filter(
            submission__in=versions, benchmark_version=evaluation.benchmark_version
        )
        .filter(queries.shown_repeats(evaluation.submission.entry.challenge))
        .order_by(queries.HAS_RESULT.desc(), "repeat")
    )
    # The last one of a version stays.
    return {run.submission_id: run for run in found}


def _best(
    versions: list[Submission],
    values: dict[int, MetricScore],
    benchmark: Benchmark,
    *,
    is_higher: bool,
) -> int | None:
    published = {
        version.pk: _published(values[version.pk].value, benchmark)
        for version in versions
        if version.pk in values and version.state != SubmissionState.WITHDRAWN
    }
    if not published:
        return None
    top = (max if is_higher else min)(value for value in published.values() if value is not None)
    return next(pk for pk, value in published.items() if value == top)


def _published(value: float | None, benchmark: Benchmark) -> Decimal | None:
    return (
        None if value is None else round_half_up(value, benchmark.digits_of(benchmark.main_metric))
    )


def _why(run: Evaluation | None) -> str:
    if run is None:
        return pgettext("version", "waits")
    words = _WORDS.get(EvaluationState(run.state))
    return words() if words else pgettext("version", "no value")


def table(found: History) -> tuple[list[str], list[list[Any]]]:
    """Return head and rows for programs."""
    return (
        [
            "version",
            "handed_in_at",
            "metric",
            "value",
            "low",
            "high",
            "try_of_day",
            "best",
            "counts",
        ],
        [
            [
                row.number,
                row.handed_in_at.isoformat(timespec="seconds"),
                found.card.key,
                "" if row.value is None else row.value,
                "" if row.low is None else row.low,
                "" if row.high is None else row.high,
                row.try_of_day or "",
                int(row.is_best),
                int(row.counts),
            ]
            for row in found.rows
        ],
    )
