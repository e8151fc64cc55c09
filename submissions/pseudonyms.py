"""Names before the jury: a random tree per entry, unlike the name of the team (R-5, R-6).

The German word is a proper name; it is the same in every language of the interface.
"""

from __future__ import annotations

import itertools
import secrets
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher
from typing import Final

TREES: Final = (
    "Ahorn", "Akazie", "Apfelbaum", "Aprikose", "Araukarie", "Bergahorn", "Bergkiefer", "Birke",
    "Birnbaum", "Blutbuche", "Buche", "Buchsbaum", "Douglasie", "Eberesche", "Edelkastanie",
    "Edeltanne", "Eibe", "Eiche", "Elsbeere", "Erle", "Esche", "Espe", "Faulbaum", "Feldahorn",
    "Feldulme", "Fichte", "Flaumeiche", "Flieder", "Ginkgo", "Goldregen", "Hainbuche",
    "Hartriegel", "Hasel", "Hemlocktanne", "Holunder", "Kastanie", "Kiefer", "Kirschbaum",
    "Kornelkirsche", "Korkeiche", "Lärche", "Lebensbaum", "Linde", "Magnolie", "Mammutbaum",
    "Mandelbaum", "Maulbeerbaum", "Mehlbeere", "Mispel", "Nussbaum", "Pappel", "Pfirsich",
    "Platane", "Quitte", "Robinie", "Rosskastanie", "Roteiche", "Rotbuche", "Salweide",
    "Sanddorn", "Schlehe", "Schwarzerle", "Silberpappel", "Silberweide", "Speierling",
    "Sommerlinde", "Spindelbaum", "Stechpalme", "Stieleiche", "Sumpfeiche", "Tanne",
    "Traubeneiche", "Trompetenbaum", "Tulpenbaum", "Ulme", "Vogelbeere", "Vogelkirsche",
    "Wacholder", "Walnuss", "Weide", "Weißdorn", "Weißtanne", "Winterlinde", "Zeder",
    "Zirbelkiefer", "Zitterpappel", "Zwetschge", "Zypresse",
)  # fmt: skip
ALIKE: Final = 0.7  # share of common letters from which two words are taken for one another


def pick(team_name: str, taken: Collection[str]) -> str:
    """Return a tree that is free and unlike the team's name; once all are taken, with a number.

    The choice is random, so that it says nothing about the order in which teams entered.
    """
    trees = [tree for tree in TREES if not is_similar(tree, team_name)] or list(TREES)
    rounds = (
        {tree if number == 1 else f"{tree} {number}" for tree in trees}
        for number in itertools.count(1)
    )
    free = next(left for names in rounds if (left := names - set(taken)))
    return secrets.choice(sorted(free))


def is_similar(tree: str, team_name: str) -> bool:
    """Say whether a team's name would give the tree away: contained, or nearly the same word."""
    name, word = _plain(team_name), _plain(tree)
    squeezed = name.replace(" ", "")
    return word in squeezed or any(
        SequenceMatcher(None, word, part).ratio() >= ALIKE for part in [*name.split(), squeezed]
    )


def _plain(text: str) -> str:
    """Return the text in small letters without accents and punctuation."""
    spelled = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    bare = unicodedata.normalize("NFKD", spelled)
    letters = (c if c.isalnum() else " " for c in bare if not unicodedata.combining(c))
    return " ".join("".join(letters).split())
