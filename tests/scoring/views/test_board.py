"""The chair's board, the decision and its publication: who may, when, and what stays hidden."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from competition.models import Challenge
from core.display import number_words
from core.models import AuditEvent
from scoring.models import Award, Decision, MetricScore
from scoring.states import JuryState, Split
from tests.factories import AssignmentFactory, JurySeatFactory
from tests.scoring.decided import (
    MARKS,
    TEAMS,
    Room,
    add_submission,
    assess,
    closed_room,
    measured_room,
    recuse,
)

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

OTHERS = ["ada", "bea", "cem", "emil", "fritz", "gus"]


def url(name: str, room: Room) -> str:
    return reverse(f"scoring:{name}", args=[room.challenge.code])


def read(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


# ---- board -----------------------------------------------------------------------------------
def test_board_shows_the_chair_the_ranking_under_pseudonyms(sign_in: SignIn) -> None:
    room = measured_room()

    page = sign_in(room.frida).get(url("board-show", room))

    shown = [
        (line.rank, line.pseudonym, str(line.points), str(line.metric_points))
        for line in page.context["ranking"].ranked
    ]
    assert shown == [(1, "Eibe", "70.00", "40.00"), (2, "Ahorn", "66.00", "90.00")]
    text = read(page)
    assert not [name for name in (*TEAMS.values(), "Vergleichslösung") if escape(name) in text]
    assert "Geheime Notiz" not in text
    assert "2 nötig" in text  # Weide stands apart, with the reason


def test_board_shows_marks_and_comments_by_letter(sign_in: SignIn) -> None:
    room = closed_room()
    ahorn = room.submissions["Ahorn"].code

    page = sign_in(room.frida).get(url("board-show", room), {"submission": ahorn})

    detail = page.context["detail"]
    assert sorted(detail.letters) == ["A", "B"]
    assert [[mark.words for mark in row.marks] for row in detail.rows] == [["3", "3"], ["3", "3"]]
    assert [row.span for row in detail.rows] == ["einig", "einig"]
    assert [int(total) for total in detail.totals] == [50, 50]
    assert {comment.text for comment in detail.comments} == {
        "Bemerkung zu Ahorn",
        "Nutzen: Bemerkung zu Ahorn",
        "Betrieb: Bemerkung zu Ahorn",
    }
    assert not [name for name in ("Frida", "Fritz") if name in str(detail.comments)]


def test_board_hides_what_the_chair_is_recused_from(sign_in: SignIn) -> None:
    room = closed_room()
    ahorn = room.submissions["Ahorn"]
    third = JurySeatFactory(jury=room.jury)
    recuse(room.seats[0], ahorn)
    assess(AssignmentFactory(seat=third, submission=ahorn), 3, 3, comment="Bemerkung zu Ahorn")
    client = sign_in(room.frida)

    page = client.get(url("board-show", room), {"submission": ahorn.code})

    text = read(page)
    line = page.context["line"]
    assert (line.rank, str(line.points), line.n, line.median, line.sd) == (
        2,
        "50.00",
        0,
        None,
        None,
    )
    assert page.context["detail"] is None
    assert "Bemerkung zu Ahorn" not in text
    assert ahorn.title not in text
    table = {row[1]: row for row in rows(client.get(url("board-csv", room)))[1:]}
    assert table["Ahorn"] == ["2", "Ahorn", "50.00", *[""] * 12]


def rows(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode())))


def test_board_csv_holds_the_figures_of_the_table(sign_in: SignIn) -> None:
    room = measured_room()

    found = rows(sign_in(room.frida).get(url("board-csv", room)))

    assert found[0][:4] == ["rank", "submission", "points", "jury_points"]
    assert found[1] == [
        "1", "Eibe", "70.00", "90.00", "90.00", "14.14", "2", "80.00", "100.00",
        "0.7000", "40.00", "54.00", "16.00", "yes", "",
    ]  # fmt: skip
    assert [row[1] for row in found[1:]] == ["Eibe", "Ahorn", "Weide"]


# ---- decision support ------------------------------------------------------------------------
def test_support_tells_the_chair_what_others_would_have_decided(sign_in: SignIn) -> None:
    room = closed_room()

    page = sign_in(room.frida).get(url("board-support", room))

    support = page.context["support"]
    assert {(row.name, str(row.official)) for row in support.estimates} <= {
        ("Eibe", "90.00"),
        ("Ahorn", "50.00"),
    }
    assert [(row.winners, row.changes) for row in support.without] == [("Eibe", False)] * 2
    assert support.rules[0].winners == "Eibe"
    # Eibe leads by 40: 60 % · (1 − ½) and 40 % · (¾ − ½), so no weight turns the order.
    assert [(row.at, str(row.weight)) for row in support.turns] == [
        (None, "60.00"),
        (None, "40.00"),
    ]
    text = read(page)
    assert not [name for name in ("Fritz", *TEAMS.values()) if escape(name) in text]
    assert "Weide" not in text  # no score, nothing to compare


def test_likely_ranks_are_drawn_told_and_downloaded_from_the_same_rows(sign_in: SignIn) -> None:
    room = closed_room()
    for number in range(2):
        add_submission(
            room.challenge, room.seats, f"Baum {number}", f"Team {number}", (4, 3), (3, 4)
        )
    chair = sign_in(room.frida)

    page = chair.get(url("board-support", room))
    download = rows(chair.get(url("board-support-csv", room)))

    figure, support = page.context["figure"], page.context["support"]
    assert [[row[0], row[1]] for row in figure.rows] == [
        ["Eibe", "1"], ["Baum 0", "2"], ["Baum 1", "2"], ["Ahorn", "4"],
    ]  # fmt: skip
    assert [row[:3] for row in download[1:]] == [
        ["Eibe", "1", "90.00"], ["Baum 0", "2", "62.50"], ["Baum 1", "2", "62.50"],
        ["Ahorn", "4", "50.00"],
    ]  # fmt: skip
    spans = [
        f"{low}" if low == high else f"{low}–{high}" for *_rest, low, high, _top in download[1:]
    ]
    assert [row[2] for row in figure.rows] == spans
    assert "style=" not in figure.wide + figure.narrow
    eibe, *others = support.by_rank
    alone = [replace(eibe, low=1), *(replace(row, low=2) for row in others)]
    told = [
        replace(support, estimates=tuple(estimates)).stability.takeaway
        for estimates in (
            alone,
            [replace(row, low=1) for row in alone],
            [replace(row, low=2) for row in alone],
        )
    ]
    assert told == [
        "Mit einer anderen, ebenso guten Jury läge wahrscheinlich nur Eibe auf Platz 1.",
        (
            "Mit einer anderen, ebenso guten Jury könnte jede von 4 Einreichungen auf Platz 1 "
            "liegen: Eibe, Baum 0, Baum 1, Ahorn."
        ),
        (
            "Mit einer anderen, ebenso guten Jury ist bei keiner Einreichung mit Platz 1 zu "
            "rechnen: Die vordersten liegen zu dicht beieinander."
        ),
    ]


def test_strictness_and_disagreement_are_drawn_from_the_totals(sign_in: SignIn) -> None:
    room = closed_room()
    add_submission(room.challenge, room.seats, "Linde", "Team Linde", (4, 3), (3, 4))
    chair = sign_in(room.frida)

    page = chair.get(url("board-support", room))
    download = rows(chair.get(url("board-totals-csv", room)))

    strips, spreads = page.context["strips"], page.context["spreads"]
    given: dict[str, dict[str, float]] = {}
    for juror, name, total in download[1:]:
        given.setdefault(juror, {})[name] = float(total)
    assert [(row[0], row[1]) for row in strips.rows] == [
        (juror, str(len(own))) for juror, own in given.items()
    ]
    for row, own in zip(strips.rows, given.values(), strict=True):
        figures = (fmean(own.values()), min(own.values()), max(own.values()))
        assert row[2:] == [number_words(figure, 1) for figure in figures]
    eibe = [own["Eibe"] for own in given.values()]
    assert sorted(eibe) == [80.0, 100.0]
    assert ["Eibe", "2", "90,0", "14,1", "ja"] in spreads.rows
    assert spreads.takeaway.startswith("Am weitesten auseinander liegen die Jurymitglieder bei ")
    assert "style=" not in strips.wide + strips.narrow + spreads.wide + spreads.narrow


def test_chair_learns_on_whom_alone_a_comparison_hangs(sign_in: SignIn) -> None:
    room = closed_room()
    single = add_submission(room.challenge, room.seats, "Linde", "Team Linde")
    for seat in (room.seats[1], JurySeatFactory(jury=room.jury)):
        assess(AssignmentFactory(seat=seat, submission=single), 4, 3)

    support = sign_in(room.frida).get(url("board-support", room)).context["support"]

    # Fritz links Linde with the others, the third juror hangs on Linde.
    letters = {juror for juror, _names in support.bridges}
    assert {names for _juror, names in support.bridges} == {"Linde"}
    assert len(letters) == 2


def test_likely_ranks_of_a_combined_result_are_of_both_parts(sign_in: SignIn) -> None:
    room = measured_room()

    support = sign_in(room.frida).get(url("board-support", room)).context["support"]

    # The board ranks by both, Eibe 70, and by the jury alone Eibe would be first as well.
    assert [(row.name, row.rank) for row in support.by_rank][:1] == [("Eibe", 1)]
    assert {row.name for row in support.stability.rows} == {
        row.name for row in support.estimates if row.rank is not None
    }


def test_support_leaves_out_what_the_chair_is_recused_from(sign_in: SignIn) -> None:
    room = closed_room()
    ahorn = room.submissions["Ahorn"]
    third = JurySeatFactory(jury=room.jury)
    recuse(room.seats[0], ahorn)
    assess(AssignmentFactory(seat=third, submission=ahorn), 3, 3)

    page = sign_in(room.frida).get(url("board-support", room))

    assert page.context["has_hidden"]
    assert "Ahorn" not in read(page)
    assert {row.winners for row in page.context["support"].rules} == {"Eibe"}


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("page", ["board-show", "board-csv", "board-support", "decision-create"])
def test_board_is_for_the_chair_alone(sign_in: SignIn, who: str, page: str) -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    assert sign_in(getattr(room, who)).get(url(page, room)).status_code == 404


@pytest.mark.parametrize("state", [JuryState.PREPARING, JuryState.ASSESSING])
def test_board_opens_only_after_closing(sign_in: SignIn, state: str) -> None:
    room = closed_room(state=state)

    client = sign_in(room.frida)

    assert [client.get(url(name, room)).status_code for name in ("board-show", "board-csv")] == [
        404,
        404,
    ]


def test_board_asks_a_visitor_to_sign_in(client: Client) -> None:
    room = closed_room()

    assert client.get(url("board-show", room)).status_code == 302


def test_board_selects_no_foreign_submission(sign_in: SignIn) -> None:
    room, other = closed_room(), closed_room()

    page = sign_in(room.frida).get(
        url("board-show", room), {"submission": other.submissions["Eibe"].code}
    )

    assert (page.context["line"], page.context["detail"]) == (None, None)


@pytest.mark.parametrize("more", [0, 27])
@pytest.mark.parametrize(("make", "count"), [(closed_room, 32), (measured_room, 44)])
def test_board_needs_as_many_queries_for_few_rows_as_for_many(
    sign_in: SignIn, make: Callable[[], Room], count: int, more: int
) -> None:
    room = make()
    for number in range(more):
        add_submission(
            room.challenge, room.seats, f"Baum {number}", f"Team {number}", *MARKS["Ahorn"]
        )
    client = sign_in(room.frida)
    client.get(url("board-show", room))

    with CaptureQueriesContext(connection) as queries:
        client.get(url("board-show", room))

    assert len(queries) == count


def test_board_shows_a_new_evaluation_at_once(sign_in: SignIn) -> None:
    room = measured_room()
    client = sign_in(room.frida)

    def points() -> dict[str, Decimal | None]:
        page = client.get(url("board-show", room))
        return {line.pseudonym: line.points for line in page.context["ranking"].lines}

    before = points()
    MetricScore.objects.filter(
        evaluation__submission=room.submissions["Ahorn"], split=Split.PRIVATE
    ).update(value=1.0)
    after = points()

    assert (before["Ahorn"], after["Ahorn"]) == (Decimal("66.00"), Decimal("70.00"))
    assert {name for name in after if after[name] != before[name]} == {"Ahorn"}


# ---- deliberation ----------------------------------------------------------------------------
def test_deliberation_open_works_and_is_audited(sign_in: SignIn) -> None:
    room = closed_room()

    response = sign_in(room.frida).post(url("deliberation-open", room))

    room.jury.refresh_from_db()
    assert (response.status_code, room.jury.state) == (302, JuryState.DELIBERATING)
    events = AuditEvent.objects.order_by("-sequence").values_list("action", "actor")[:2]
    assert list(events) == [
        ("meeting.opened", room.frida.pk),
        ("jury.deliberating", room.frida.pk),
    ]


@pytest.mark.parametrize("who", OTHERS)
def test_deliberation_open_is_404_for_a_stranger(sign_in: SignIn, who: str) -> None:
    room = closed_room()

    response = sign_in(getattr(room, who)).post(url("deliberation-open", room))

    room.jury.refresh_from_db()
    assert (response.status_code, room.jury.state) == (404, JuryState.CLOSED)


@pytest.mark.parametrize(
    ("state", "status"),
    [(JuryState.ASSESSING, 404), (JuryState.DELIBERATING, 409), (JuryState.DECIDED, 404)],
)
def test_deliberation_open_in_the_wrong_phase(sign_in: SignIn, state: str, status: int) -> None:
    room = closed_room(state=state)

    assert sign_in(room.frida).post(url("deliberation-open", room)).status_code == status


def test_reading_about_the_deliberation_does_not_open_it(sign_in: SignIn) -> None:
    room = closed_room()

    assert sign_in(room.frida).get(url("deliberation-open", room)).status_code == 200
    room.jury.refresh_from_db()
    assert room.jury.state == JuryState.CLOSED


# ---- decision --------------------------------------------------------------------------------
def entered(room: Room, step: str, **changes: str) -> dict[str, str]:
    eibe, ahorn = (room.submissions[name].code for name in ("Eibe", "Ahorn"))
    return {
        "reasons_de": "Die Jury ist sich einig.",
        "reasons_en": "The jury agrees.",
        f"{eibe}-1-kind": "prize",
        f"{eibe}-1-place": "1",
        f"{eibe}-1-amount": "20000",
        f"{eibe}-1-reason_de": "Fragt nach.",
        f"{eibe}-2-kind": "pilot",
        f"{eibe}-2-reason_de": "Wird erprobt.",
        f"{ahorn}-1-kind": "",
        "step": step,
        **changes,
    }


def test_decision_create_shows_two_award_rows_per_ranked_submission(sign_in: SignIn) -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    page = sign_in(room.frida).get(url("decision-create", room))

    assert [row.line.pseudonym for row in page.context["form"].rows] == ["Eibe", "Ahorn"]
    text = read(page)
    assert not [name for name in TEAMS.values() if escape(name) in text]


def test_decision_is_checked_before_it_is_stored(sign_in: SignIn) -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    page = sign_in(room.frida).post(url("decision-create", room), entered(room, "check"))

    text = read(page)
    assert "scoring/jury/decision_check.html" in [template.name for template in page.templates]
    assert not Decision.objects.exists()
    assert 'value="Fragt nach."' in text
    assert "20\u202f000" in text or "20 000" in text


def test_decision_create_works_and_is_audited(sign_in: SignIn) -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    response = sign_in(room.frida).post(url("decision-create", room), entered(room, "decide"))

    assert response.status_code == 302
    assert response["Location"] == url("results-publish", room)
    decision = Decision.objects.get()
    assert (decision.reasons_de, decision.reasons_en) == (
        "Die Jury ist sich einig.",
        "The jury agrees.",
    )
    eibe = room.submissions["Eibe"].entry_id
    assert list(Award.objects.values_list("entry", "kind", "place", "amount").order_by("pk")) == [
        (eibe, "prize", 1, 20_000),
        (eibe, "pilot", None, None),
    ]
    event = AuditEvent.objects.get(action="jury.decided")
    assert (event.actor, event.data["awards"]) == (
        room.frida.pk,
        [["prize", 1, 20_000], ["pilot", None, None]],
    )


def test_decision_can_be_changed_after_checking_and_nothing_is_lost(sign_in: SignIn) -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    page = sign_in(room.frida).post(url("decision-create", room), entered(room, "edit"))

    text = read(page)
    assert "scoring/jury/decision_create.html" in [template.name for template in page.templates]
    assert "Fragt nach." in text
    assert "Wird erprobt." in text
    assert not Decision.objects.exists()


@pytest.mark.parametrize("step", ["check", "decide"])
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reasons_de": ""}, "Bitte füllen Sie dieses Feld aus."),
        ({"{}-1-place": ""}, "Eibe: Ein Preis braucht einen Platz."),
        ({"{}-1-reason_de": ""}, "Eibe: Jede Auszeichnung braucht eine Würdigung der Jury."),
        ({"{}-1-kind": ""}, "Eibe: Wählen Sie die Art der Auszeichnung oder leeren Sie"),
        ({"{}-2-kind": "prize", "{}-2-place": "2"}, "höchstens einen Preis"),
        ({"{}-1-amount": "-1"}, "größer oder gleich 0"),
    ],
)
def test_invalid_decision_answers_422_and_keeps_what_was_typed(
    sign_in: SignIn, step: str, changes: dict[str, str], sentence: str
) -> None:
    room = closed_room(state=JuryState.DELIBERATING)
    eibe = room.submissions["Eibe"].code
    data = entered(room, step, **{key.format(eibe): value for key, value in changes.items()})

    page = sign_in(room.frida).post(url("decision-create", room), data)

    text = page.content.decode()
    assert page.status_code == 422
    assert sentence in text
    assert "Wird erprobt." in text
    assert not Decision.objects.exists()


def test_decision_refused_by_the_rules_keeps_what_was_typed(sign_in: SignIn) -> None:
    room = closed_room(state=JuryState.DELIBERATING)
    Challenge.objects.filter(pk=room.challenge.pk).update(state="published")
    room.challenge.phases.filter(kind="submission").update(ends_at="2999-01-01T00:00Z")

    page = sign_in(room.frida).post(url("decision-create", room), entered(room, "decide"))

    assert page.status_code == 422
    assert "Teams dürfen noch einreichen." in page.content.decode()
    assert "Fragt nach." in page.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize("state", [JuryState.ASSESSING, JuryState.CLOSED, JuryState.DECIDED])
def test_decision_create_in_the_wrong_phase(sign_in: SignIn, state: str) -> None:
    room = closed_room(state=state)
    client = sign_in(room.frida)

    assert client.get(url("decision-create", room)).status_code == 404
    assert client.post(url("decision-create", room), entered(room, "decide")).status_code == 404
    assert not Decision.objects.exists()


@pytest.mark.parametrize("who", OTHERS)
def test_decision_create_is_404_for_a_stranger(sign_in: SignIn, who: str) -> None:
    room = closed_room(state=JuryState.DELIBERATING)

    client = sign_in(getattr(room, who))

    response = client.post(url("decision-create", room), entered(room, "decide"))
    assert (response.status_code, Decision.objects.count()) == (404, 0)
