"""The office's page of a jury: seats, conflicts, assignments, start."""

from __future__ import annotations

import pytest
from django.urls import reverse

from competition.extensions import Place, contributed_items, contributions
from competition.models import Challenge
from core.models import AuditEvent
from scoring.actions import conflict as conflict_actions
from scoring.actions import proposal as proposal_actions
from scoring.actions.conflict import Answer
from scoring.models import Assignment, ConflictDeclaration, Jury, JuryInvitation, JurySeat
from scoring.queries import conflict as conflict_queries
from scoring.queries import jury as jury_queries
from scoring.queries.conflict import Explanation
from scoring.states import ConflictAnswer, JuryState, SeatRole
from tests.factories import ChallengeFactory, CompetitionFactory, organiser
from tests.scoring.jury_room import seated

pytestmark = pytest.mark.django_db

JURY_PAGES = ("jury-show", "jury-declare", "jury-release", "jury-progress")
STRANGERS = ("bea", "hanna", "frida", "jan", "cem", "gus")


def url(room, name, *more):
    return reverse(f"scoring:{name}", args=[room.competition.slug, room.challenge.code, *more])


def keys(room, **ticks):
    """Return the names of cells, as the matrix sends them: pseudonyms by juror."""
    return [
        f"{room.seats[name].code}:{pseudonym}" for name, row in ticks.items() for pseudonym in row
    ]


def pairs(room):
    rows = Assignment.objects.filter(seat__jury=room.jury)
    return {
        (row.seat.user.email.partition("@")[0], row.submission.entry.jury_pseudonym) for row in rows
    }


# -- page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", STRANGERS)
def test_page_is_404_for_strangers(room, sign_in, who):
    response = sign_in(room.people[who]).get(url(room, "jury-manage"))

    assert response.status_code == 404


def test_page_is_404_for_the_office_of_another_competition(room, sign_in):
    response = sign_in(organiser(CompetitionFactory())).get(url(room, "jury-manage"))

    assert response.status_code == 404


def test_page_without_a_jury_offers_to_form_one(room, sign_in):
    challenge = ChallengeFactory(competition=room.competition, published=True)
    client = sign_in(room.ada)
    arguments = [room.competition.slug, challenge.code]

    page = client.get(reverse("scoring:jury-manage", args=arguments))
    client.post(reverse("scoring:jury-create", args=arguments))

    assert page.status_code == 200
    assert Jury.objects.filter(challenge=challenge).exists()


def test_page_says_what_is_missing_before_the_start(room, sign_in):
    response = sign_in(room.ada).get("/en" + url(room, "jury-manage"))

    assert response.context["gaps"] == [
        "Eibe has 0 of 2 jurors.",
        "Ulme has 0 of 2 jurors.",
        "Zeder has 0 of 2 jurors.",
    ]


def test_page_shows_no_mark_and_no_text(assessing, sign_in):
    assessing.save(
        "frida", "Ulme", 5, 1, 9, comment="Kommentar ans Team", private_note="Nur für mich"
    )

    page = sign_in(assessing.ada).get(url(assessing, "jury-manage")).content.decode()

    assert "Kommentar ans Team" not in page
    assert "Nur für mich" not in page


def test_matrix_bars_who_is_in_conflict(room, sign_in):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)

    matrix = sign_in(room.ada).get(url(room, "jury-manage")).context["matrix"]

    barred = {
        (row.pseudonym, cell.seat.user.email.partition("@")[0])
        for row in matrix.rows
        for cell in row.cells
        if cell.state == "barred"
    }
    assert barred == {("Ulme", "frida")}


# -- explanations ----------------------------------------------------------------------------------

RELATION = "Wir haben zusammen geforscht."


@pytest.fixture
def explained(room):
    """Let Frida note a relation, Iris doubt, and Frida step back from Zeder."""
    rest = {entry.pk: Answer(ConflictAnswer.NONE) for entry in room.entries.values()}
    for name, pseudonym, answer, note in (
        ("frida", "Ulme", ConflictAnswer.CONFLICT, RELATION),
        ("iris", "Eibe", ConflictAnswer.UNSURE, "Ein Vetter?"),
    ):
        conflict_actions.declare(
            room.seats[name],
            by=room.people[name],
            answers={**rest, room.entries[pseudonym].pk: Answer(answer, note)},
            oath=True,
        )
    room.start()
    conflict_actions.recuse(
        room.assignment("frida", "Zeder"), by=room.frida, reason="other", text="Krank bis März."
    )
    return room


def test_office_reads_what_jurors_explained(explained, sign_in):
    response = sign_in(explained.ada).get("/en" + url(explained, "jury-manage"))

    frida = explained.frida.display_name
    assert response.context["explanations"] == [
        Explanation(frida, "Zeder", "Other reason", "Krank bis März."),
        Explanation(frida, "", "Conflict of interest", RELATION),
    ]
    page = response.content.decode()
    assert page.count("Krank bis März.") == page.count(RELATION) == page.count("Ein Vetter?") == 1


@pytest.mark.parametrize("who", ["hanna", "iris", "jan", "bea", "cem", "gus"])
def test_nobody_else_reads_what_jurors_explained(explained, sign_in, who):
    code, slug = explained.challenge.code, explained.competition.slug
    pages = [
        url(explained, "jury-manage"),
        *(reverse(f"scoring:{name}", args=[code]) for name in JURY_PAGES),
        reverse("competition:challenge-show", args=[slug, code]),
        reverse("competition:statement-show", args=[code]),
        reverse("submissions:submission-list"),
    ]
    client = sign_in(explained.people[who])

    texts = [client.get(page, follow=True).content.decode() for page in pages]

    assert [text for text in texts if "Krank bis" in text or RELATION in text] == []


def test_explanations_are_read_in_a_constant_number_of_queries(
    explained, django_assert_num_queries
):
    with django_assert_num_queries(2):
        before = conflict_queries.explanations(explained.jury)
    conflict_actions.recuse(
        explained.assignment("frida", "Eibe"), by=explained.frida, reason="overload"
    )
    with django_assert_num_queries(2):
        after = conflict_queries.explanations(explained.jury)

    assert [len(before), len(after)] == [2, 3]


# -- form ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize(
    "name", ["jury-create", "seat-create", "conflict-settle", "assignment-create", "jury-start"]
)
def test_posts_of_strangers_are_404(room, sign_in, name, who):
    response = sign_in(room.people[who]).post(url(room, name))

    assert response.status_code == 404


@pytest.mark.parametrize(
    "name", ["jury-create", "seat-create", "conflict-settle", "assignment-create", "jury-start"]
)
def test_posts_are_refused_by_get(room, sign_in, name):
    response = sign_in(room.ada).get(url(room, name))

    assert response.status_code == 405


# -- seats -----------------------------------------------------------------------------------------


def test_person_is_invited(room, sign_in):
    response = sign_in(room.ada).post(
        url(room, "seat-create"),
        {
            "email": "nele@jury.example",
            "name": "Nele Neu",
            "role": "juror",
            "organisation": "Landkreistag",
            "field": "Recht",
            "expected": "18",
            "language": "de",
        },
    )

    made = JuryInvitation.objects.get(user__email="nele@jury.example")
    assert response.headers["Location"] == url(room, "jury-manage") + "#seats"
    assert (made.user.name, made.organisation, made.field, made.expected) == (
        "Nele Neu",
        "Landkreistag",
        "Recht",
        18,
    )
    assert AuditEvent.objects.filter(action="jury.invited", actor=room.ada.pk).exists()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"email": "", "role": "juror"}, "email"),
        ({"email": "nele@jury.example", "role": "king"}, "role"),
        ({"email": "nele@jury.example", "role": "chair"}, "role"),
        ({"email": "cem@elbufer.example", "role": "juror"}, "email"),
    ],
)
def test_seat_that_cannot_be_added_keeps_the_form(room, sign_in, data, error):
    response = sign_in(room.ada).post(
        url(room, "seat-create"), {"language": "de", "name": "Nele", "expected": "9", **data}
    )

    assert response.status_code == 422
    assert set(response.context["seat_form"].errors) == {error}
    assert response.context["seat_form"]["name"].value() == "Nele"
    assert room.jury.seats.count() == 3


def test_seat_after_the_end_is_refused(room, sign_in):
    Jury.objects.filter(pk=room.jury.pk).update(state=JuryState.CLOSED)

    response = sign_in(room.ada).post(
        url(room, "seat-create"),
        {"email": "n@jury.example", "role": "juror", "language": "de", "expected": "9"},
    )

    assert response.status_code == 422
    assert room.jury.seats.count() == 3


def test_seat_is_removed_after_asking(room, sign_in):
    client = sign_in(room.ada)
    address = url(room, "seat-remove", room.seats["iris"].code)

    page = client.get(address)
    before = room.jury.seats.count()
    response = client.post(address)

    assert (page.status_code, before) == (200, 3)
    assert response.headers["Location"] == url(room, "jury-manage") + "#seats"
    assert room.jury.seats.count() == 2
    assert AuditEvent.objects.filter(action="jury.seat_removed").exists()


def test_seat_with_drafts_asks_twice(assessing, sign_in):
    assessing.save("frida", "Ulme", 3)
    client = sign_in(assessing.ada)
    address = url(assessing, "seat-remove", assessing.seats["frida"].code)

    refused = client.post(address)
    confirmed = client.post(address, {"discard_drafts": "on"})

    assert (refused.status_code, confirmed.status_code) == (422, 302)
    assert assessing.jury.seats.count() == 2


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("name", ["seat-remove", "seat-lead"])
def test_seat_of_others_is_404(room, sign_in, name, who):
    response = sign_in(room.people[who]).post(url(room, name, room.seats["iris"].code))

    assert response.status_code == 404
    assert room.jury.seats.count() == 3


def test_seat_of_another_jury_is_404(room, sign_in):
    foreign = room.jan.jury_seats.get()

    response = sign_in(room.ada).post(url(room, "seat-remove", foreign.code))

    assert response.status_code == 404
    assert JurySeat.objects.filter(pk=foreign.pk).exists()


def test_chair_is_handed_over(room, sign_in):
    response = sign_in(room.ada).post(url(room, "seat-lead", room.seats["iris"].code))

    assert response.status_code == 302
    assert room.jury.seats.get(role=SeatRole.CHAIR) == room.seats["iris"]
    assert AuditEvent.objects.filter(action="jury.chair_changed").exists()


def test_chair_is_not_handed_over_by_get_nor_after_the_end(room, sign_in):
    client = sign_in(room.ada)
    address = url(room, "seat-lead", room.seats["iris"].code)

    got = client.get(address)
    Jury.objects.filter(pk=room.jury.pk).update(state=JuryState.CLOSED)
    closed = client.post(address)

    assert (got.status_code, closed.status_code) == (405, 422)
    assert room.jury.seats.get(role=SeatRole.CHAIR) == room.seats["hanna"]


# -- conflicts -------------------------------------------------------------------------------------


@pytest.fixture
def doubt(room):
    room.declare("frida", Ulme=ConflictAnswer.UNSURE)
    return ConflictDeclaration.objects.get(answer=ConflictAnswer.UNSURE)


def test_conflict_is_settled(room, sign_in, doubt):
    response = sign_in(room.ada).post(
        url(room, "conflict-settle"),
        {"declaration": doubt.pk, "answer": "none", "reason": "Lange vorbei."},
    )

    doubt.refresh_from_db()
    assert response.headers["Location"] == url(room, "jury-manage") + "#conflicts"
    assert doubt.answer == ConflictAnswer.NONE
    assert AuditEvent.objects.get(action="conflict.settled").reason == "Lange vorbei."


def test_conflict_needs_answer_and_reason(room, sign_in, doubt):
    response = sign_in(room.ada).post(url(room, "conflict-settle"), {"declaration": doubt.pk})

    doubt.refresh_from_db()
    assert response.status_code == 422
    assert set(response.context["settle_form"].errors) == {"answer", "reason"}
    assert doubt.answer == ConflictAnswer.UNSURE


def test_conflict_of_another_jury_is_404(room, sign_in, doubt):
    other = room.jan.jury_seats.get().jury.challenge
    address = reverse("scoring:conflict-settle", args=[room.competition.slug, other.code])

    response = sign_in(room.ada).post(
        address, {"declaration": doubt.pk, "answer": "none", "reason": "Ja."}
    )

    assert response.status_code == 404


# -- assignments -----------------------------------------------------------------------------------


def test_proposal_fills_the_matrix_and_stores_nothing(room, sign_in):
    response = sign_in(room.ada).get(url(room, "assignment-propose"), {"k": "2", "seed": "5"})

    matrix = response.context["matrix"]
    assert [row.jurors for row in matrix.rows] == [2, 2, 2]
    assert sorted(load.count for load in matrix.loads) == [2, 2, 2]
    assert pairs(room) == set()


@pytest.mark.parametrize("data", [{}, {"k": "0", "seed": "1"}, {"k": "2", "seed": "-1"}])
def test_impossible_proposal_is_refused(room, sign_in, data):
    response = sign_in(room.ada).get(url(room, "assignment-propose"), data)

    assert response.status_code == 422
    assert response.context["proposal_form"].errors


@pytest.mark.parametrize("who", STRANGERS)
def test_proposal_is_404_for_strangers(room, sign_in, who):
    response = sign_in(room.people[who]).get(
        url(room, "assignment-propose"), {"k": "2", "seed": "5"}
    )

    assert response.status_code == 404


def test_ticks_become_assignments(room, sign_in):
    client = sign_in(room.ada)
    first = {"pair": keys(room, hanna=["Ulme", "Zeder"], frida=["Ulme"]), "seed": "5"}
    second = {"pair": keys(room, hanna=["Ulme"], iris=["Eibe"])}

    client.post(url(room, "assignment-create"), first)
    response = client.post(url(room, "assignment-create"), second)

    assert response.headers["Location"] == url(room, "jury-manage") + "#assignments"
    assert pairs(room) == {("hanna", "Ulme"), ("iris", "Eibe")}
    events = AuditEvent.objects.filter(action="jury.assigned").order_by("sequence")
    assert [event.data["seed"] for event in events] == [5, None]


def test_tick_against_a_conflict_is_refused(room, sign_in):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)

    response = sign_in(room.ada).post(
        url(room, "assignment-create"), {"pair": keys(room, frida=["Ulme"], iris=["Ulme"])}
    )

    assert response.status_code == 422
    assert pairs(room) == set()


@pytest.mark.parametrize("pair", ["J-222222:Ulme", "Ulme", "1:1"])
def test_tick_of_a_cell_that_is_not_there_is_refused(room, sign_in, pair):
    response = sign_in(room.ada).post(url(room, "assignment-create"), {"pair": [pair]})

    assert response.status_code == 422


def test_ticks_keep_what_somebody_has_begun(assessing, sign_in):
    assessing.save("frida", "Ulme", 3)

    response = sign_in(assessing.ada).post(
        url(assessing, "assignment-create"), {"pair": keys(assessing, frida=["Ulme"])}
    )

    assert response.status_code == 302
    assert pairs(assessing) == {("frida", "Ulme")}


def test_ticks_after_the_end_are_404(assessing, sign_in):
    Jury.objects.filter(pk=assessing.jury.pk).update(state=JuryState.CLOSED)

    response = sign_in(assessing.ada).post(
        url(assessing, "assignment-create"), {"pair": keys(assessing, frida=["Ulme"])}
    )

    assert response.status_code == 404
    assert len(pairs(assessing)) == 9


# -- start -----------------------------------------------------------------------------------------


def test_jury_starts(room, sign_in):
    room.assign_everything()

    response = sign_in(room.ada).post(url(room, "jury-start"))

    room.jury.refresh_from_db()
    assert response.headers["Location"] == url(room, "jury-manage")
    assert room.jury.state == JuryState.ASSESSING
    assert AuditEvent.objects.filter(action="jury.assessing", actor=room.ada.pk).exists()


def test_jury_that_is_not_ready_says_why(room, sign_in):
    response = sign_in(room.ada).post("/en" + url(room, "jury-start"))

    room.jury.refresh_from_db()
    assert response.status_code == 422
    assert len(response.context["refusal"].data["missing"]) == 3
    assert room.jury.state == JuryState.PREPARING


def test_jury_starts_once(assessing, sign_in):
    response = sign_in(assessing.ada).post(url(assessing, "jury-start"))

    assert response.status_code == 409
    assert AuditEvent.objects.filter(action="jury.assessing").count() == 1


# -- cockpit ---------------------------------------------------------------------------------------


def test_cockpit_names_what_waits_for_the_office(room, rf):
    room.declare("frida", Ulme=ConflictAnswer.UNSURE)
    room.start()
    conflict_actions.recuse(room.assignment("iris", "Ulme"), by=room.iris, reason="overload")
    request = rf.get("/")

    needs = contributed_items(Place.OFFICE_NEEDS, request, room.competition)

    page = url(room, "jury-manage")
    assert {need.url for need in needs} >= {f"{page}#conflicts", f"{page}#assignments"}
    for need in needs:
        assert "Elbufer" not in f"{need.label} {need.note}"


def test_page_of_the_statement_sums_the_jury_up(assessing, rf):
    assessing.finish("iris", 3, 3, 5)

    parts = contributions(Place.OFFICE_CHALLENGE, rf.get("/"), assessing.challenge)

    summary = next(part for part in parts if part.template.endswith("_jury_summary.html"))
    assert (summary.context["seats"], summary.context["sum"].released) == (3, 3)
    assert summary.context["sum"].assigned == 9


def test_cockpit_shows_progress_in_numbers_the_fewest_first(assessing, sign_in):
    assessing.finish("iris", 3, 3, 5)
    assessing.save("frida", "Ulme", 5, 1, 9)
    assessing.save("hanna", "Ulme", 5, 1, 9)
    conflict_actions.recuse(
        assessing.assignment("hanna", "Zeder"), by=assessing.hanna, reason="overload"
    )
    address = reverse("competition:office-competition", args=[assessing.competition.slug])

    page = sign_in(assessing.ada).get(address)
    found = jury_queries.cockpit(assessing.competition)

    assert page.status_code == 200
    assert f'href="{url(assessing, "jury-manage")}"' in page.content.decode()
    assert [(row.person, row.sum.done, row.sum.total, row.recused) for row in found.rows] == [
        ("Frida Jurorin", 0, 3, 0),
        ("Hanna Jurorin", 0, 2, 1),
        ("Iris Jurorin", 3, 3, 0),
    ]
    assert (found.sum.sum.done, found.sum.sum.total, found.sum.recused) == (3, 8, 1)


@pytest.mark.parametrize(("done", "shade"), [(0, 0), (1, 1), (3, 2), (6, 3), (8, 3), (9, 4)])
def test_shade_of_the_cockpit_follows_the_share(done, shade):
    assert jury_queries.CockpitCell(done, 9).shade == shade


def test_cockpit_reads_in_a_constant_number_of_queries(assessing, django_assert_num_queries):
    with django_assert_num_queries(4):
        jury_queries.cockpit(assessing.competition)


# -- substitutes -----------------------------------------------------------------------------------


@pytest.fixture
def substitute(room):
    return seated(room.jury, by=room.ada, email="nele@jury.example", role=SeatRole.SUBSTITUTE)


def test_substitute_steps_in_after_asking_for_whom(room, substitute, sign_in):
    room.start()
    client = sign_in(room.ada)
    address = url(room, "seat-step-in", substitute.code)

    page = client.get(address)
    empty = client.post(address)
    response = client.post(address, {"instead_of": room.seats["frida"].code})

    assert {seat.pk for seat in page.context["jurors"]} == {s.pk for s in room.seats.values()}
    assert empty.status_code == 422
    assert response.headers["Location"] == url(room, "jury-manage") + "#assignments"
    assert Assignment.objects.filter(seat=substitute).count() == 3
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("who", STRANGERS)
def test_substitutes_of_strangers_are_404(room, substitute, sign_in, who):
    client = sign_in(room.people[who])

    assert client.post(url(room, "seat-step-in", substitute.code)).status_code == 404


def test_juror_cannot_be_let_step_in(room, sign_in):
    address = url(room, "seat-step-in", room.seats["frida"].code)

    assert sign_in(room.ada).get(address).status_code == 404


# -- fields of expertise ---------------------------------------------------------------------------

FIELDS = [{"text": "Verwaltung", "text_en": "Administration"}, {"text": "Recht"}]


@pytest.fixture
def expert(room):
    """Let the statement name two fields; Frida and Iris know one of them each."""
    Challenge.objects.filter(pk=room.challenge.pk).update(answers={"jury_fields": FIELDS})
    for name, tag in (("frida", "Recht"), ("iris", "Verwaltung")):
        JurySeat.objects.filter(pk=room.seats[name].pk).update(tags=[tag])
    return room


def test_office_says_what_a_juror_knows(expert, sign_in):
    client = sign_in(expert.ada)
    address = url(expert, "seat-tags", expert.seats["hanna"].code)

    page = client.get("/en" + address)
    unknown = client.post(address, {"tags": ["Astrologie"]})
    response = client.post(address, {"tags": ["Verwaltung"]})

    assert page.context["form"].fields["tags"].choices == [
        ("Verwaltung", "Administration"),
        ("Recht", "Recht"),
    ]
    assert unknown.status_code == 422
    assert response.headers["Location"] == url(expert, "jury-manage") + "#seats"
    assert JurySeat.objects.get(pk=expert.seats["hanna"].pk).tags == ["Verwaltung"]
    assert AuditEvent.objects.filter(action="jury.tags_changed", actor=expert.ada.pk).exists()


@pytest.mark.parametrize("who", STRANGERS)
def test_fields_of_strangers_are_404(expert, sign_in, who):
    address = url(expert, "seat-tags", expert.seats["hanna"].code)

    assert sign_in(expert.people[who]).post(address, {"tags": ["Recht"]}).status_code == 404


def test_statement_without_fields_asks_for_none(room, sign_in):
    address = url(room, "seat-tags", room.seats["hanna"].code)

    assert sign_in(room.ada).get(address).status_code == 404


def test_invited_person_corrects_what_the_office_wrote(expert, sign_in):
    sign_in(expert.ada).post(
        url(expert, "seat-create"),
        {
            "email": "nele@jury.example",
            "role": "juror",
            "language": "de",
            "expected": "9",
            "tags": ["Recht"],
        },
    )
    made = JuryInvitation.objects.get(user__email="nele@jury.example")

    sign_in(made.user).post(
        reverse("scoring:seat-accept", args=[made.code]),
        {"organisation": "", "field": "", "tags": ["Verwaltung"]},
    )

    assert made.tags == ["Recht"]
    assert JurySeat.objects.get(user=made.user).tags == ["Verwaltung"]


def test_proposal_takes_one_juror_of_each_field_and_says_what_it_costs(expert, sign_in):
    expert.declare("frida", Ulme=ConflictAnswer.CONFLICT)

    response = sign_in(expert.ada).get(
        "/en" + url(expert, "assignment-propose"),
        {"k": "2", "seed": "5", "fields": ["Verwaltung", "Recht"]},
    )

    findings = response.context["findings"]
    given = {
        (row.pseudonym, cell.seat.user.email.partition("@")[0])
        for row in response.context["matrix"].rows
        for cell in row.cells
        if cell.checked
    }
    assert given == {
        ("Eibe", "frida"),
        ("Eibe", "iris"),
        ("Zeder", "frida"),
        ("Zeder", "iris"),
        ("Ulme", "hanna"),
        ("Ulme", "iris"),
    }
    assert findings.uncovered == (("Ulme", "Recht"),)
    assert findings.short == ()
    assert {cost.rule for cost in findings.costs} == {"conflicts", "fields", "loads"}
    assert findings.has_gaps


def test_proposal_names_who_is_missing_where(room, sign_in):
    room.declare("frida", Ulme=ConflictAnswer.CONFLICT)
    room.declare("iris", Ulme=ConflictAnswer.UNSURE)

    response = sign_in(room.ada).get(url(room, "assignment-propose"), {"k": "2", "seed": "5"})

    (shortage,) = response.context["findings"].short
    assert (shortage.pseudonym, shortage.missing, shortage.free) == ("Ulme", 1, 1)


def test_proposal_keeps_to_the_most_per_juror(room, sign_in):
    response = sign_in(room.ada).get(
        url(room, "assignment-propose"), {"k": "2", "seed": "5", "highest": "1"}
    )

    assert [load.count for load in response.context["matrix"].loads] == [1, 1, 1]
    assert sum(line.missing for line in response.context["findings"].short) == 3


# -- proposals that take long ----------------------------------------------------------------------


def test_large_jury_asks_for_a_proposal_in_the_background(room, sign_in, monkeypatch):
    monkeypatch.setattr(jury_queries, "AT_ONCE", 1)
    client = sign_in(room.ada)

    page = client.get(url(room, "jury-manage"))
    response = client.post(url(room, "proposal-create"), {"k": "2", "seed": "5"})
    waiting = client.get(url(room, "jury-manage"))
    proposal = room.jury.proposals.get()
    too_early = client.get(url(room, "assignment-propose"), {"proposal": proposal.code})
    proposal_actions.run(proposal.pk)
    done = client.get(url(room, "assignment-propose"), {"proposal": proposal.code})

    assert page.context["takes_long"]
    assert response.headers["Location"] == url(room, "jury-manage") + "#assignments"
    assert waiting.context["proposal"] == proposal
    assert too_early.status_code == 404
    assert sum(load.count for load in done.context["matrix"].loads) == 6
    assert not pairs(room)


@pytest.mark.parametrize("who", STRANGERS)
def test_background_proposals_of_strangers_are_404(room, sign_in, who):
    response = sign_in(room.people[who]).post(url(room, "proposal-create"), {"k": "2", "seed": "5"})

    assert response.status_code == 404


def test_impossible_background_proposal_is_refused(room, sign_in):
    response = sign_in(room.ada).post(url(room, "proposal-create"), {"k": "0", "seed": "5"})

    assert response.status_code == 422
    assert not room.jury.proposals.exists()
