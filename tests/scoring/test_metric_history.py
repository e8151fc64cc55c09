"""A team's versions one after the other: which is best, and whether a step is more than chance."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from core import clock
from scoring.models import Evaluation, MetricScore
from scoring.queries import metric_history
from scoring.queries.metric_history import History, HistoryRow
from scoring.queries.metrics import metric_card
from scoring.states import EvaluationState
from submissions.states import SubmissionState
from tests import factories
from tests.factories import handed_in_predictions, measured_challenge, predictions, scored


def history(*values: tuple[str, str | None], key: str = "accuracy") -> History:
    """Make a history of (value, half an interval) pairs."""
    card = metric_card(key)
    top = (max if card.higher_is_better else min)(Decimal(value) for value, _half in values)
    best = next(at for at, (value, _half) in enumerate(values) if Decimal(value) == top)
    return History(
        card=card,
        limit_per_day=None,
        rows=tuple(
            HistoryRow(
                number=at + 1,
                handed_in_at=dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC),
                value=Decimal(value),
                low=Decimal(value) - Decimal(half) if half else None,
                high=Decimal(value) + Decimal(half) if half else None,
                words="",
                try_of_day=None,
                is_best=at == best,
                counts=False,
            )
            for at, (value, half) in enumerate(values)
        ),
    )


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        ([("0.900", "0.02")], "accuracy", "One version has a value: version 1, 90.0%."),
        (
            [("0.900", "0.02"), ("0.910", "0.02")],
            "accuracy",
            (
                "Best of 2 versions with a value is version 2: 91.0%. The last step up is smaller "
                "than the uncertainty and may be chance."
            ),
        ),
        (
            [("0.900", "0.02"), ("0.950", "0.02")],
            "accuracy",
            (
                "Best of 2 versions with a value is version 2: 95.0%. The last step up is larger "
                "than the uncertainty."
            ),
        ),
        (
            [("0.950", "0.02"), ("0.900", "0.02")],
            "accuracy",
            (
                "Best of 2 versions with a value is version 1: 95.0%. The last step down is larger "
                "than the uncertainty."
            ),
        ),
        (
            [("3.0", "0.1"), ("2.0", "0.1")],
            "rmse",
            (
                "Best of 2 versions with a value is version 2: 2.0. The last step up is larger "
                "than the uncertainty."
            ),
        ),
        (
            [("0.900", None), ("0.910", None)],
            "accuracy",
            "Best of 2 versions with a value is version 2: 91.0%. The last step goes up.",
        ),
        (
            [("0.900", None), ("0.900", None)],
            "accuracy",
            "Best of 2 versions with a value is version 1: 90.0%. The last step changed nothing.",
        ),
    ],
)
def test_takeaway_claims_no_more_than_the_intervals_allow(
    values: list[tuple[str, str | None]], key: str, words: str
) -> None:
    with translation.override("en"):
        assert history(*values, key=key).takeaway == words


@pytest.mark.django_db
def test_history_holds_every_version_with_its_value_or_why_it_has_none() -> None:
    entry = factories.EntryFactory(challenge=measured_challenge())
    entry.challenge.phases.update(limit_per_day=3)
    now = clock.now() - dt.timedelta(days=1)
    runs: list[Evaluation] = []
    for number, (value, fields) in enumerate(
        [
            (0.7, {}),
            (0.9, {"state": SubmissionState.WITHDRAWN}),
            (0.8, {}),
            (0.8, {"costs_a_try": False}),
        ],
        start=1,
    ):
        version = handed_in_predictions(
            entry, *predictions(), number=number, handed_in_at=now, **fields
        )
        runs.append(scored(version, public=value))
    MetricScore.objects.filter(evaluation=runs[-1]).update(rows=4)
    waiting = handed_in_predictions(entry, *predictions(), number=5, handed_in_at=now)
    Evaluation.objects.create(
        submission=waiting,
        benchmark=runs[0].benchmark,
        benchmark_version=1,
        state=EvaluationState.QUEUED,
        queued_at=now,
    )
    # Another team's version is not among them.
    scored(
        handed_in_predictions(
            factories.EntryFactory(challenge=entry.challenge), *predictions(), handed_in_at=now
        ),
        public=1.0,
    )

    with translation.override("en"):
        found = metric_history.history(runs[0], counting=runs[2])

    assert [
        (row.number, row.value, row.words, row.try_of_day, row.is_best, row.counts)
        for row in found.rows
    ] == [
        (1, Decimal("0.7000"), "", 1, False, False),
        (2, Decimal("0.9000"), "", 2, False, False),
        (3, Decimal("0.8000"), "", 3, True, True),
        (4, Decimal("0.8000"), "", None, False, False),
        (5, None, "waits", 4, False, False),
    ]


@pytest.mark.django_db
def test_csv_and_page_show_the_same_versions(sign_in) -> None:
    entry = factories.EntryFactory(challenge=measured_challenge())
    for number, value in ((1, 0.5), (2, 0.75)):
        version = handed_in_predictions(entry, *predictions(), number=number)
        last = scored(version, public=value)
    client = sign_in(factories.team_member(entry.team))

    page = client.get("/en" + reverse("scoring:evaluation-show", args=[last.code]))
    lines = client.get(reverse("scoring:evaluation-detail-csv", args=[last.code, "history"]))

    assert [row[:1] + row[2:4] for row in page.context["history"].rows] == [
        ["1", "50.00%", "40.00% – 60.00%"],
        ["2", "75.00%", "65.00% – 85.00%"],
    ]
    head, *rows = lines.content.decode().splitlines()
    assert head == "version,handed_in_at,metric,value,low,high,try_of_day,best,counts"
    assert [row.split(",")[3:] for row in rows] == [
        ["0.5000", "0.4000", "0.6000", "", "0", "0"],
        ["0.7500", "0.6500", "0.8500", "", "1", "1"],
    ]
