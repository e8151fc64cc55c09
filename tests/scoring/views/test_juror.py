"""The pages of a juror: declare, read, assess, release, step back."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from competition.models import Phase
from competition.states import PhaseKind
from core import clock
from core.models import AuditEvent, OutboxMessage
from scoring.actions import conflict as conflict_actions
from scoring.models import Assessment, ConflictDeclaration, Jury, JurySeat, Recusal
from scoring.states import AssessmentState, ConflictAnswer, JuryState, RecusalReason
from tests.factories import DAY, lose
from tests.scoring.jury_room import CONFLICTS

pytestmark = pytest.mark.django_db


def url(room, name, pseudonym=None):
    arguments = [room.challenge.code]
    if pseudonym:
        arguments.append(room.submissions[pseudonym].code)
    return reverse(f"scoring:{name}", args=arguments)


def sheet(room, **fields):
    """Return a filled assessment, as the page sends it."""
    return {
        "version": "0",
        "mark_k1": "4",
        "comment_k1": "Gut gerechnet.",
        "mark_k2": "3",
        "comment_k2": "",
        "mark_k3": "7",
        "comment_k3": "",
        "comment": "Weiter so.",
        "private_note": "Vergleichen.",
        "go": "stay",
        **fields,
    }


def end_window(room):
    Phase.objects.filter(challenge=room.challenge, kind=PhaseKind.ASSESSMENT).update(
        ends_at=clock.now() - DAY / 24
    )


# -- lists -----------------------------------------------------------------------------------------


def test_jury_list_shows_one_s_juries(assessing, sign_in):
    response = sign_in(assessing.frida).get(reverse("scoring:jury-list"))

    assert [desk.jury for desk in response.context["desks"]] == [assessing.jury]


def test_jury_list_of_nobody_is_empty(assessing, sign_in):
    response = sign_in(assessing.gus).get(reverse("scoring:jury-list"))

    assert response.context["desks"] == []


@pytest.mark.parametrize(
    "page", ["jury-list", "jury-show", "jury-declare", "jury-release", "jury-progress"]
)
def test_jury_pages_ask_strangers_to_sign_in(assessing, client, page):
    address = reverse("scoring:jury-list") if page == "jury-list" else url(assessing, page)

    response = client.get(address)

    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("page", ["jury-show", "jury-declare", "jury-release"])
@pytest.mark.parametrize("who", ["gus", "jan", "ada", "bea", "cem"])
def test_jury_pages_are_404_for_strangers(assessing, sign_in, page, who):
    response = sign_in(assessing.people[who]).get(url(assessing, page))

    assert response.status_code == 404


@pytest.mark.parametrize("page", ["assessment-edit", "assessment-document", "recusal-create"])
@pytest.mark.parametrize("who", ["gus", "jan", "ada", "bea", "cem"])
def test_submission_pages_are_404_for_strangers(assessing, sign_in, page, who):
    response = sign_in(assessing.people[who]).get(url(assessing, page, "Ulme"))

    assert response.status_code == 404


@pytest.mark.parametrize("page", ["assessment-edit", "assessment-document", "recusal-create"])
def test_recused_submission_is_404_like_one_that_does_not_exist(assessing, sign_in, page):
    conflict_actions.recuse(
        assessing.assignment("frida", "Ulme"), by=assessing.frida, reason="conflict"
    )
    client = sign_in(assessing.frida)
    nowhere = reverse(f"scoring:{page}", args=[assessing.challenge.code, "S-222222"])

    recused, missing = client.get(url(assessing, page, "Ulme")), client.get(nowhere)

    assert (recused.status_code, missing.status_code) == (404, 404)
    # The pages differ in the address they were asked for, which the reader knows, and in nothing.
    code = assessing.submissions["Ulme"].code.encode()
    assert recused.content.replace(code, b"") == missing.content.replace(b"S-222222", b"")


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize("page", ["assessment-edit", "assessment-document", "recusal-create"])
def test_conflict_that_has_appeared_is_404_and_reading_writes_nothing(
    assessing, sign_in, page, language
):
    CONFLICTS["left"](assessing)
    client = sign_in(assessing.frida)
    events = AuditEvent.objects.count()
    closed, listed = url(assessing, page, "Ulme"), url(assessing, "jury-show")

    response = client.get(language + closed)
    grid = client.get(language + listed).context["grid"]

    assert response.status_code == 404
    assert {line.pseudonym for line in grid.lines} == {"Zeder", "Eibe"}
    assert grid.total == 2
    assert (Recusal.objects.count(), AuditEvent.objects.count()) == (0, events)


@pytest.mark.parametrize("is_autosave", [False, True])
def test_form_sent_after_a_conflict_has_appeared_recuses(assessing, sign_in, is_autosave):
    client = sign_in(assessing.frida)
    CONFLICTS["left"](assessing)
    OutboxMessage.objects.all().delete()

    if is_autosave:
        response = autosave(assessing, client)
    else:
        response = client.post(url(assessing, "assessment-edit", "Ulme"), sheet(assessing))

    assert response.status_code == 404
    assert not Assessment.objects.exists()
    recusal = Recusal.objects.get()
    assert (recusal.entry, recusal.reason) == (assessing.entries["Ulme"], RecusalReason.DETECTED)
    assert [mail.template for mail in OutboxMessage.objects.all()] == ["conflict_detected"]


def test_grid_waits_for_the_declaration(room, sign_in):
    response = sign_in(room.frida).get(url(room, "jury-show"))

    assert response.headers["Location"] == url(room, "jury-declare")


def test_grid_before_the_start_says_when_it_fills(room, sign_in):
    room.declare("frida")
    room.assign_everything()

    response = sign_in(room.frida).get(url(room, "jury-show"))

    assert response.status_code == 200
    assert response.context["grid"].total == 0


def test_grid_after_the_window_says_so(assessing, sign_in):
    end_window(assessing)

    response = sign_in(assessing.frida).get(f"/en{url(assessing, 'jury-show')}")

    assert "The time for assessments has ended" in response.content.decode()


# -- declaration -----------------------------------------------------------------------------------


def declaration(room, sign_in, **fields):
    """Post a declaration; fields by number of the organisation in the sorted list."""
    client = sign_in(room.frida)
    form = client.get(url(room, "jury-declare")).context["form"]
    keys = [row.question.key for row in form.rows]
    data = {"oath": "on"}
    for number, key in enumerate(keys):
        data[f"answer_{key}"] = fields.get(f"answer_{number}", "none")
        data[f"note_{key}"] = fields.get(f"note_{number}", "")
    data.update(fields.get("more", {}))
    return client.post(url(room, "jury-declare"), data)


def test_declaration_is_stored(room, sign_in):
    response = declaration(room, sign_in, answer_1="unsure", note_1="Frühere Kollegin")

    answers = ConflictDeclaration.objects.filter(seat__user=room.frida)
    assert response.headers["Location"] == url(room, "jury-show")
    assert {row.entry.jury_pseudonym: (row.answer, row.note) for row in answers} == {
        "Ulme": ("none", ""),
        "Zeder": ("unsure", "Frühere Kollegin"),
        "Eibe": ("none", ""),
    }
    assert AuditEvent.objects.filter(action="conflict.declared", actor=room.frida.pk).exists()


def test_incomplete_declaration_keeps_what_was_chosen(room, sign_in):
    client = sign_in(room.frida)
    form = client.get(url(room, "jury-declare")).context["form"]
    first, second = (row.question.key for row in form.rows)

    response = client.post(
        url(room, "jury-declare"), {f"answer_{first}": "conflict", f"note_{first}": "Ehemann"}
    )

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {f"answer_{second}", "oath"}
    assert response.context["form"][f"answer_{first}"].value() == "conflict"
    assert not ConflictDeclaration.objects.filter(seat__user=room.frida).exists()


def test_declaration_after_the_start_shows_conflicts_as_fixed(room, sign_in):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)
    room.start()

    response = sign_in(room.frida).get(url(room, "jury-declare"))

    assert [row.fixed for row in response.context["form"].rows] == ["stands", ""]


def test_declaration_shows_what_the_platform_noticed(room, sign_in):
    room.seats["frida"].organisation = "Klarschrift AG"
    room.seats["frida"].save()

    response = sign_in(room.frida).get(url(room, "jury-declare"))

    assert [row.fixed for row in response.context["form"].rows] == ["", "detected"]


def test_declaration_after_the_decision_is_refused(room, sign_in):
    Jury.objects.filter(pk=room.jury.pk).update(state=JuryState.DECIDED)

    response = declaration(room, sign_in)

    assert response.status_code == 409


# -- scoring page ----------------------------------------------------------------------------------


def test_assessment_is_saved_from_the_page(assessing, sign_in):
    response = sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), sheet(assessing)
    )

    stored = Assessment.objects.get()
    assert response.headers["Location"] == url(assessing, "assessment-edit", "Ulme") + "#score"
    assert list(stored.scores.values_list("criterion__position", "mark_hundredths", "comment")) == [
        (1, 400, "Gut gerechnet."),
        (2, 300, ""),
        (3, 700, ""),
    ]
    assert (stored.comment, stored.private_note) == ("Weiter so.", "Vergleichen.")
    assert AuditEvent.objects.filter(action="assessment.saved", actor=assessing.frida.pk).exists()


def test_saved_assessment_is_read_back_from_the_database(assessing, sign_in):
    client = sign_in(assessing.frida)

    response = client.post(
        "/en" + url(assessing, "assessment-edit", "Ulme"), sheet(assessing, go="next"), follow=True
    )

    assert "Ulme is saved: 4, 3, 7. Total: 66.50 of 100." in response.content.decode()


def test_next_and_back_lead_along_the_own_order(assessing, sign_in):
    client = sign_in(assessing.frida)
    grid = client.get(url(assessing, "jury-show")).context["grid"]
    first, second, third = (line.pseudonym for line in grid.lines)

    def go(pseudonym, where):
        response = client.post(
            url(assessing, "assessment-edit", pseudonym), {"version": "0", "go": where}
        )
        return response.headers["Location"]

    assert go(first, "next") == url(assessing, "assessment-edit", second)
    assert go(third, "back") == url(assessing, "assessment-edit", second)
    assert go(first, "back") == go(third, "next") == url(assessing, "jury-show")


def test_turning_the_page_begins_no_assessment(assessing, sign_in):
    sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), {"version": "0", "go": "next"}
    )

    assert not Assessment.objects.exists()


def test_incomplete_assessment_can_be_saved(assessing, sign_in):
    """Validation never blocks saving, only releasing (J-91)."""
    sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), {"version": "0", "comment": "Erster Eindruck"}
    )

    assert Assessment.objects.get().comment == "Erster Eindruck"


def test_level_can_be_taken_back(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7)

    sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), sheet(assessing, version="1", clear="k2")
    )

    marks = Assessment.objects.get().scores.values_list("mark_hundredths", flat=True)
    assert list(marks) == [400, None, 700]


def test_cannot_judge_is_chosen_on_the_page(assessing, sign_in):
    sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), sheet(assessing, mark_k3="x")
    )

    score = Assessment.objects.get().scores.get(criterion__position=3)
    assert (score.mark_hundredths, score.cannot_judge) == (None, True)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"mark_k1": "6"}, {"mark_k1"}),
        ({"mark_k1": "x"}, {"mark_k1"}),
        ({"comment_k2": "x" * 3_001}, {"comment_k2"}),
        ({"private_note": "x" * 4_001}, {"private_note"}),
        ({"version": ""}, {"version"}),
    ],
)
def test_invalid_assessment_keeps_what_was_typed(assessing, sign_in, fields, errors):
    response = sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), sheet(assessing, **fields)
    )

    assert response.status_code == 422
    assert set(response.context["form"].errors) == errors
    assert response.context["form"]["comment_k1"].value() == "Gut gerechnet."
    assert not Assessment.objects.exists()


def test_assessment_page_writes_nothing_when_it_is_read(assessing, sign_in):
    events = AuditEvent.objects.count()

    response = sign_in(assessing.frida).get(url(assessing, "assessment-edit", "Ulme"))

    assert response.status_code == 200
    assert not Assessment.objects.exists()
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("who", ["gus", "jan", "ada", "cem"])
def test_assessment_of_a_stranger_is_404(assessing, sign_in, who):
    response = sign_in(assessing.people[who]).post(
        url(assessing, "assessment-edit", "Ulme"), sheet(assessing)
    )

    assert response.status_code == 404
    assert not Assessment.objects.exists()


def test_assessment_after_the_window_keeps_what_was_typed_on_the_page(assessing, sign_in):
    end_window(assessing)

    response = sign_in(assessing.frida).post(
        "/en" + url(assessing, "assessment-edit", "Ulme"), sheet(assessing)
    )

    page = response.content.decode()
    assert response.status_code == 403
    assert "The assessments are closed. Nothing was saved." in page
    for typed in ("Gut gerechnet.", "Weiter so.", "Vergleichen."):
        assert typed in page
    assert not Assessment.objects.exists()


def test_assessment_after_its_release_keeps_what_was_typed_on_the_page(assessing, sign_in):
    assessing.finish("frida", 3, 3, 5)

    response = sign_in(assessing.frida).post(
        url(assessing, "assessment-edit", "Ulme"), sheet(assessing, version="1")
    )

    assert response.status_code == 409
    assert "Gut gerechnet." in response.content.decode()
    assert Assessment.objects.first().comment == ""


def test_released_assessment_is_read_only(assessing, sign_in):
    assessing.finish("frida", 3, 3, 5)

    response = sign_in(assessing.frida).get(url(assessing, "assessment-edit", "Ulme"))

    page = response.content.decode()
    assert not response.context["can_edit"]
    assert 'name="go"' not in page
    assert "<textarea" not in page


# -- two tabs --------------------------------------------------------------------------------------


def stale(room, client, **fields):
    room.save("frida", "Ulme", 1, 3, 7, comment="Im ersten Tab", private_note="Vergleichen.")
    return client.post(url(room, "assessment-edit", "Ulme"), sheet(room, **fields))


def test_stale_assessment_shows_both_versions(assessing, sign_in):
    with translation.override("en"):
        response = stale(assessing, sign_in(assessing.frida))

    differences = response.context["differences"]
    assert response.status_code == 409
    assert [(row.name, row.mine, row.stored) for row in differences] == [
        ("mark_k1", "Level 4", "Level 1"),
        ("comment_k1", "Gut gerechnet.", ""),
        ("comment", "Weiter so.", "Im ersten Tab"),
    ]
    assert Assessment.objects.get().version == 1


def test_choice_between_two_versions_is_saved_field_by_field(assessing, sign_in):
    client = sign_in(assessing.frida)
    page = stale(assessing, client)
    data = {**dict(page.context["mine"]), "version": "1", "take": "1", "go": "stay"}
    data |= {"take_mark_k1": "stored", "take_comment_k1": "mine", "take_comment": "stored"}

    client.post(url(assessing, "assessment-edit", "Ulme"), data)

    stored = Assessment.objects.get()
    first = stored.scores.get(criterion__position=1)
    assert (first.mark_hundredths, first.comment) == (100, "Gut gerechnet.")
    assert (stored.comment, stored.version) == ("Im ersten Tab", 2)


def test_choice_that_is_stale_again_is_asked_again(assessing, sign_in):
    client = sign_in(assessing.frida)
    page = stale(assessing, client)
    assessing.save("frida", "Ulme", 2, 2, 2, comment="Im dritten Tab")

    response = client.post(
        url(assessing, "assessment-edit", "Ulme"),
        {**dict(page.context["mine"]), "version": "1", "take": "1"},
    )

    assert response.status_code == 409
    assert Assessment.objects.get().comment == "Im dritten Tab"


def test_same_content_in_two_tabs_is_no_collision(assessing, sign_in):
    client = sign_in(assessing.frida)
    client.post(url(assessing, "assessment-edit", "Ulme"), sheet(assessing))

    response = client.post(url(assessing, "assessment-edit", "Ulme"), sheet(assessing))

    assert response.status_code == 302
    assert Assessment.objects.get().version == 1


# -- it saves itself -------------------------------------------------------------------------------


def autosave(room, client, **fields):
    return client.post(
        url(room, "assessment-edit", "Ulme"),
        sheet(room, **fields),
        headers={"accept": "application/json"},
    )


def test_assessment_saves_itself(assessing, sign_in, time_machine):
    time_machine.move_to(clock.now(), tick=False)

    response = autosave(assessing, sign_in(assessing.frida), mark_k3="")

    stored = Assessment.objects.get()
    assert (response.status_code, response.json()["version"]) == (200, 1)
    assert response.json()["unsaved"] == {}
    assert (stored.comment, stored.total_hundredths) == ("Weiter so.", None)


def test_what_cannot_be_saved_is_named_and_the_rest_is_saved(assessing, sign_in):
    assessing.save("frida", "Ulme", 2, 2, 2, comment="Vorher")

    response = autosave(
        assessing, sign_in(assessing.frida), version="1", comment="x" * 4_001, mark_k2="9"
    )

    stored = Assessment.objects.get()
    marks = stored.scores.order_by("criterion__position").values_list("mark_hundredths", flat=True)
    assert set(response.json()["unsaved"]) == {"comment", "mark_k2"}
    assert response.json()["version"] == 2
    assert (stored.comment, list(marks)) == ("Vorher", [400, 200, 700])


def test_saving_the_same_again_makes_no_version(assessing, sign_in):
    client = sign_in(assessing.frida)
    autosave(assessing, client)

    same, late = autosave(assessing, client, version="1"), autosave(assessing, client, version="0")

    assert [answer.json()["version"] for answer in (same, late)] == [1, 1]
    assert Assessment.objects.get().versions.count() == 1


def test_page_that_was_turned_saves_nothing_by_itself(assessing, sign_in):
    empty = dict.fromkeys(sheet(assessing), "") | {"version": "0"}

    response = autosave(assessing, sign_in(assessing.frida), **empty)

    assert (response.status_code, response.json()["version"]) == (200, 0)
    assert not Assessment.objects.exists()


def test_second_window_is_told_and_overwrites_nothing(assessing, sign_in):
    assessing.save("frida", "Ulme", 1, 1, 1, comment="Im ersten Fenster")

    response = autosave(assessing, sign_in(assessing.frida))

    assert response.status_code == 409
    assert "sentence" in response.json()
    assert Assessment.objects.get().comment == "Im ersten Fenster"


@pytest.mark.parametrize("end", ["window", "release"])
def test_assessment_that_is_closed_says_so_instead_of_asking_to_sign_in(assessing, sign_in, end):
    if end == "window":
        end_window(assessing)
    else:
        assessing.finish("frida", 3, 3, 5)

    response = autosave(assessing, sign_in(assessing.frida))

    assert response.status_code == 409
    assert response.json()["sentence"]


def test_autosave_of_a_stranger_is_404(assessing, sign_in):
    assert autosave(assessing, sign_in(assessing.gus)).status_code == 404


def test_form_without_a_version_is_not_ours(assessing, sign_in):
    assert autosave(assessing, sign_in(assessing.frida), version="").status_code == 422


def test_name_of_what_a_browser_keeps_is_the_juror_s_own(assessing, sign_in):
    names = {
        sign_in(person).get(url(assessing, "assessment-edit", "Ulme")).context["outbox"]
        for person in (assessing.frida, assessing.hanna)
    }

    assert len(names) == 2


# -- earlier versions ------------------------------------------------------------------------------


def test_every_save_is_kept_and_can_be_looked_up(assessing, sign_in, time_machine):
    begun = clock.now()
    for minute, comment in ((0, "Erst"), (1, "Dann"), (30, "Zuletzt")):
        time_machine.move_to(begun + DAY / 1440 * minute)
        assessing.save("frida", "Ulme", 4, None, 7, comment=comment, private_note="Nur für mich")
    client = sign_in(assessing.frida)
    page = url(assessing, "assessment-versions", "Ulme")

    ends, every, one = client.get(page), client.get(f"{page}?every"), client.get(f"{page}?number=1")

    assert [row.number for row in ends.context["rows"]] == [3, 2]
    assert [row.number for row in every.context["rows"]] == [3, 2, 1]
    assert [row.is_current for row in every.context["rows"]] == [True, False, False]
    assert [(row.name, row.mine, row.stored) for row in one.context["differences"]] == [
        ("comment", "Erst", "Zuletzt")
    ]


def test_earlier_version_is_taken_back_as_a_new_one(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7, comment="Erst", on_each="Gut")
    assessing.save("frida", "Ulme", 1, 1, None, comment="Dann")
    client = sign_in(assessing.frida)
    values = dict(
        client.get(url(assessing, "assessment-versions", "Ulme") + "?number=1").context["values"]
    )

    client.post(url(assessing, "assessment-edit", "Ulme"), {**values, "version": "2", "go": "stay"})

    stored = Assessment.objects.get()
    assert [score.mark_hundredths for score in stored.scores.all()] == [400, 300, 700]
    assert (stored.comment, stored.version) == ("Erst", 3)
    assert list(stored.versions.values_list("number", "content__comment")) == [
        (3, "Erst"),
        (2, "Dann"),
        (1, "Erst"),
    ]


def test_versions_of_a_released_assessment_can_be_read_only(assessing, sign_in):
    assessing.save("frida", "Ulme", 1, 1, 1)
    assessing.finish("frida", 3, 3, 5)

    response = sign_in(assessing.frida).get(
        url(assessing, "assessment-versions", "Ulme") + "?number=1"
    )

    assert response.context["differences"]
    assert not response.context["can_edit"]
    assert b'name="version"' not in response.content


@pytest.mark.parametrize("number", ["9", "x", "99999999999999999999"])
def test_version_that_does_not_exist_is_404(assessing, sign_in, number):
    assessing.save("frida", "Ulme", 1, 1, 1)
    page = url(assessing, "assessment-versions", "Ulme")

    assert sign_in(assessing.frida).get(page, {"number": number}).status_code == 404


def test_versions_are_404_before_the_first_save_and_for_everybody_else(assessing, sign_in):
    page = url(assessing, "assessment-versions", "Ulme")
    before = sign_in(assessing.frida).get(page).status_code
    assessing.save("frida", "Ulme", 1, 1, 1)

    found = {
        who: sign_in(getattr(assessing, who)).get(page).status_code
        for who in ("frida", "hanna", "iris", "ada", "gus")
    }

    assert before == 404
    assert found == {"frida": 200, "hanna": 404, "iris": 404, "ada": 404, "gus": 404}


# -- document --------------------------------------------------------------------------------------


def test_submission_without_a_document_is_read_as_text(assessing, sign_in):
    lose(assessing.submissions["Ulme"].files.all())
    client = sign_in(assessing.frida)

    page = client.get(url(assessing, "assessment-edit", "Ulme"))
    document = client.get(url(assessing, "assessment-document", "Ulme"))

    assert "Ein Verfahren, das nachfragt." in page.content.decode()
    assert document.status_code == 404


# -- release ---------------------------------------------------------------------------------------


def test_release_lists_what_is_missing(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7)
    assessing.save("frida", "Zeder", 4)

    response = sign_in(assessing.frida).get("/en" + url(assessing, "jury-release"))

    codes = {name: row.code for name, row in assessing.submissions.items()}
    assert response.context["gaps"] == {
        codes["Zeder"]: ["Betrieb (en)", "Recht (en)"],
        codes["Eibe"]: ["Nutzen (en)", "Betrieb (en)", "Recht (en)"],
    }


def test_release_of_everything_works(assessing, sign_in):
    for pseudonym in assessing.entries:
        assessing.save("frida", pseudonym, 4, 3, 7)

    response = sign_in(assessing.frida).post(url(assessing, "jury-release"))

    assert response.headers["Location"] == url(assessing, "jury-show")
    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.RELEASED}
    assert AuditEvent.objects.filter(action="assessment.released").count() == 3


def test_release_of_one_works(assessing, sign_in):
    assessing.save("frida", "Ulme", 4, 3, 7)

    sign_in(assessing.frida).post(
        url(assessing, "jury-release"), {"submission": assessing.submissions["Ulme"].code}
    )

    assert Assessment.objects.get().state == AssessmentState.RELEASED


@pytest.mark.parametrize("wanted", ["", "Zeder", "Eibe"])
def test_incomplete_release_is_refused_with_the_list(assessing, sign_in, wanted):
    assessing.save("frida", "Ulme", 4, 3, 7)
    assessing.save("frida", "Zeder", 4)
    data = {"submission": assessing.submissions[wanted].code} if wanted else {}

    response = sign_in(assessing.frida).post(url(assessing, "jury-release"), data)

    assert response.status_code == 422
    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.DRAFT}


@pytest.mark.parametrize("state", [JuryState.ASSESSING, JuryState.CLOSED])
@pytest.mark.parametrize("who", ["gus", "jan", "ada"])
def test_release_of_a_stranger_is_404(assessing, sign_in, who, state):
    Jury.objects.filter(pk=assessing.jury.pk).update(state=state)

    response = sign_in(assessing.people[who]).post(url(assessing, "jury-release"))

    assert response.status_code == 404


def test_release_after_the_end_is_refused(assessing, sign_in):
    for pseudonym in assessing.entries:
        assessing.save("frida", pseudonym, 4, 3, 7)
    client = sign_in(assessing.frida)

    address = "/en" + url(assessing, "jury-release")
    one = {"submission": assessing.submissions["Ulme"].code}

    end_window(assessing)
    late = [client.post(address), client.post(address, one)]
    Jury.objects.filter(pk=assessing.jury.pk).update(state=JuryState.CLOSED)
    closed = [client.post(address), client.post(address, one)]

    assert [page.status_code for page in late + closed] == [403] * 4
    assert all("The time for assessments is over." in page.content.decode() for page in late)
    assert all("please tell the chair of the jury" in page.content.decode() for page in closed)
    assert closed[0].context["grid"].total == 3
    assert set(Assessment.objects.values_list("state", flat=True)) == {AssessmentState.DRAFT}


# -- step back -------------------------------------------------------------------------------------


def test_stepping_back_works(assessing, sign_in):
    response = sign_in(assessing.frida).post(
        url(assessing, "recusal-create", "Ulme"), {"reason": "conflict", "text": "Ich kenne sie."}
    )

    assert response.headers["Location"] == url(assessing, "jury-show")
    assert Recusal.objects.get().text == "Ich kenne sie."
    assert AuditEvent.objects.filter(action="recusal.created").exists()


@pytest.mark.parametrize(("data", "errors"), [({}, {"reason"}), ({"reason": "other"}, {"text"})])
def test_stepping_back_without_a_reason_is_refused(assessing, sign_in, data, errors):
    response = sign_in(assessing.frida).post(url(assessing, "recusal-create", "Ulme"), data)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == errors
    assert not Recusal.objects.exists()


@pytest.mark.parametrize("who", ["gus", "jan", "iris", "ada"])
def test_stepping_back_of_a_stranger_is_404_or_their_own(assessing, sign_in, who):
    sign_in(assessing.people[who]).post(
        url(assessing, "recusal-create", "Ulme"), {"reason": "conflict"}
    )

    assert not Recusal.objects.filter(seat=assessing.seats["frida"]).exists()


def test_stepping_back_after_the_decision_is_404(assessing, sign_in):
    Jury.objects.filter(pk=assessing.jury.pk).update(state=JuryState.DECIDED)

    response = sign_in(assessing.frida).post(
        url(assessing, "recusal-create", "Ulme"), {"reason": "conflict"}
    )

    assert response.status_code == 404


def test_stepping_back_writes_nothing_when_the_page_is_read(assessing, sign_in):
    response = sign_in(assessing.frida).get(url(assessing, "recusal-create", "Ulme"))

    assert response.status_code == 200
    assert not Recusal.objects.exists()


@pytest.mark.parametrize(
    ("after", "pressed_on", "leads_to"),
    [
        ("next", 0, 1),
        ("next", 2, None),
        # The second one is complete; behind the last one it begins anew.
        ("open", 0, 2),
        ("open", 2, 0),
        ("list", 0, None),
    ],
)
def test_next_leads_where_the_juror_chose_and_remembers_it(
    assessing, sign_in, after, pressed_on, leads_to
):
    client = sign_in(assessing.frida)
    order = [row.pseudonym for row in client.get(url(assessing, "jury-show")).context["grid"].lines]
    assessing.save("frida", order[1], 4, 3, 7)
    address = url(assessing, "assessment-edit", order[pressed_on])

    response = client.post(address, {"version": "0", "go": "next", "after": after})
    again = client.post(address, {"version": "0", "go": "next"})

    expected = (
        url(assessing, "jury-show")
        if leads_to is None
        else url(assessing, "assessment-edit", order[leads_to])
    )
    assert (response.headers["Location"], again.headers["Location"]) == (expected, expected)


def test_choice_of_the_next_one_is_remembered_by_autosave_once_and_audited(assessing, sign_in):
    client = sign_in(assessing.frida)

    for _ in range(2):
        answer = autosave(assessing, client, after="open")
        client.post(url(assessing, "assessment-edit", "Zeder"), {"version": "0", "after": "wild"})

    seat = JurySeat.objects.get(user=assessing.frida)
    assert (answer.status_code, seat.after_saving) == (200, "open")
    event = AuditEvent.objects.get(action="seat.next_chosen")
    assert (event.actor, event.data) == (assessing.frida.pk, {"from": "next", "to": "open"})


def test_filter_of_the_list_goes_along(assessing, sign_in):
    client = sign_in(assessing.frida)
    kept = "?state=open&sort=title"

    shown = client.get(url(assessing, "jury-show") + kept)
    sheet_page = client.get(url(assessing, "assessment-edit", "Ulme") + kept + "&sort=wild")
    turned = client.post(
        url(assessing, "assessment-edit", "Ulme") + kept,
        {"version": "0", "go": "next", "after": "list"},
    )

    assert shown.context["kept"] == kept
    assert sheet_page.context["kept"] == "?state=open"
    assert turned.headers["Location"] == url(assessing, "jury-show") + kept


def test_whoever_releases_one_after_the_other_stays_until_the_last(assessing, sign_in):
    client = sign_in(assessing.frida)
    for pseudonym in ("Ulme", "Zeder", "Eibe"):
        assessing.save("frida", pseudonym, 4, 3, 7)

    def release(pseudonym):
        data = {"submission": assessing.submissions[pseudonym].code}
        return client.post(url(assessing, "jury-release"), data).headers["Location"]

    assert release("Ulme") == url(assessing, "jury-release")
    JurySeat.objects.filter(user=assessing.frida).update(after_saving="list")
    assert release("Zeder") == url(assessing, "jury-show")
    JurySeat.objects.filter(user=assessing.frida).update(after_saving="next")
    assert release("Eibe") == url(assessing, "jury-show")
