"""How ranks moved from the public rows to the hidden ones: counted, said, drawn, handed out."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from scoring import shift_figures
from scoring.actions import leaderboard
from scoring.models import LeaderboardRow
from scoring.queries import shift as queries
from scoring.queries.metrics import metric_card
from scoring.queries.shift import Moved, Shift
from scoring.states import BoardKind
from tests.scoring.decided import measured_room


def board(*ranks: int) -> dict[int, LeaderboardRow]:
    """Make a board on which team 1 has the first of the ranks, and so on."""
    return {
        at: LeaderboardRow(rank=rank, name=f"T{at}", score="0.5", position=at)
        for at, rank in enumerate(ranks, start=1)
    }


def shift(before: tuple[int, ...], after: tuple[int, ...]) -> Shift:
    rows = queries.of_ranks(board(*before), board(*after), {})
    return Shift(card=metric_card("accuracy"), rows=rows)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((1, 2, 3), (1, 2, 3), "The hidden rows changed no rank: all 3 teams keep theirs."),
        (
            (1, 2, 3, 4),
            (4, 1, 2, 3),
            (
                "4 of 4 teams have another rank on the hidden rows. On average a team moved by 1.5 "
                "places. “T2” rose most, by 1 place. “T1” fell most, by 3 places."
            ),
        ),
        # Who shares a place afterwards has moved, although nobody passed anybody.
        (
            (1, 2, 3),
            (1, 1, 3),
            (
                "1 of 3 teams has another rank on the hidden rows. On average a team moved by 0.3 "
                "places. “T2” rose most, by 1 place."
            ),
        ),
    ],
)
def test_takeaway_counts_the_moves(
    before: tuple[int, ...], after: tuple[int, ...], words: str
) -> None:
    with translation.override("en"):
        assert shift(before, after).takeaway == words


def test_teams_on_one_board_only_move_nobody() -> None:
    before, after = board(1, 2, 3, 4), board(9, 1, 2, 3)
    del after[1]

    rows = queries.of_ranks(before, after, {2: "Dachs"})

    assert [(row.name, row.before, row.after) for row in rows] == [
        ("Dachs", 1, 1),
        ("T3", 2, 2),
        ("T4", 3, 3),
    ]


@pytest.mark.django_db  # drawings are kept
def test_drawing_holds_fifty_teams_with_equal_names_and_ranks() -> None:
    found = Shift(
        card=metric_card("accuracy"),
        rows=tuple(
            Moved(name="Dachs", before=1, after=at, value_before="0.9", value_after="0.8")
            for at in range(1, 51)
        ),
    )

    figure = shift_figures.slopes(found, csv_url="/shift.csv")

    assert len(figure.rows) == 50
    assert figure.rows[-1][3] == "−49"


@pytest.mark.django_db
def test_result_shows_the_move_and_hands_it_out(client) -> None:
    room = measured_room()
    leaderboard.refresh(room.challenge, BoardKind.PUBLIC)
    room.publish()
    args = [room.challenge.competition.slug, room.challenge.code]

    page = client.get("/en" + reverse("scoring:results-show", args=args))
    lines = client.get(reverse("scoring:results-shift", args=args)).content.decode().splitlines()

    figure = page.context["shift_figure"]
    names = {name: room.submissions[name].entry.team.name for name in ("Eibe", "Ahorn", "Weide")}
    assert [row[:4] for row in figure.rows] == [
        [names["Ahorn"], "2", "1", "+1"],
        [names["Weide"], "3", "2", "+1"],
        [names["Eibe"], "1", "3", "−2"],
    ]
    assert lines == [
        "team,rank_public,rank_hidden,places_up,value_public,value_hidden",
        f"{names['Ahorn']},2,1,1,0.6000,0.9500",
        f"{names['Weide']},3,2,1,0.5000,0.8000",
        f"{names['Eibe']},1,3,-2,0.9000,0.7000",
    ]
