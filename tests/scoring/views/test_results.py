"""The public result: nothing before publication, everything recomputable after it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from competition.models import Challenge
from scoring import figures
from scoring.actions import final_boards, publication
from scoring.models import Decision, Rubric
from scoring.models.rubric import Method
from scoring.queries import results as queries
from scoring.queries import sensitivity
from scoring.states import JuryState
from tests.scoring.decided import (
    MARKS,
    TEAMS,
    Room,
    add_submission,
    closed_room,
    measured_room,
)

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

type SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db

DOWNLOADS = [
    "results-csv",
    "results-json",
    "results-marks",
    "results-rubric",
    "results-weights",
    "results-stability",
    "results-shift",
    "results-footprint",
]
PAGES = ["results-show", "results-explain", *DOWNLOADS]


def url(name: str, room: Room) -> str:
    return reverse(f"scoring:{name}", args=[room.challenge.competition.slug, room.challenge.code])


def rows(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def result_of(room: Room) -> queries.Result:
    decision = queries.decision_of(Challenge.objects.get(pk=room.challenge.pk))
    assert decision is not None
    return queries.result(decision, final_boards.of_decision(decision))


# ---- before publication ----------------------------------------------------------------------
@pytest.mark.parametrize("who", ["", "ada", "bea", "cem", "frida", "fritz", "gus"])
def test_result_is_404_for_everybody_before_publication(
    client: Client, sign_in: SignIn, who: str
) -> None:
    room = measured_room()
    room.decide(room.award())
    if who:
        client = sign_in(getattr(room, who))

    assert [client.get(url(name, room)).status_code for name in PAGES] == [404] * len(PAGES)


def test_list_of_results_leads_to_the_result(client: Client) -> None:
    room = measured_room()
    room.publish()

    page = client.get(reverse("competition:result-list"))

    assert page.context["lines"] == [(room.challenge, url("results-show", room))]


def test_menu_marks_the_one_line_that_fits(client: Client, sign_in: SignIn) -> None:
    room = measured_room()
    room.publish()
    challenge = room.challenge.get_absolute_url()
    expected = {
        "/competitions/": "/competitions/",
        challenge: "/competitions/",
        f"{challenge}results/": "/results/",
        f"{challenge}results/explanation/": "/results/",
        f"/en{challenge}results/": "/en/results/",
        "/results/": "/results/",
    }

    def marked(browser: Client, address: str) -> list[str]:
        page = browser.get(address)
        return [link.url for link in page.context["navigation"] if link.current]

    for_a_visitor = {address: marked(client, address) for address in expected}
    cem = sign_in(room.cem)
    for_a_member = {address: marked(cem, address) for address in expected}

    assert for_a_visitor == {address: [line] for address, line in expected.items()}
    assert for_a_member == for_a_visitor


def test_nothing_of_the_result_leaks_before_publication(client: Client, sign_in: SignIn) -> None:
    room = measured_room()
    room.decide(room.award(reason_de="Würdigung mit Namen"))
    challenge, competition = room.challenge, room.challenge.competition
    public = [
        "/",
        competition.get_absolute_url(),
        challenge.get_absolute_url(),
        challenge.agency.get_absolute_url(),
        reverse("competition:result-list"),
        reverse("scoring:leaderboard-show", args=[competition.slug, challenge.code]),
        reverse("scoring:leaderboard-json", args=[competition.slug, challenge.code]),
    ]
    own = room.submissions["Eibe"].get_absolute_url()
    secrets = (
        "70.00", "70,00", "0.7000", "95,00", "0.9500", "54,00", "Bemerkung zu", "Geheime Notiz",
        "Die Jury ist sich einig", "Würdigung mit Namen", "Warum?",
    )  # fmt: skip

    texts = {path: client.get(path).content.decode() for path in public}
    for person in (room.cem, room.bea, room.fritz):
        reader = sign_in(person)
        texts |= {f"{person.pk} {path}": reader.get(path).content.decode() for path in public}
    texts["own"] = sign_in(room.cem).get(own).content.decode()

    leaks = [(path, word) for path, text in texts.items() for word in secrets if word in text]
    assert leaks == []


def test_jurors_see_no_team_name_before_publication(sign_in: SignIn) -> None:
    room = measured_room()
    room.decide(room.award())
    code = room.challenge.code
    paths = [
        reverse(f"scoring:{name}", args=[code])
        for name in ("jury-list", "jury-show", "jury-progress", "board-show", "results-publish")
        if name != "jury-list"
    ]

    texts = [
        sign_in(person).get(path).content.decode()
        for person in (room.frida, room.fritz)
        for path in [*paths, reverse("scoring:jury-list")]
    ]

    assert not [name for name in TEAMS.values() for text in texts if escape(name) in text]


# ---- the page --------------------------------------------------------------------------------
def test_result_shows_who_won_and_how(client: Client) -> None:
    room = measured_room()
    room.publish()

    page = client.get(url("results-show", room))

    text = page.content.decode()
    found = page.context["result"]
    table = [(line.rank, line.name, str(line.points)) for line in found.ranked]
    assert table == [(1, "Team Dachs", "70.00"), (2, "Team Luchs", "66.00")]
    assert [(line.name, line.reason) for line in found.unranked] == [
        ("Team Otter", "ohne Rang: 1 Bewertung, 2 nötig")
    ]
    assert [(part.label, str(part.share)) for part in found.parts[:2]] == [
        ("Nutzen", "36.0000"),
        ("Betrieb", "24.0000"),
    ]
    assert (found.received, found.assessments, found.recusals) == (3, 5, 0)
    assert found.headline == "Team Dachs gewinnt"
    assert "4,00 Punkte vor Team Luchs" in found.lead
    for words in ("Fragt nach.", "Die Jury ist sich einig.", "Frida Vorsitz", "41,00"):
        assert words in text
    assert "simuliert" not in text
    assert "Geheime Notiz" not in text
    assert "Bemerkung zu" not in text


def test_demo_says_that_the_marks_are_simulated(client: Client, settings: Any) -> None:
    settings.DEMO = True
    room = closed_room()
    room.publish()

    texts = [
        client.get(url(name, room)).content.decode() for name in ("results-show", "results-explain")
    ]

    assert ["simuliert" in text for text in texts] == [True, True]


def test_chart_table_and_download_come_from_the_same_values(client: Client) -> None:
    room = measured_room()
    room.publish()
    found = result_of(room)

    figure = figures.contributions(found)
    download = rows(client.get(url("results-csv", room)))

    assert [list(row) for row in figure.rows] == [
        ["Team Dachs", "36,00", "18,00", "16,00", "70,00"],
        ["Team Luchs", "18,00", "12,00", "36,00", "66,00"],
    ]
    assert [(row["team"], row["points"], row["metric_part"]) for row in download[:2]] == [
        ("Team Dachs", "70.00", "16.00"),
        ("Team Luchs", "66.00", "36.00"),
    ]
    assert "style=" not in figure.wide
    assert "style=" not in figure.narrow


def test_takeaway_names_the_largest_gaps_of_the_first_two() -> None:
    room = measured_room()
    room.publish()

    sentence = result_of(room).takeaway

    assert sentence == (
        "Den größten Vorsprung vor Team Luchs hat Team Dachs bei „Nutzen“: 18,0 Punkte. "
        "Bei „Trefferquote“ liegt Team Luchs mit 20,0 Punkten vorn."
    )


def test_result_of_a_jury_alone_has_no_metric(client: Client) -> None:
    room = closed_room()
    room.publish()

    page = client.get(url("results-show", room))

    found = page.context["result"]
    assert (found.is_combined, len(found.parts), found.metric_sentence) == (False, 2, "")
    assert [(line.name, str(line.points)) for line in found.ranked] == [
        ("Team Dachs", "90.00"),
        ("Team Luchs", "50.00"),
    ]


@pytest.mark.parametrize("more", [0, 3])
def test_result_needs_as_many_queries_for_few_rows_as_for_many(client: Client, more: int) -> None:
    room = closed_room()
    for number in range(more):
        add_submission(
            room.challenge, room.seats, f"Baum {number}", f"Team {number}", *MARKS["Ahorn"]
        )
    room.publish()
    client.get(url("results-show", room))

    with CaptureQueriesContext(connection) as found:
        client.get(url("results-show", room))

    assert len(found) == 18


# ---- explanation -----------------------------------------------------------------------------
def test_explanation_leads_from_marks_to_rank(client: Client) -> None:
    room = measured_room()
    room.publish()
    team = room.submissions["Eibe"].entry.team.code

    page = client.get(url("results-explain", room), {"team": team})

    steps = page.context["steps"]
    assert steps.jurors == ("J1", "J2")
    assert [sorted(row.marks) for row in steps.rows] == [["5", "5"], ["3", "5"]]
    assert [(str(row.mean), str(row.points)) for row in steps.rows] == [
        ("5.00", "60.00"),
        ("4.00", "30.00"),
    ]
    assert sorted(str(total) for total in steps.totals) == ["100.00", "80.00"]
    assert [line.name for line in page.context["neighbours"]] == ["Team Dachs", "Team Luchs"]
    text = page.content.decode()
    assert not [word for word in ("Frida", "Fritz", "Bemerkung zu") if word in text]


def test_explanation_of_all_teams_lists_every_line(client: Client) -> None:
    room = measured_room()
    room.publish()

    text = client.get(url("results-explain", room)).content.decode()

    assert [name in text for name in TEAMS.values()] == [True] * 3


def test_explanation_says_how_far_each_weight_can_move(client: Client) -> None:
    room = measured_room()
    room.publish()

    page = client.get(url("results-explain", room))
    download = rows(client.get(url("results-weights", room)))

    figure = page.context["figure"]
    # By hand: Dachs leads by 4 points: 50 and 25 ahead in the criteria, 50 behind in the metric.
    assert [list(row.values()) for row in download] == [
        ["Nutzen", "36", "30.5", "100", "Team Luchs", ""],
        ["Betrieb", "24", "9.6", "100", "Team Luchs", ""],
        ["Trefferquote", "40", "0", "44.4", "", "Team Luchs"],
    ]
    assert figure.rows == [
        ["Nutzen", "36\u00a0%", "ab 30,5\u00a0%", "Team Luchs", "–"],
        ["Betrieb", "24\u00a0%", "ab 9,6\u00a0%", "Team Luchs", "–"],
        ["Trefferquote", "40\u00a0%", "bis 44,4\u00a0%", "–", "Team Luchs"],
    ]
    assert figure.takeaway == (
        "Team Dachs bleibt auf Platz 1, solange „Trefferquote“ höchstens 44,4\u00a0% der "
        "Gesamtpunkte ausmacht; es gelten 40\u00a0%. Darüber läge Team Luchs vorn."
    )
    assert escape(figure.takeaway) in page.content.decode()
    assert ["style=" in svg for svg in (figure.wide, figure.narrow)] == [False, False]


def test_one_team_reads_how_firm_its_own_rank_is(client: Client) -> None:
    room = measured_room()
    room.publish()
    second = client.get(url("results-explain", room)).context["result"].ranked[1]

    page = client.get(url("results-explain", room), {"team": second.team_code})

    # The same two lines meet, seen from the other side: the metric would have to weigh more.
    found = page.context["sensitivity"]
    assert [(str(band.low), str(band.high)) for band in found.bands] == [
        ("30.5", "100"), ("9.6", "100"), ("0", "44.4"),
    ]  # fmt: skip
    assert found.takeaway == (
        "Team Luchs bleibt auf Rang 2, solange „Trefferquote“ höchstens 44,4\u00a0% der "
        "Gesamtpunkte ausmacht; es gelten 40\u00a0%. Darüber käme es zum Tausch mit Team Dachs."
    )
    assert escape(found.takeaway) in page.content.decode()
    assert page.context["likely"] is None


def test_likely_ranks_are_published_only_where_that_was_announced(client: Client) -> None:
    silent, told = closed_room(), closed_room()
    Rubric.objects.filter(challenge=told.challenge).update(tells_stability=True)
    for room in (silent, told):
        for at, name in enumerate(("Linde", "Buche")):
            add_submission(room.challenge, room.seats, name, f"Team {name}", (4, 3), (2 + at, 4))
        room.publish()

    pages = [client.get(url("results-explain", room)) for room in (silent, told)]
    download = rows(client.get(url("results-stability", told)))

    result = pages[1].context["result"]
    figure = pages[1].context["stability_figure"]
    stored = result.final.header["stability"]["ranks"]
    assert [page.context["stability"] is None for page in pages] == [True, False]
    assert rows(client.get(url("results-stability", silent))) == []
    assert [[line.name, str(line.rank), *map(str, stored[line.submission])]
            for line in result.ranked] == [list(row.values()) for row in download]  # fmt: skip
    assert [row[0] for row in figure.rows] == [line.name for line in result.ranked]
    for row in download:
        assert 1 <= int(row["rank_from"]) <= int(row["rank_to"]) <= len(result.ranked)
    first = result.ranked[0]
    own = client.get(url("results-explain", told), {"team": first.team_code})
    assert own.context["likely"].name == first.name
    assert escape(own.context["likely"].sentence) in own.content.decode()


def test_where_no_weight_can_be_told_the_page_says_why(client: Client) -> None:
    room = closed_room()
    room.publish()
    found = result_of(room)
    first, second = found.ranked
    unmarked = {**second.sheets[0], "marks": {**second.sheets[0]["marks"], "k1": None}}
    level = replace(second, sheets=first.sheets)
    cases = {
        "Vor dem Runden": replace(found, lines=(first, level)),
        "Nicht jedes Jurymitglied": replace(
            found, lines=(first, replace(second, sheets=(unmarked, *second.sheets[1:])))
        ),
    }
    Rubric.objects.filter(challenge=room.challenge).update(method=Method.RANK_SUM)

    reasons = {start: sensitivity.sensitivity(case) for start, case in cases.items()}
    page = client.get(url("results-explain", room))

    for start, told in reasons.items():
        assert told is not None
        assert (told.reason.startswith(start), told.bands) == (True, ())
    assert page.context["sensitivity"].reason.startswith("Die veröffentlichte Regel")
    assert page.context["sensitivity"].reason in page.content.decode()
    assert page.context["figure"] is None
    assert rows(client.get(url("results-weights", room))) == []
    assert sensitivity.sensitivity(replace(found, lines=(first,))) is None


def test_explanation_says_why_there_is_no_rank(client: Client) -> None:
    room = closed_room()
    room.publish()
    team = room.submissions["Weide"].entry.team.code

    page = client.get(url("results-explain", room), {"team": team})

    assert "Warum Team Otter keinen Rang hat" in page.content.decode()


def test_explanation_of_a_foreign_team_is_404(client: Client) -> None:
    room, other = closed_room(), closed_room()
    room.publish()
    team = other.submissions["Eibe"].entry.team.code

    assert client.get(url("results-explain", room), {"team": team}).status_code == 404


# ---- open data -------------------------------------------------------------------------------
def test_csv_has_every_field_of_the_dictionary(client: Client) -> None:
    room = measured_room()
    room.publish()

    found = rows(client.get(url("results-csv", room)))

    assert list(found[0]) == [name for name, _meaning in queries.dictionary(result_of(room))]
    assert found[0] | {"tie_step": "", "award": ""} == {
        "rank": "1",
        "team": "Team Dachs",
        "points": "70.00",
        "jury_points": "90.00",
        "jury_part": "54.00",
        "metric_value": "0.7000",
        "metric_points": "40.00",
        "metric_part": "16.00",
        "assessments": "2",
        "median": "90.00",
        "lowest": "80.00",
        "highest": "100.00",
        "tie_step": "",
        "award": "",
        "points_k1": "60.00",
        "points_k2": "30.00",
    }
    assert found[0]["award"] == "prize 1"


@pytest.mark.parametrize(
    ("make", "method"),
    [
        (closed_room, Method.WEIGHTED_MEAN),
        (measured_room, Method.MEDIAN),
        (closed_room, Method.TRIMMED_MEAN),
        (closed_room, Method.RANK_SUM),
    ],
)
def test_published_marks_and_rubric_give_the_published_points(
    client: Client, tmp_path: Path, make: Callable[[], Any], method: Method
) -> None:
    room = make()
    Rubric.objects.filter(challenge=room.challenge).update(method=method)
    room.publish()
    for name, file in (("results-marks", "marks.csv"), ("results-rubric", "rubric.toml")):
        (tmp_path / file).write_bytes(client.get(url(name, room)).content)
    out = io.StringIO()

    call_command(
        "rank",
        str(tmp_path / "marks.csv"),
        rubric=str(tmp_path / "rubric.toml"),
        as_json=True,
        stdout=out,
    )

    answer = json.loads(out.getvalue())
    assert answer["method"] == method
    computed = {row["submission"]: row["score"] for row in answer["rows"]}
    published = {
        line.name: str(line.jury_points)
        for line in result_of(room).lines
        if line.jury_points is not None
    }
    assert len(published) > 1
    assert computed == published


def test_sum_of_ranks_is_no_number_of_points_on_any_page(client: Client, sign_in: SignIn) -> None:
    room = closed_room()
    Rubric.objects.filter(challenge=room.challenge).update(method=Method.RANK_SUM)
    room.publish()
    first, second = result_of(room).ranked[:2]
    assert first.points is not None
    assert second.points is not None
    assert first.points < second.points

    pages = [client.get(url(name, room)) for name in PAGES]
    pages.append(client.get(url("results-explain", room), {"team": first.team_code}))
    own = sign_in(room.cem).get(room.submissions["Eibe"].get_absolute_url())
    board = sign_in(room.frida).get(reverse("scoring:board-show", args=[room.challenge.code]))

    for page in (*pages, own, board):
        shown = page.content.decode()
        assert "von 100 Punkten" not in shown
        assert "Punkte von 0 bis 100" not in shown
    assert "Rangsumme" in pages[0].content.decode()
    assert pages[0].context["figure"] is None


def test_csv_is_harmless_in_a_spreadsheet(client: Client) -> None:
    room = closed_room()
    team = room.submissions["Eibe"].entry.team
    team.name = "=cmd|' /C calc'!A0"
    team.save()
    room.publish()

    assert rows(client.get(url("results-csv", room)))[0]["team"] == "'=cmd|' /C calc'!A0"


def test_json_holds_rules_dictionary_and_sheets_without_names(client: Client) -> None:
    room = measured_room()
    room.publish()

    data = client.get(url("results-json", room)).json()

    assert data["licence"] == "dl-de/by-2-0"
    assert data["weights"]["jury"] == "60.00"
    assert {field["name"] for field in data["fields"]} == set(data["rows"][0]) - {"sheets"}
    assert all(field["de"] and field["en"] for field in data["fields"])
    sheets = data["rows"][0]["sheets"]
    assert [sheet["juror"] for sheet in sheets] == ["J1", "J2"]
    assert sorted(sheet["total"] for sheet in sheets) == ["100.00", "80.00"]
    text = str(data)
    seats = [seat.code for seat in room.seats]
    assert not [word for word in ("Frida", "Fritz", "Bemerkung", *seats) if word in text]


def test_downloads_follow_the_licence_of_the_statement(client: Client) -> None:
    room = closed_room(answers={"data_licence": "CC-BY-4.0"})
    room.publish()

    response = client.get(url("results-json", room))

    assert response.json()["licence"] == "CC-BY-4.0"
    assert response["Link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'


@pytest.mark.parametrize("name", DOWNLOADS)
def test_unchanged_download_is_not_sent_again(client: Client, name: str) -> None:
    room = closed_room()
    room.publish()
    first = client.get(url(name, room))

    second = client.get(url(name, room), headers={"If-None-Match": first["ETag"]})

    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])


# ---- parts of other pages --------------------------------------------------------------------
def test_challenge_and_home_link_to_the_result_only_after_publication(client: Client) -> None:
    room = closed_room()
    room.decide(room.award())
    page = room.challenge.get_absolute_url()
    link = url("results-show", room)
    before = [link in client.get(path).content.decode() for path in (page, "/")]

    room.make_ready()
    publication.publish(room.jury, by=room.ada)

    after = [link in client.get(path).content.decode() for path in (page, "/")]
    assert (before, after) == ([False, False], [True, True])


def test_team_reads_its_own_result_and_comments(sign_in: SignIn) -> None:
    room = measured_room()
    room.publish()
    eibe = room.submissions["Eibe"]

    text = sign_in(room.cem).get(eibe.get_absolute_url()).content.decode()
    foreign = sign_in(room.emil).get(eibe.get_absolute_url()).status_code

    assert "Ergebnis: Rang 1 von 2" in text
    assert "Nutzen: Bemerkung zu Eibe" in text
    assert "Bemerkung zu Ahorn" not in text
    assert "Geheime Notiz" not in text
    assert foreign == 404


def test_office_page_offers_the_publication(sign_in: SignIn) -> None:
    room = closed_room()
    office = reverse(
        "competition:office-challenge", args=[room.challenge.competition.slug, room.challenge.code]
    )
    publish = reverse("scoring:results-publish", args=[room.challenge.code])
    client = sign_in(room.ada)
    before = publish in client.get(office).content.decode()
    room.decide()

    after = publish in client.get(office).content.decode()

    assert (before, after) == (False, True)
    assert Decision.objects.get().published_at is None
    room.jury.refresh_from_db()
    assert room.jury.state == JuryState.DECIDED
