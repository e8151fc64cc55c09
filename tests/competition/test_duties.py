"""Nobody is on two sides of a competition: whoever answers or judges gets no duty in it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from competition.actions import statement as statement_actions
from competition.models import AgencyMembership, Challenge, OfficeMembership
from core.exceptions import DomainError
from tests.factories import (
    JuryFactory,
    JurySeatFactory,
    TeamFactory,
    UserFactory,
    agency_staff,
    open_challenge,
    team_member,
)

pytestmark = pytest.mark.django_db


def _cast(challenge) -> dict[str, object]:
    """Return people of every side of a competition, by role."""
    member = team_member(TeamFactory(competition=challenge.competition))
    elsewhere = team_member(TeamFactory())
    juror = JurySeatFactory(jury=JuryFactory(challenge=challenge)).user
    juror_elsewhere = JurySeatFactory().user
    return {
        "member": member,
        "member_elsewhere": elsewhere,
        "juror": juror,
        "juror_elsewhere": juror_elsewhere,
        "nobody": UserFactory(),
    }


def _lines(prefix: str, **fields: object) -> dict[str, object]:
    """Return the form of one new line of an inline table."""
    management = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
    return {f"{prefix}-{key}": value for key, value in management.items()} | {
        f"{prefix}-0-{key}": value for key, value in fields.items()
    }


def test_office_takes_neither_members_of_teams_nor_jurors(sign_in):
    challenge = open_challenge()
    competition = challenge.competition
    cast = _cast(challenge)
    client = sign_in(UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:competition_competition_change", args=[competition.pk])
    data = {
        name: getattr(competition, name)
        for name in ("slug", "name_de", "summary_de", "host", "contact_email")
    } | {"team_size_limit": 4, "team_changes_end_days": 5, "objection_days": 7}

    codes = {
        role: client.post(address, data | _lines("office", user=person.pk)).status_code
        for role, person in cast.items()
    }

    taken = {role for role, code in codes.items() if code == 302}
    assert taken == {"member_elsewhere", "juror_elsewhere", "nobody"}
    assert set(OfficeMembership.objects.values_list("user", flat=True)) == {
        cast[role].pk for role in taken
    }
    competition.refresh_from_db()
    assert (competition.team_size_limit, competition.team_changes_end_days) == (4, 5)


def test_agency_takes_no_member_of_a_team_where_it_posts(sign_in):
    challenge = open_challenge()
    cast = _cast(challenge)
    client = sign_in(UserFactory(is_staff=True, is_superuser=True))
    address = reverse("admin:competition_agency_change", args=[challenge.agency.pk])
    data = {"name": challenge.agency.name, "slug": challenge.agency.slug}

    codes = {
        role: client.post(
            address, data | _lines("memberships", user=person.pk, role="editor")
        ).status_code
        for role, person in cast.items()
    }

    # A juror may work for the agency: it knows the problem and judges under the same blindness.
    taken = {role for role, code in codes.items() if code == 302}
    assert taken == {"member_elsewhere", "juror", "juror_elsewhere", "nobody"}
    assert set(AgencyMembership.objects.values_list("user", flat=True)) == {
        cast[role].pk for role in taken
    }


def test_agency_posts_nothing_where_its_staff_competes():
    challenge = open_challenge()
    agency = challenge.agency
    bea = agency_staff(agency)
    colleague = agency_staff(agency)
    elsewhere = open_challenge().competition
    team = TeamFactory(competition=elsewhere)
    team.memberships.create(competition=elsewhere, user=colleague, joined_at=team.created_at)

    with pytest.raises(DomainError) as error:
        statement_actions.create(agency, by=bea, competition=elsewhere, title_de="Neu")

    assert error.value.code == "staff_competes"
    assert not Challenge.objects.filter(title_de="Neu").exists()
    statement_actions.create(agency, by=bea, competition=challenge.competition, title_de="Neu")
