from __future__ import annotations

import pytest

from submissions.pseudonyms import TREES, is_similar, pick


def test_there_are_many_different_trees():
    assert len(TREES) >= 60
    assert len(set(TREES)) == len(TREES)
    assert max(len(tree) for tree in TREES) <= 30


@pytest.mark.parametrize(
    ("tree", "team", "similar"),
    [
        ("Buche", "Team Buche", True),
        ("Buche", "Die Buchen-Bande", True),
        ("Buche", "BUCHE!", True),
        ("Lärche", "Team Laerche", True),
        ("Lärche", "Larche", True),
        ("Eiche", "Eich Hörnchen", True),
        ("Weide", "Augen w e i d e", True),
        ("Linde", "Team Fuchs", False),
        ("Ulme", "Team Dachs", False),
    ],
)
def test_similar_names_are_recognised(tree, team, similar):
    assert is_similar(tree, team) is similar


def test_pick_avoids_what_is_taken():
    left = "Ulme"

    assert pick("Team Fuchs", set(TREES) - {left}) == left


def test_pick_avoids_what_is_like_the_team():
    names = {pick("Ahorn und Ulme", ()) for _ in range(400)}

    assert {"Ahorn", "Ulme"} & names == set()


def test_pick_goes_on_with_numbers():
    name = pick("Team Fuchs", TREES)

    tree, number = name.rsplit(" ", 1)
    assert tree in TREES
    assert number == "2"


def test_pick_goes_on_with_higher_numbers():
    taken = {*TREES, *(f"{tree} 2" for tree in TREES)}

    assert pick("Team Fuchs", taken).endswith(" 3")


def test_pick_finds_a_name_for_a_team_that_is_like_every_tree():
    assert pick(" ".join(TREES), ()) in TREES
