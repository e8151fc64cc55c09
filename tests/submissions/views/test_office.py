from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from core import clock
from submissions.models import Entry, LateAttempt, Upload
from tests.factories import (
    CompetitionFactory,
    EntryFactory,
    SubmissionFactory,
    lose,
    organiser,
    past_phase,
)

MINUTE = dt.timedelta(minutes=1)


def url(world) -> str:
    challenge = world.challenge
    return reverse("submissions:entry-list", args=[challenge.competition.slug, challenge.code])


def test_entry_list_is_for_the_office_of_this_competition(world, sign_in):
    elsewhere = organiser(CompetitionFactory())
    people = {name: getattr(world, name) for name in ("ada", "bea", "cem", "emil", "gus")}

    codes = {
        name: sign_in(user).get(url(world)).status_code
        for name, user in {**people, "elsewhere": elsewhere}.items()
    }

    assert codes == {
        "ada": 200,
        "bea": 404,
        "cem": 404,
        "emil": 404,
        "gus": 404,
        "elsewhere": 404,
    }


def test_entry_list_leads_visitors_to_the_sign_in(world, client):
    assert client.get(url(world)).url.startswith("/accounts/login/")


def test_entry_list_names_teams_times_and_late_attempts(world, sign_in):
    SubmissionFactory(entry=world.entry, handed_in=True)
    draft = SubmissionFactory(entry=world.other_entry)
    LateAttempt.objects.create(
        submission=draft,
        user=world.emil,
        attempted_at=clock.now(),
        ended_at=clock.now(),
        text_sha256="cd" * 32,
        files=[{"kind": "concept", "size": 60_000_000, "sha256": "ab" * 32}],
    )

    response = sign_in(world.ada).get(url(world))

    assert [line.team_name for line in response.context["lines"]] == ["Team Dachs", "Team Luchs"]
    assert [name for name, _attempt in response.context["late"]] == ["Team Luchs"]
    assert (response.context["handed_in"], response.context["versions"]) == (1, 1)
    for shown in ("Emil Einzel", " ".join(["abababab"] * 8), " ".join(["cdcdcdcd"] * 8)):
        assert shown in response.text


def test_entry_list_joins_no_team_with_its_submission(world, sign_in):
    # neither the code, which stands in the addresses of the jury, nor the pseudonym.
    version = SubmissionFactory(
        entry=world.entry, handed_in=True, title="Geheimer Titel", summary="Geheimer Text"
    )

    text = sign_in(world.ada).get(url(world)).text

    for secret in (
        version.code,
        "Geheimer Titel",
        "Geheimer Text",
        *(entry.jury_pseudonym for entry in (world.entry, world.other_entry)),
    ):
        assert secret not in text


@pytest.mark.parametrize("rows", [1, 3])
def test_entry_list_count_of_queries(world, sign_in, own_queries, rows):
    lose(Entry.objects.filter(pk=world.other_entry.pk))
    SubmissionFactory(entry=world.entry, handed_in=True)
    for _ in range(rows - 1):
        SubmissionFactory(entry=EntryFactory(challenge=world.challenge), handed_in=True)

    assert own_queries(sign_in(world.ada), url(world)) == 8


def crossing(draft, world, **fields) -> Upload:
    values = {"kind": "concept", "original_name": "geheim.pdf", "size": 60_000_000}
    values |= {"part_size": 1, "staging_key": "s", "created_by": world.emil}
    return Upload.objects.create(submission=draft, **values | fields)


def test_uploads_that_crossed_the_deadline_are_shown_with_their_outcome(world, sign_in):
    draft = SubmissionFactory(entry=world.other_entry)
    with past_phase(world.challenge) as phase:
        begun = phase.ends_at - MINUTE
        crossing(draft, world, state="attached", opened_at=begun, received_at=phase.ends_at)
        crossing(
            draft,
            world,
            state="refused",
            opened_at=begun,
            failure="deadline_passed",
            ended_at=phase.ends_at + MINUTE,
        )
        # In time, and refused for another reason.
        crossing(draft, world, state="attached", opened_at=begun, received_at=begun)
        crossing(draft, world, state="refused", opened_at=begun, failure="not_a_pdf")

        response = sign_in(world.ada).get("/en" + url(world))

    found = [
        (name, upload.was_accepted, upload.ended_at - phase.ends_at, upload.person)
        for name, upload in response.context["late_uploads"]
    ]
    assert found == [
        ("Team Luchs", False, MINUTE, "Emil Einzel"),
        ("Team Luchs", True, 0 * MINUTE, "Emil Einzel"),
    ]
    for shown in ("Accepted within the grace", "Refused: too late", "within 2 minutes"):
        assert shown in response.text
    for secret in ("geheim.pdf", draft.code, world.other_entry.jury_pseudonym):
        assert secret not in response.text


def test_file_sent_by_the_plain_form_after_the_deadline_is_shown(world, sign_in, pdf):
    type(world.challenge).objects.update(wants_concept=True)
    draft = SubmissionFactory(entry=world.other_entry)
    with past_phase(world.challenge):
        address = reverse("submissions:file-upload", args=[draft.code, "concept"])
        refused = sign_in(world.emil).post(address, {"file": pdf})

        response = sign_in(world.ada).get("/en" + url(world))

    [(name, upload)] = response.context["late_uploads"]
    assert (refused.status_code, name) == (403, "Team Luchs")
    assert (upload.was_accepted, upload.size, upload.person) == (False, pdf.size, "Emil Einzel")
