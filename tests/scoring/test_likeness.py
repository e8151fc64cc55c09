"""Equal and nearly equal files of different teams, as the office reads of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.urls import reverse

from core import clock
from scoring.actions import likeness as actions
from scoring.models import Fingerprint, MetricScore
from scoring.queries import likeness as queries
from submissions.models import Submission
from tests import factories
from tests.factories import handed_in_predictions, measured_challenge, predictions, scored
from tests.kept import kept_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from competition.models import Challenge

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def kept_challenge(
    request: pytest.FixtureRequest, django_db_blocker: Any, kept: None
) -> Iterator[Challenge]:
    request.getfixturevalue("django_db_setup")
    with kept_rows(django_db_blocker, measured_challenge) as challenge:
        yield challenge


@pytest.fixture
def challenge(kept_challenge: Challenge, db: None) -> Challenge:
    return copy.deepcopy(kept_challenge)


def entry(challenge, name, **fields):
    return factories.EntryFactory(challenge=challenge, team__name=name, **fields)


def hand_in(team, *, wrong=0, **fields):
    version = handed_in_predictions(team, *predictions(wrong=wrong), **fields)
    scored(version, public=0.8)
    return version


def test_same_file_of_two_teams_is_found_in_any_version_but_not_of_one_team(challenge):
    dachs, fuchs, luchs = (entry(challenge, name) for name in ("Dachs", "Fuchs", "Luchs"))
    hand_in(dachs, wrong=2)
    hand_in(dachs, wrong=3)
    hand_in(fuchs, wrong=2)
    hand_in(luchs, wrong=4)
    hand_in(luchs, wrong=4)
    hand_in(entry(challenge, "Host", is_baseline=True), wrong=3)
    Submission.objects.filter(entry=fuchs).update(state="withdrawn")

    (same,) = queries.report(challenge).same

    assert [(team, number) for team, number, _moment in same.versions] == [
        ("Dachs", 1),
        ("Fuchs", 1),
    ]


def test_sweep_makes_each_fingerprint_once(challenge):
    version = hand_in(entry(challenge, "Dachs"))
    factories.SubmissionFactory(entry=version.entry, number=2, handed_in=True)

    first, again = (actions.make_fingerprints(clock.now()) for _ in range(2))

    assert (first, again) == (1, 0)
    assert len(Fingerprint.objects.get(submission=version).content) == 2 * len(factories.TRUTH)


def test_office_reads_which_teams_agree_more_than_explained(challenge, sign_in):
    chance = np.random.default_rng(1)
    own = chance.integers(0, 3, 400).astype(np.uint16)
    contents = {"Dachs": own, "Fuchs": own, "Luchs": chance.integers(0, 3, 400).astype(np.uint16)}
    for name, content in contents.items():
        version = hand_in(entry(challenge, name), wrong=len(name))
        Fingerprint.objects.create(
            submission=version, content=content.tobytes(), made_at=clock.now()
        )
    MetricScore.objects.filter(metric="accuracy").update(value=0.7)
    hand_in(entry(challenge, "Marder"), wrong=1)
    address = reverse(
        "scoring:leaderboard-manage", args=[challenge.competition.slug, challenge.code]
    )

    page = sign_in(factories.organiser(challenge.competition)).get(address)

    alike = page.context["alike"]
    assert [pair.teams for pair in alike.pairs] == [(("Dachs", 1), ("Fuchs", 1))]
    assert (alike.compared, alike.missing) == (3, 1)
    # Two labels: 0.7 · 0.7 + 0.3 · 0.3 / (labels - 1), or more by chance.
    assert alike.pairs[0].share == alike.pairs[0].excess == 1.0
