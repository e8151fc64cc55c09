"""Finding and authorising in one call."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from competition.models import Agency, Challenge, Competition
from core.access import get_permitted, get_visible, key_of
from scoring.models import Evaluation, Jury
from submissions.models import Entry, Submission, Team
from tests.factories import (
    ChallengeFactory,
    CompetitionFactory,
    JuryFactory,
    SubmissionFactory,
    UserFactory,
    agency_staff,
    open_challenge,
)

pytestmark = pytest.mark.django_db


def test_key_of_a_visitor_belongs_to_nobody() -> None:
    gus = UserFactory()

    assert (key_of(AnonymousUser()), key_of(gus)) == (0, gus.pk)


def test_visitor_finds_no_row_of_an_agency_office_or_team_without_members() -> None:
    """Django reads `members__user=None` as "without members"; rows without members exist here."""
    ChallengeFactory(competition=CompetitionFactory(published_at=None))
    SubmissionFactory(handed_in=True)
    JuryFactory()
    visitor = AnonymousUser()

    seen = [
        list(Agency.objects.of_staff(visitor)),
        list(Challenge.objects.of_agency_staff(visitor)),
        list(Challenge.objects.organised_by(visitor)),
        list(Competition.objects.organised_by(visitor)),
        list(Entry.objects.visible_to(visitor)),
        list(Submission.objects.visible_to(visitor)),
        list(Team.objects.visible_to(visitor)),
        list(Evaluation.objects.visible_to(visitor)),
        list(Jury.objects.visible_to(visitor)),
    ]

    assert seen == [[]] * 9


def test_permitted_row_is_returned_to_those_who_hold_the_permission_only() -> None:
    challenge = ChallengeFactory()
    bea = agency_staff(challenge.agency)

    found = get_permitted(Challenge, "competition.change_challenge", bea, code=challenge.code)

    assert found == challenge
    with pytest.raises(Http404):
        get_permitted(Challenge, "competition.change_challenge", UserFactory(), code=challenge.code)
    with pytest.raises(Http404):
        get_permitted(Challenge, "competition.change_challenge", bea, code="P-NOPE")


def test_visible_row_is_found_among_the_visible_ones_only() -> None:
    draft, public = ChallengeFactory(), open_challenge()

    found = get_visible(Challenge, AnonymousUser(), code=public.code)

    assert found == public
    with pytest.raises(Http404):
        get_visible(Challenge, AnonymousUser(), code=draft.code)


def test_operator_of_the_machine_holds_no_permission_on_rows_of_others() -> None:
    """Django would let a superuser do everything; ours may not read what is sealed (R-3)."""
    operator = UserFactory(is_superuser=True, is_staff=True)
    submission = SubmissionFactory(handed_in=True)
    challenge = submission.entry.challenge

    held = [
        operator.has_perm("submissions.view_submission", submission),
        operator.has_perm("competition.organise", challenge.competition),
        operator.has_perm("scoring.change_benchmark", challenge),
        operator.has_perm("nonsense.permission", challenge),
    ]

    assert held == [False] * 4
    assert operator.has_perm("competition.change_agency")
