"""Finding the words that tell who is behind a text (J-61)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from submissions import blind
from submissions.blind import Words


def team() -> Words:
    return Words(
        [
            *blind.words_of_team("Team Dachs"),
            *blind.words_of_person("Jörg Müller-Lüdenscheidt"),
            *blind.words_of_person("Ana Kurz"),
            *blind.words_of_organisation("Hochschule Musterstadt GmbH"),
            *blind.words_of_address("jmueller42@fuchs-labor.de"),
            *blind.words_of_address("ana@gmail.com"),
            *blind.words_of_link("https://github.com/dachsbau/ziffern"),
        ]
    )


def found(text: str, *, is_prose: bool = True) -> list[str]:
    return [match.found for match in team().search(text, is_prose=is_prose)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wir vom Team Dachs lesen.", ["Team Dachs"]),
        ("Wir vom TEAM-DACHS lesen.", ["TEAM-DACHS"]),
        ("Ein Dachs gräbt, dachsartig.", ["Dachs"]),
        ("Autor: Joerg Mueller-Luedenscheidt", ["Joerg Mueller-Luedenscheidt"]),
        ("JÖRG MÜLLER LÜDENSCHEIDT", ["JÖRG MÜLLER LÜDENSCHEIDT"]),
        ("Mu\u0308ller-Lu\u0308denscheidt, Jörg", ["Müller-Lüdenscheidt, Jörg"]),
        ("von Müller-\nLüdenscheidt geschrieben", ["MüllerLüdenscheidt"]),
        ("Müllers Verfahren", ["Müllers"]),
        ("Müllerei und Vormüller", []),
        (
            "Musterstadts Rathaus, Hoch-\nschule Muster-\nstadt GmbH",
            ["Musterstadts", "Hochschule Musterstadt GmbH"],
        ),
        ("Eine Hochschule und eine GmbH", []),
        ("an jmueller42@fuchs-labor.de", ["jmueller42", "fuchs-labor.de"]),
        ("Code: github.com/dachsbau/x", ["dachsbau"]),
        ("Code: github.com/andere/x, gmail.com", []),
        ("ﬁnden Ⅷ ß Ǆ", []),
    ],
)
def test_search_finds_whole_words_in_any_spelling(text, expected):
    assert found(text) == expected


def test_name_that_is_an_everyday_word_needs_its_capital_in_prose_only():
    assert found("kurz gesagt, Kurz hat es gebaut") == ["Kurz"]
    assert found("kurz_konzept", is_prose=False) == ["kurz"]


def test_search_shows_what_stands_around_in_the_team_s_own_words():
    [match] = team().search("Über uns:\n  das\tTeam Dachs – wir lesen Äpfel")

    assert (match.before, match.found, match.after) == (
        "Über uns: das ",
        "Team Dachs",
        " – wir lesen Äpfel",
    )


def test_words_of_the_problem_statement_tell_nothing():
    words = team().without("Das Landratsamt Musterstadt und der Dachs")

    assert [match.found for match in words.search("Musterstadt, Dachs, Team Dachs")] == [
        "Team Dachs"
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (blind.words_of_team("KI"), []),
        (blind.words_of_team("Team"), []),
        (blind.words_of_team("🦊🦊🦊🦊"), []),
        (blind.words_of_person(""), []),
        (blind.words_of_person("Li Wu"), [("li", "wu"), ("wu", "li")]),
        (blind.words_of_organisation("Universität"), []),
        (blind.words_of_organisation("DFKI"), [("dfki",)]),
        (blind.words_of_address("info@gmx.de"), []),
        (blind.words_of_address("kein-at-zeichen"), [("kein", "at", "zeichen")]),
        (blind.words_of_address("a.b@stud.uni-x.ac.uk"), [("uni", "x", "ac", "uk")]),
        (blind.words_of_link(""), []),
        (blind.words_of_link("https://[kaputt/"), []),
        (blind.words_of_link("https://www.fuchsbau.de/x"), [("fuchsbau", "de"), ("fuchsbau",)]),
    ],
)
def test_words_are_those_that_tell_something(words, expected):
    assert [word.tokens for word in words] == expected


def test_without_words_nothing_is_found():
    assert list(Words([]).search("Team Dachs")) == []


@given(
    st.text(max_size=60),
    st.text(max_size=60),
    st.sampled_from(["Team Dachs", "MUELLER", "Müller", "dachsbau"]),
)
def test_any_text_around_hides_nothing_and_is_quoted_as_it_stands(before, after, word):
    text = f"{before} {word} {after}"

    assert blind.fold(word) in [blind.fold(one.found) for one in team().search(text)]


@given(st.text(max_size=200))
def test_search_reads_any_text(text):
    for match in team().search(text):
        assert match.found
