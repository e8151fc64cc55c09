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
