"""Who may do what: the whole set for each person, and list and predicate agree (H-70)."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from submissions.models import Entry, Submission, Team
from submissions.states import SubmissionState
from tests.factories import JurySeatFactory, SubmissionFactory, past_phase

ON_TEAM = ("view_team", "manage_team")
ON_SUBMISSION = (
    "view_submission",
    "change_submission",
    "hand_in_submission",
    "withdraw_submission",
)


def person(world, name: str):
    if name == "visitor":
        return AnonymousUser()
    if name == "frida":
        return JurySeatFactory(jury__challenge=world.challenge).user
    return getattr(world, name)


def held(user, permissions, row) -> set[str]:
    return {name for name in permissions if user.has_perm(f"submissions.{name}", row)}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cem", {"view_team", "manage_team"}),
        ("dora", {"view_team"}),
        *((name, set()) for name in ("emil", "ada", "bea", "frida", "gus", "visitor")),
    ],
)
def test_team_permissions(world, name, expected):
    user = person(world, name)

    assert held(user, ON_TEAM, world.team) == expected
    assert Team.objects.visible_to(user).filter(pk=world.team.pk).exists() == (
        "view_team" in expected
    )


@pytest.mark.parametrize(
    ("name", "state", "expected"),
    [
        ("cem", "draft", {"view_submission", "change_submission", "hand_in_submission"}),
        ("cem", "handed_in", {"view_submission", "hand_in_submission", "withdraw_submission"}),
        ("cem", "withdrawn", {"view_submission", "hand_in_submission"}),
        ("cem", "ineligible", {"view_submission", "hand_in_submission"}),
        ("dora", "draft", {"view_submission", "change_submission"}),
        ("dora", "handed_in", {"view_submission"}),
        *(
            (name, state, set())
            for name in ("emil", "ada", "bea", "frida", "gus", "visitor")
            for state in ("draft", "handed_in", "withdrawn")
        ),
    ],
)
def test_submission_permissions(world, name, state, expected):
    user = person(world, name)
    version = SubmissionFactory(
        entry=world.entry,
        state=state,
        handed_in_at=None if state == SubmissionState.DRAFT else world.entry.accepted_at,
    )

    assert held(user, ON_SUBMISSION, version) == expected
    assert Submission.objects.visible_to(user).exists() == ("view_submission" in expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cem", {"start_submission", "view_entry"}),
        ("dora", {"start_submission", "view_entry"}),
        *((name, set()) for name in ("emil", "ada", "bea", "frida", "gus", "visitor")),
    ],
)
def test_entry_permissions(world, name, expected):
    user = person(world, name)

    assert held(user, ("start_submission", "view_entry"), world.entry) == expected


def test_entries_are_visible_to_their_team_and_the_office(world):
    seen = {
        name: set(Entry.objects.visible_to(person(world, name)))
        for name in ("cem", "emil", "ada", "bea", "frida", "gus", "visitor")
    }

    assert seen == {
        "cem": {world.entry},
        "emil": {world.other_entry},
        "ada": {world.entry, world.other_entry},
        "bea": set(),
        "frida": set(),
        "gus": set(),
        "visitor": set(),
    }


def test_membership_permissions(world):
    cem, dora = (world.team.memberships.get(user=user) for user in (world.cem, world.dora))
    names = ("remove_membership", "promote_membership")

    assert {
        (user.name, row.user.name): held(user, names, row)
        for user in (world.cem, world.dora, world.emil)
        for row in (cem, dora)
    } == {
        ("Cem Captain", "Cem Captain"): {"remove_membership"},
        ("Cem Captain", "Dora Daten"): {"remove_membership", "promote_membership"},
        ("Dora Daten", "Cem Captain"): set(),
        ("Dora Daten", "Dora Daten"): {"remove_membership"},
        ("Emil Einzel", "Cem Captain"): set(),
        ("Emil Einzel", "Dora Daten"): set(),
    }


def test_entering_needs_an_account_and_an_open_window(world):
    allowed = {
        name: person(world, name).has_perm("submissions.enter_challenge", world.challenge)
        for name in ("gus", "visitor")
    }
    with past_phase(world.challenge):
        challenge = type(world.challenge).objects.get()
        later = world.gus.has_perm("submissions.enter_challenge", challenge)

    assert (allowed, later) == ({"gus": True, "visitor": False}, False)
