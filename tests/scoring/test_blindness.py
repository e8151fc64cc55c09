"""Nothing that reaches a juror tells who is behind a submission (R-5, TH-12, N-6, J-96)."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from core.models import OutboxMessage
from scoring.actions import conflict as conflict_actions
from scoring.actions import decision as decision_actions
from scoring.actions import deliberation
from scoring.actions import jury as jury_actions
from scoring.models import Assessment, Assignment, ConflictDeclaration, Motion, Recusal, Vote
from scoring.states import ConflictAnswer
from submissions.models import Submission, SubmissionFile
from tests.factories import lose
from tests.scoring.jury_room import IDENTITIES, ORGANISATIONS, seated

pytestmark = pytest.mark.django_db

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')


def juror_pages(room, name):
    """Return the addresses of every page of a juror, by what they are."""
    code = room.challenge.code
    pages = {
        "list": reverse("scoring:jury-list"),
        "grid": reverse("scoring:jury-show", args=[code]),
        "sorted": reverse("scoring:jury-show", args=[code]) + "?sort=title",
        "release": reverse("scoring:jury-release", args=[code]),
        "declaration": reverse("scoring:jury-declare", args=[code]),
        "kit": reverse("scoring:kit-show", args=[code]),
        "compare": reverse("scoring:assessment-compare", args=[code]),
    }
    chosen = "&".join(
        f"with={row.submission.code}"
        for row in Assignment.objects.visible_to(room.people[name]).filter(seat=room.seats[name])
    )
    pages["side by side"] = f"{pages['compare']}?{chosen}"
    for assignment in Assignment.objects.visible_to(room.people[name]).filter(
        seat=room.seats[name]
    ):
        pseudonym = assignment.submission.entry.jury_pseudonym
        arguments = [code, assignment.submission.code]
        views = ["assessment-edit", "recusal-create", "assessment-document"]
        if hasattr(assignment, "assessment"):
            views.append("assessment-versions")
        for view in views:
            pages[f"{view} {pseudonym}"] = reverse(f"scoring:{view}", args=arguments)
    if room.seats[name].is_chair:
        pages["progress"] = reverse("scoring:jury-progress", args=[code])
        pages["close"] = reverse("scoring:jury-close", args=[code])
        seat = room.seats["frida"]
        for assignment in Assignment.objects.filter(seat=seat, assessment__isnull=False):
            pages[f"reopen {assignment.pk}"] = reverse(
                "scoring:assessment-reopen", args=[code, seat.code, assignment.submission.code]
            )
    return pages


def words_in(text, words):
    return [word for word in words if word in text]


def answer(client, url):
    response = client.get(url)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    assert response.status_code == 200, url
    return headers + body.decode("utf-8", "replace")


@pytest.mark.parametrize("who", ["frida", "hanna"])
@pytest.mark.parametrize("language", ["", "/en"])
def test_no_page_header_or_file_name_names_a_team(assessing, sign_in, who, language):
    assessing.save("frida", "Ulme", 4, 3, 7, comment="Gut.")
    client = sign_in(assessing.people[who])

    found = {
        page: words_in(answer(client, language + url), IDENTITIES)
        for page, url in juror_pages(assessing, who).items()
    }

    assert {page: words for page, words in found.items() if words} == {}
    assert len(found) >= 14


@pytest.mark.parametrize("language", ["", "/en"])
def test_what_the_blind_guard_found_reaches_the_team_alone(assessing, sign_in, language):
    """TH-12: the findings quote exactly what nobody else may read."""
    line = {"place": "page", "where": "Verstecktes Feld", "source": "team", "pages": [1]}
    quoted = {"found": "Otterbau", "before": "wir vom ", "after": " Fischteich"}
    SubmissionFile.objects.update(
        guard={"lines": [line | quoted], "total": 1, "end": "read", "pages": 7},
        kept_at=assessing.submissions["Ulme"].handed_in_at,
        kept_by=assessing.people["cem"],
    )
    planted = (*IDENTITIES, "Otterbau", "Fischteich", "Verstecktes Feld")

    pages = {who: juror_pages(assessing, who) for who in ("frida", "hanna")}
    found = {}
    for who, addresses in pages.items():
        client = sign_in(assessing.people[who])
        for page, url in addresses.items():
            text = answer(client, language + url)
            found[who, page] = [word for word in planted if word in text]

    assert {page: words for page, words in found.items() if words} == {}
    assert len(found) >= 28


def test_organisations_appear_on_the_declaration_only(assessing, sign_in):
    client = sign_in(assessing.frida)

    found = {
        page: words_in(answer(client, url), ORGANISATIONS)
        for page, url in juror_pages(assessing, "frida").items()
    }

    assert {page: words for page, words in found.items() if words} == {
        "declaration": list(ORGANISATIONS)
    }


def test_declaration_names_no_submission(assessing, sign_in):
    """Organisations and pseudonyms never stand on one page, in no order that could join them."""
    client = sign_in(assessing.frida)

    page = answer(client, reverse("scoring:jury-declare", args=[assessing.challenge.code]))

    named = [word for word in (*assessing.entries, "Lösung") if word in page]
    codes = [row.code for row in assessing.submissions.values() if row.code in page]
    assert named == codes == []


def test_link_of_the_team_is_not_shown(assessing, sign_in):
    """An address of a code repository nearly always carries a name."""
    client = sign_in(assessing.frida)

    shown = [
        page
        for page, url in juror_pages(assessing, "frida").items()
        if "code.example" in answer(client, url)
    ]

    assert shown == []


def test_document_has_a_neutral_name_and_opens_in_our_page_only(assessing, sign_in):
    submission = assessing.submissions["Ulme"]
    url = reverse("scoring:assessment-document", args=[assessing.challenge.code, submission.code])

    response = sign_in(assessing.frida).get(url)

    # Read to its end, so that the file is closed.
    assert b"".join(response.streaming_content).startswith(b"%PDF")
    assert response.headers["Content-Disposition"] == (
        f'inline; filename="submission-{submission.code}-1.pdf"'
    )
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert response.headers["Cache-Control"] == "private, no-store"


def test_no_mail_to_a_juror_names_a_team_or_an_organisation(assessing):
    assessing.save("frida", "Ulme", 4, 3, 7)
    conflict_actions.recuse(
        assessing.assignment("frida", "Zeder"), by=assessing.frida, reason="conflict"
    )
    assessing.finish("frida", 4, 3, 7)
    late = seated(assessing.jury, by=assessing.ada, email="nele@jury.example")
    jury_actions.assign(late, submission=assessing.submissions["Eibe"], by=assessing.ada)

    mails = OutboxMessage.objects.filter(recipient__endswith="@jury.example")
    leaks = [
        (mail.template, word)
        for mail in mails
        for word in (*IDENTITIES, *ORGANISATIONS)
        if word in mail.subject + mail.body
    ]

    assert {mail.template for mail in mails} == {
        "juror_invited",
        "jury_seat_accepted",
        "assignments_ready",
        "assessments_released",
        "assignment_added",
    }
    assert leaks == []


def test_office_never_gets_pseudonym_and_organisation_in_one_page_or_mail(room, sign_in):
    """R-20: which is whose becomes known after the decision only."""
    room.declare("frida", Ulme=ConflictAnswer.UNSURE)
    room.start()
    conflict_actions.recuse(room.assignment("iris", "Zeder"), by=room.iris, reason="conflict")
    client = sign_in(room.ada)
    url = reverse("scoring:jury-manage", args=[room.competition.slug, room.challenge.code])

    texts = [answer(client, url)]
    texts += [
        mail.subject + mail.body
        for mail in OutboxMessage.objects.filter(recipient=room.ada.email).exclude(
            template="jury_invitation_answered"
        )
    ]

    assert len(texts) == 3
    for text in texts:
        identities = [word for word in (*IDENTITIES, *ORGANISATIONS) if word in text]
        codes = [row.code for row in room.submissions.values() if row.code in text]
        assert identities == codes == []


# -- what a recused juror sees is what they would see if the submission did not exist --------------


def pages_without_token(client, room, name):
    found = {}
    for page, url in juror_pages(room, name).items():
        if "document" not in page:
            found[page] = TOKEN.sub(b"", client.get(url).content)
    return found


def erase(room, pseudonym):
    """Let a submission never have been assigned or assessed by anybody."""
    submission = room.submissions[pseudonym]
    lose(Assessment.objects.filter(assignment__submission=submission))
    Recusal.objects.filter(entry=submission.entry).delete()
    Assignment.objects.filter(submission=submission).delete()
    Submission.objects.filter(pk=submission.pk).update(state="withdrawn")


@pytest.mark.parametrize("who", ["frida", "hanna"])
def test_recused_submission_leaves_no_trace(assessing, sign_in, time_machine, who):
    """N-6: rows, counts, order, totals, tabs, titles: identical bytes but for the token."""
    time_machine.move_to(assessing.seats[who].added_at, tick=False)
    for pseudonym, marks in {"Ulme": (4, 3, 7), "Zeder": (2, 2, 2), "Eibe": (5,)}.items():
        assessing.save(who, pseudonym, *marks)
    conflict_actions.recuse(
        assessing.assignment(who, "Ulme"), by=assessing.people[who], reason="conflict"
    )
    client = sign_in(assessing.people[who])
    client.get(reverse("scoring:jury-list"))
    recused = pages_without_token(client, assessing, who)

    erase(assessing, "Ulme")
    without = pages_without_token(client, assessing, who)

    assert recused == without
    assert "grid" in recused


def test_conflict_declared_beforehand_leaves_no_trace_in_the_grid(room, sign_in, time_machine):
    time_machine.move_to(room.seats["frida"].added_at, tick=False)
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)
    room.start()
    client = sign_in(room.frida)
    url = reverse("scoring:jury-show", args=[room.challenge.code])
    before = TOKEN.sub(b"", client.get(url).content)

    erase(room, "Ulme")

    assert TOKEN.sub(b"", client.get(url).content) == before


def test_marks_of_others_leave_no_trace(assessing, sign_in, time_machine):
    """J-96: whatever the others do, a juror's pages stay the same, byte for byte."""
    time_machine.move_to(assessing.seats["frida"].added_at, tick=False)
    assessing.save("frida", "Ulme", 4, 3, 7)
    client = sign_in(assessing.frida)
    before = pages_without_token(client, assessing, "frida")

    assessing.finish("iris", 5, 5, 10)
    assessing.save("hanna", "Ulme", 1, 1, 0)
    conflict_actions.recuse(
        assessing.assignment("hanna", "Zeder"), by=assessing.hanna, reason="conflict"
    )

    assert pages_without_token(client, assessing, "frida") == before


def test_order_of_the_list_says_nothing_about_the_others(assessing, sign_in):
    """Each juror has an order of their own, and it does not change when something goes (Q-43)."""
    client = sign_in(assessing.frida)
    url = reverse("scoring:jury-show", args=[assessing.challenge.code])
    order = [line.pseudonym for line in client.get(url).context["grid"].lines]

    conflict_actions.recuse(
        assessing.assignment("frida", order[1]), by=assessing.frida, reason="conflict"
    )

    shown = [line.pseudonym for line in client.get(url).context["grid"].lines]
    assert shown == [order[0], order[2]]


def test_declarations_do_not_tell_a_recusal_of_one_s_own(assessing, sign_in):
    """Stepping back from a pseudonym must not mark an organisation on the declaration."""
    url = reverse("scoring:jury-declare", args=[assessing.challenge.code])
    client = sign_in(assessing.frida)
    before = TOKEN.sub(b"", client.get(url).content)

    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )

    assert TOKEN.sub(b"", client.get(url).content) == before
    assert ConflictDeclaration.objects.filter(answer=ConflictAnswer.CONFLICT).count() == 0


# -- the discussion, once the chair has opened it --------------------------------------------------


def discuss(room):
    """Let everybody assess and release, close, and open the discussion with a list."""
    for number, name in enumerate(room.seats):
        room.finish(name, 5 - number, 3, 7)
    jury_actions.close(room.jury, by=room.ada, reason="Alle Bewertungen liegen vor.")
    decision_actions.open_deliberation(room.jury, by=room.hanna)
    for pseudonym in ("Ulme", "Zeder"):
        deliberation.put_on_list(room.jury, entry=room.entries[pseudonym], by=room.hanna)


@pytest.mark.parametrize("language", ["", "/en"])
def test_discussion_names_no_team_and_tells_no_private_note(assessing, sign_in, language):
    assessing.save("iris", "Ulme", 4, 3, 7, comment="Gut.", private_note="Geheime Notiz")
    discuss(assessing)
    url = reverse("scoring:discussion-show", args=[assessing.challenge.code])
    pages = {
        (name, pseudonym): answer(
            sign_in(assessing.people[name]),
            f"{language}{url}?submission={submission.code}",
        )
        for name in ("frida", "hanna")
        for pseudonym, submission in assessing.submissions.items()
    }

    words = (*IDENTITIES, *ORGANISATIONS, "Geheime Notiz", "code.example")
    assert {page: found for page, text in pages.items() if (found := words_in(text, words))} == {}


def test_recused_submission_leaves_no_trace_in_the_discussion(assessing, sign_in, time_machine):
    """N-6, Q-50: ranks, list, counts and averages are those without it, byte for byte."""
    time_machine.move_to(assessing.seats["frida"].added_at, tick=False)
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )
    discuss(assessing)
    # About the hidden one there is a vote, a note and an agreed level as well.
    for seat in assessing.seats.values():
        deliberation.arrive(assessing.jury, seat=seat, by=assessing.hanna)
    for pseudonym in ("Ulme", "Zeder"):
        entry = assessing.entries[pseudonym]
        motion = deliberation.open_motion(
            assessing.jury, by=assessing.hanna, kind="prize", text="Ein Preis.", entry=entry
        )
        deliberation.vote(motion, by=assessing.iris, choice="yes")
        deliberation.close_motion(motion, by=assessing.hanna)
        deliberation.save_note(
            assessing.jury, by=assessing.hanna, entry=entry, text="Gesprochen.", version=0
        )
        deliberation.set_consensus(
            assessing.jury, by=assessing.hanna, entry=entry, marks={assessing.criteria[0].pk: 4}
        )
    deliberation.begin_talk(assessing.jury, entry=assessing.entries["Zeder"], by=assessing.hanna)
    client = sign_in(assessing.frida)
    code = assessing.challenge.code
    urls = [
        reverse("scoring:jury-list"),
        reverse("scoring:jury-show", args=[code]),
        *(
            f"{reverse('scoring:discussion-show', args=[code])}?submission={submission.code}"
            for submission in assessing.submissions.values()
        ),
    ]
    client.get(urls[0])
    recused = [TOKEN.sub(b"", client.get(url).content) for url in urls]

    lose(Vote.objects.filter(motion__entry=assessing.entries["Ulme"]))
    lose(Motion.objects.filter(entry=assessing.entries["Ulme"]))
    erase(assessing, "Ulme")

    assert [TOKEN.sub(b"", client.get(url).content) for url in urls] == recused
    assert b"Zeder" in recused[-1]
    assert [page for page in recused if b"Ulme" in page] == []
    assert recused[-1].count(b"Ein Preis.") == 1


def test_juror_in_conflict_is_told_to_leave_by_a_page_that_names_nothing(assessing, sign_in):
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )
    discuss(assessing)
    deliberation.begin_talk(assessing.jury, entry=assessing.entries["Ulme"], by=assessing.hanna)

    page = answer(
        sign_in(assessing.frida),
        reverse("scoring:discussion-show", args=[assessing.challenge.code]),
    )

    assert words_in(page, (*assessing.entries, *IDENTITIES, "Lösung")) == []
