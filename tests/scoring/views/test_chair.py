"""The chair's desk until the assessments are closed."""

from __future__ import annotations

import pytest
from django.urls import reverse

from core.models import AuditEvent
from scoring.actions import assessment as assessment_actions
from scoring.actions.assessment import Answer
from scoring.models import Assessment, Jury
from scoring.states import AssessmentState, ConflictAnswer, JuryState
from scoring.views import chair

pytestmark = pytest.mark.django_db


def url(room, name):
    return reverse(f"scoring:{name}", args=[room.challenge.code])


def reopen_url(room, pseudonym="Ulme"):
    return reverse(
        "scoring:assessment-reopen",
        args=[
            room.challenge.code,
            room.seats["frida"].code,
            room.submissions[pseudonym].code,
        ],
    )


def finish_all(room):
    for name in room.seats:
        room.finish(name, 3, 3, 5)


def progress(response):
    return {
        row.seat.user.email.partition("@")[0]: (
            row.not_started,
            row.drafts,
            row.released,
            row.recused,
        )
        for row in response.context["rows"]
    }


@pytest.fixture
def abstention(assessing):
    answers = assessing.answers(4, 3)
    answers[assessing.criteria[2].pk] = Answer(cannot_judge=True)
    assessment = assessment_actions.save(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, version=0, answers=answers
    )
    assessment_actions.release(assessment, by=assessing.frida)
    return assessment.scores.get(cannot_judge=True)


# -- progress --------------------------------------------------------------------------------------


def test_progress_shows_numbers_by_juror(assessing, sign_in):
    assessing.save("frida", "Ulme", 4)
    assessing.finish("iris", 3, 3, 5)

    response = sign_in(assessing.hanna).get(url(assessing, "jury-progress"))

    assert progress(response) == {
        "hanna": (3, 0, 0, 0),
        "frida": (2, 1, 0, 0),
        "iris": (0, 0, 3, 0),
    }


def test_progress_hides_what_the_chair_is_in_conflict_with(room, sign_in):
    """Q-26 and N-6: no row, no number, no name of it."""
    room.declare("hanna", Ulme=ConflictAnswer.CONFLICT)
    room.start()
    room.finish("iris", 3, 3, 5)

    response = sign_in(room.hanna).get(url(room, "jury-progress"))

    assert progress(response) == {
        "hanna": (2, 0, 0, 0),
        "frida": (2, 0, 0, 0),
        "iris": (0, 0, 2, 0),
    }
    assert "Ulme" not in response.content.decode()


@pytest.mark.parametrize("who", ["frida", "jan", "gus", "ada"])
def test_progress_is_the_chair_s(assessing, sign_in, who):
    response = sign_in(assessing.people[who]).get(url(assessing, "jury-progress"))

    assert response.status_code == 404


# -- reopen ----------------------------------------------------------------------------------------


def test_reopening_works(assessing, sign_in):
    assessing.finish("frida", 3, 3, 5)

    response = sign_in(assessing.hanna).post(
        reopen_url(assessing), {"reason": "Falsche Datei gelesen."}
    )

    assessment = Assessment.objects.get(assignment=assessing.assignment("frida", "Ulme"))
    assert response.headers["Location"] == url(assessing, "jury-progress")
    assert assessment.state == AssessmentState.DRAFT
    assert AuditEvent.objects.filter(action="assessment.draft", actor=assessing.hanna.pk).exists()


def test_reopening_without_a_reason_is_refused(assessing, sign_in):
    assessing.finish("frida", 3, 3, 5)

    response = sign_in(assessing.hanna).post(reopen_url(assessing), {"reason": ""})

    assert response.status_code == 422
    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.RELEASED}


@pytest.mark.parametrize("who", ["frida", "iris", "ada", "gus"])
def test_reopening_by_a_stranger_is_404(assessing, sign_in, who):
    assessing.finish("frida", 3, 3, 5)

    response = sign_in(assessing.people[who]).post(reopen_url(assessing), {"reason": "Bitte."})

    assert response.status_code == 404


def test_reopening_after_the_end_is_404(assessing, sign_in):
    assessing.finish("frida", 3, 3, 5)
    Jury.objects.filter(pk=assessing.jury.pk).update(state=JuryState.CLOSED)

    response = sign_in(assessing.hanna).post(reopen_url(assessing), {"reason": "Bitte."})

    assert response.status_code == 404


def test_reopening_of_nothing_is_404(assessing, sign_in):
    response = sign_in(assessing.hanna).get(reopen_url(assessing))

    assert response.status_code == 404


def test_reopening_page_shows_no_mark(assessing, sign_in):
    assessing.save("frida", "Ulme", 5, 1, 9, comment="Ganz anders.")
    assessment_actions.release(Assessment.objects.get(), by=assessing.frida)
    client = sign_in(assessing.hanna)

    pages = [
        client.get(address).content.decode()
        for address in (reopen_url(assessing), url(assessing, "jury-progress"))
    ]

    assert ["Ganz anders." in page for page in pages] == [False, False]
    assert Assessment.objects.get().state == AssessmentState.RELEASED


# -- "cannot judge" --------------------------------------------------------------------------------


def test_accepting_works(assessing, sign_in, abstention):
    response = sign_in(assessing.hanna).post(
        url(assessing, "abstention-accept"), {"score": abstention.pk}
    )

    abstention.refresh_from_db()
    assert response.headers["Location"] == url(assessing, "jury-progress")
    assert abstention.accepted_at is not None
    assert AuditEvent.objects.filter(action="abstention.accepted").exists()


@pytest.mark.parametrize("who", ["frida", "ada", "gus"])
def test_accepting_by_a_stranger_is_404(assessing, sign_in, abstention, who):
    response = sign_in(assessing.people[who]).post(
        url(assessing, "abstention-accept"), {"score": abstention.pk}
    )

    assert response.status_code == 404


@pytest.mark.parametrize("score", ["", "x", "999999"])
def test_accepting_nothing_is_404(assessing, sign_in, abstention, score):
    response = sign_in(assessing.hanna).post(url(assessing, "abstention-accept"), {"score": score})

    assert response.status_code == 404


def test_accepting_by_get_is_refused(assessing, sign_in, abstention):
    response = sign_in(assessing.hanna).get(url(assessing, "abstention-accept"))

    assert response.status_code == 405


def test_accepting_after_the_end_is_404(assessing, sign_in, abstention):
    Jury.objects.filter(pk=assessing.jury.pk).update(state=JuryState.CLOSED)

    response = sign_in(assessing.hanna).post(
        url(assessing, "abstention-accept"), {"score": abstention.pk}
    )

    assert response.status_code == 404


# -- close -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["hanna", "ada"])
def test_closing_works(assessing, sign_in, who):
    finish_all(assessing)

    response = sign_in(assessing.people[who]).post(url(assessing, "jury-close"))

    assessing.jury.refresh_from_db()
    assert response.status_code == 302
    assert assessing.jury.state == JuryState.CLOSED
    assert AuditEvent.objects.filter(action="jury.closed", actor=assessing.people[who].pk).exists()


def test_closing_over_gaps_needs_the_office_and_a_reason(assessing, sign_in):
    assessing.finish("hanna", 3, 3, 5)
    address = url(assessing, "jury-close")

    chair = sign_in(assessing.hanna).post(address, {"reason": "Eilt."})
    silent = sign_in(assessing.ada).post(address, {"reason": ""})
    office = sign_in(assessing.ada).post(address, {"reason": "Frida ist krank."})

    assert (chair.status_code, silent.status_code, office.status_code) == (422, 422, 302)
    assert AuditEvent.objects.get(action="jury.closed").reason == "Frida ist krank."


@pytest.mark.parametrize("who", ["frida", "jan", "gus", "bea"])
def test_closing_by_a_stranger_is_404(assessing, sign_in, who):
    response = sign_in(assessing.people[who]).post(url(assessing, "jury-close"))

    assert response.status_code == 404


def test_closing_before_the_start_is_404(room, sign_in):
    response = sign_in(room.ada).post(url(room, "jury-close"))

    assert response.status_code == 404


def test_closing_page_writes_nothing_when_it_is_read(assessing, sign_in):
    finish_all(assessing)

    response = sign_in(assessing.hanna).get(url(assessing, "jury-close"))

    assessing.jury.refresh_from_db()
    assert response.status_code == 200
    assert assessing.jury.state == JuryState.ASSESSING


def test_many_released_assessments_are_listed_one_juror_at_a_time(assessing, sign_in, monkeypatch):
    for name in ("frida", "iris"):
        assessing.finish(name, 3, 3, 5)
    client = sign_in(assessing.hanna)
    address = url(assessing, "jury-progress")
    frida = assessing.seats["frida"]

    everything = client.get(address).context["released"]
    monkeypatch.setattr(chair, "MOST_LISTED", len(everything) - 1)
    page = client.get(address)
    one = client.get(address, {"juror": frida.code})

    assert page.context["are_many"]
    assert f"?juror={frida.code}#released" in page.content.decode()
    assert {row.assignment.seat for row in one.context["released"]} == {frida}
    assert len(one.context["released"]) < len(everything)
    assert client.get(address, {"juror": "J-XXXXXX"}).context["released"] == []
