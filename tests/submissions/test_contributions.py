"""What stands on pages of `competition`, and that jurors learn no team there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import RequestFactory

from competition.extensions import Place, contributed_items, contributions, participates
from core import clock
from submissions.models import LateAttempt
from tests.factories import JurySeatFactory, SubmissionFactory, organiser, past_phase


def shown(place: Place, user, subject) -> str:
    """Render everything the apps show at a place, as the pages do."""
    request = RequestFactory().get("/")
    request.user = user
    return " ".join(
        render_to_string(part.template, {"part": part.context}, request=request)
        for part in contributions(place, request, subject)
        if part.template
    )


@pytest.fixture
def challenge(world):
    SubmissionFactory(entry=world.entry, handed_in=True)
    SubmissionFactory(entry=world.entry, number=2)
    SubmissionFactory(entry=world.other_entry, handed_in=True)
    return world.challenge


def test_aside_leads_the_team_to_its_draft(world, challenge):
    draft = world.entry.submissions.get(number=2)

    assert draft.get_absolute_url() in shown(Place.CHALLENGE_ASIDE, world.dora, challenge)


def test_aside_leads_the_team_to_what_counts(world, challenge):
    counting = world.other_entry.submissions.get()

    text = shown(Place.CHALLENGE_ASIDE, world.emil, challenge)

    assert counting.get_absolute_url() in text
    assert "Fassung 1 zählt" in text


@pytest.mark.parametrize("who", ["gus", "visitor"])
def test_aside_invites_everybody_else(world, challenge, who):
    user = AnonymousUser() if who == "visitor" else world.gus

    text = shown(Place.CHALLENGE_ASIDE, user, challenge)

    assert f"{challenge.get_absolute_url()}enter/" in text
    assert ("legen ein Konto an" in text) == (who == "visitor")


@pytest.mark.parametrize("who", ["ada", "bea"])
def test_aside_invites_nobody_who_may_not_take_part(world, challenge, who):
    assert "/enter/" not in shown(Place.CHALLENGE_ASIDE, getattr(world, who), challenge)


def test_aside_invites_nobody_after_the_deadline(world, challenge):
    with past_phase(challenge):
        fresh = type(challenge).objects.get()
        for user in (AnonymousUser(), world.gus):
            assert shown(Place.CHALLENGE_ASIDE, user, fresh).strip() == ""


def test_aside_keeps_the_way_to_the_own_submission_after_the_deadline(world, challenge):
    with past_phase(challenge):
        text = shown(Place.CHALLENGE_ASIDE, world.emil, type(challenge).objects.get())

    assert world.other_entry.submissions.get().get_absolute_url() in text


@pytest.mark.parametrize("place", [Place.CHALLENGE_ASIDE, Place.CHALLENGE_MAIN])
@pytest.mark.parametrize("who", ["frida", "gus", "visitor", "bea", "ada"])
def test_nobody_else_reads_who_takes_part(world, challenge, place, who):
    # names, organisations, members, codes and pseudonyms are planted; none may come out.
    people = {"visitor": AnonymousUser(), "gus": world.gus, "ada": world.ada, "bea": world.bea}
    user = people.get(who) or JurySeatFactory(jury__challenge=challenge).user

    text = shown(place, user, challenge)

    for entry in (world.entry, world.other_entry):
        for secret in (
            entry.team.name,
            entry.team.organisation,
            entry.team.code,
            entry.jury_pseudonym,
            *entry.submissions.values_list("code", flat=True),
        ):
            assert secret not in text
    assert world.cem.name not in text


def test_statement_that_is_not_public_shows_nothing(world, challenge):
    challenge.state = "in_review"

    for place in (Place.CHALLENGE_ASIDE, Place.OFFICE_CHALLENGE):
        assert "submission" not in shown(place, world.ada, challenge)


def test_office_reads_figures_and_no_names(world, challenge):
    draft = world.entry.submissions.get(number=2)
    LateAttempt.objects.create(submission=draft, attempted_at=clock.now(), ended_at=clock.now())

    text = shown(Place.OFFICE_CHALLENGE, world.ada, challenge)

    assert "2 Teams nehmen teil." in text
    assert "2 Fassungen sind eingegangen, von 2 Teams." in text
    assert "1 Versuch kam zu spät." in text
    for secret in (world.team.name, world.entry.jury_pseudonym, draft.code):
        assert secret not in text


def test_cockpit_gets_figures(world, challenge):
    request = RequestFactory().get("/")
    request.user = world.ada

    items = contributed_items(Place.OFFICE_FIGURES, request, challenge.competition)

    figures = {str(item.label): item.value for item in items}
    assert (figures["Teams"], figures["Eingegangene Fassungen"]) == (2, 2)


def test_participation_opens_data_for_members_only(world, challenge):
    assert {
        user.name: list(participates(user).values_list("challenge", flat=True))
        for user in (world.cem, world.dora, world.emil)
    } == {
        "Cem Captain": [challenge.pk],
        "Dora Daten": [challenge.pk],
        "Emil Einzel": [challenge.pk],
    }
    for user in (world.gus, organiser(challenge.competition), AnonymousUser()):
        assert not participates(user).exists()
