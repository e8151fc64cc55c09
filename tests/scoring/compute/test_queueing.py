"""Whose turn it is: nobody starves, whatever the others have waiting."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.compute.queueing import LATER, Waiting, fair_order

NOW = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)


def at(minute: float) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minute)


def order(*waiting, teams=None, competitions=None):
    return fair_order(
        waiting, teams_served=teams or {}, competitions_served=competitions or {}, now=NOW
    )


def file(key, team=1, since=-5.0, competition=1, **more):
    return Waiting(key=key, team=team, competition=competition, since=at(since), **more)


def test_one_team_is_served_in_the_order_of_arrival():
    assert order(file(2, since=-4), file(1, since=-5), file(3, since=-4)) == [1, 2, 3]


def test_a_team_with_twenty_files_lets_one_with_one_go_before_its_second():
    many = [file(key, team=1) for key in range(20)]

    assert order(*many, file(99, team=2, since=-1)) == [0, 99, *range(1, 20)]


def test_a_team_that_was_served_goes_behind_all_who_waited_by_then():
    many = [file(key, team=1) for key in range(20)]

    found = order(*many, file(99, team=2, since=-2), teams={1: at(-1)})

    assert found[:2] == [99, 0]


def test_newcomers_do_not_pass_a_team_that_has_waited_since_its_last_turn():
    newcomers = [file(key, team=key, since=-0.5) for key in range(10, 15)]

    assert order(file(1, team=1), *newcomers, teams={1: at(-1)})[0] == 1


def test_a_file_that_has_failed_lets_the_others_of_its_team_go_first():
    assert order(file(1, attempts=1), file(2, since=-1), file(3, attempts=2)) == [2, 1, 3]


def test_competitions_take_turns():
    class_of_many = [file(key, team=key) for key in range(1, 8)]

    found = order(*class_of_many, file(99, team=99, competition=2, since=-1))

    assert found.index(99) == 1


def test_a_competition_that_was_served_lets_another_go_first():
    found = order(
        file(1), file(2, team=2, competition=2, since=-2), competitions={1: at(-1), 2: at(-3)}
    )

    assert found == [2, 1]


def test_repetitions_wait_for_first_results_but_not_for_ever():
    first = file(1, team=1, since=0)
    minutes = LATER.total_seconds() / 60

    assert order(file(2, team=2, is_repetition=True), first) == [1, 2]
    assert order(file(2, team=2, since=-minutes - 1, is_repetition=True), first) == [2, 1]


waiting = st.lists(
    st.builds(
        lambda team, since, attempts, again: (team, since, attempts, again),
        st.integers(0, 5),
        st.integers(-600, 0),
        st.integers(0, 2),
        st.booleans(),
    ),
    max_size=30,
).map(
    lambda rows: [
        Waiting(
            key=key,
            team=team,
            competition=team % 2,
            since=NOW + dt.timedelta(seconds=since),
            attempts=attempts,
            is_repetition=again,
        )
        for key, (team, since, attempts, again) in enumerate(rows)
    ]
)
served = st.dictionaries(
    st.integers(0, 5), st.integers(-600, 0).map(lambda s: NOW + dt.timedelta(seconds=s))
)


@given(items=waiting, teams=served, shuffled=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_is_complete_and_knows_no_order_of_rows(items, teams, shuffled):
    again = list(items)
    shuffled.shuffle(again)

    found = order(*items, teams=teams)

    assert sorted(found) == [item.key for item in items]
    assert order(*again, teams=teams) == found


@given(items=waiting, teams=served)
@settings(max_examples=60)
def test_no_team_starts_twice_while_another_of_its_competition_waits_for_a_first_result(
    items, teams
):
    by_key = {item.key: item for item in items}
    found = [by_key[key] for key in order(*items, teams=teams)]

    for place, item in enumerate(found):
        if item.is_repetition or item.attempts:
            continue
        before = [other.team for other in found[:place] if other.competition == item.competition]
        since_own = (
            before[len(before) - before[::-1].index(item.team) :]
            if (item.team in before)
            else before
        )
        others = [team for team in since_own if team != item.team]
        assert len(others) == len(set(others))
