"""Invented tickets of the demo: made from building blocks, so that the right group is known."""

from __future__ import annotations

import random

GROUPS = {
    "hardware": (
        ("Der Drucker", "Mein Bildschirm", "Die Dockingstation", "Die Tastatur", "Das Headset"),
        ("bleibt schwarz", "macht Geräusche", "wird nicht erkannt", "ist heruntergefallen"),
    ),
    "software": (
        ("Das Fachverfahren", "Die Textverarbeitung", "Das Programm für Bescheide", "Der Kalender"),
        ("stürzt beim Speichern ab", "zeigt eine Fehlermeldung", "startet nicht mehr"),
    ),
    "netz": (
        (
            "Das WLAN im Sitzungssaal",
            "Die Verbindung zum Rechenzentrum",
            "Das Laufwerk",
            "Der Tunnel",
        ),
        ("ist sehr langsam", "bricht ab", "ist nicht erreichbar"),
    ),
    "zugang": (
        ("Mein Passwort", "Die Karte", "Die Freischaltung für das neue Postfach", "Mein Konto"),
        ("ist abgelaufen", "wird abgelehnt", "fehlt noch", "ist gesperrt"),
    ),
}
_TIMES = ("seit heute früh", "seit der Aktualisierung", "immer wieder", "seit gestern Mittag")
_WISHES = ("Bitte um Rückruf.", "Es eilt.", "Danke im Voraus.", "Vor der Sitzung um zehn wäre gut.")
# Who writes so: the groups for which the benchmark is measured by itself.
_OFFICES = dict(zip(_WISHES, ("Außendienst", "Leitstelle", "Schulen", "Gremienbüro"), strict=True))
# Like real tickets, some mislead who looks for words: they name a neighbour first, or mistype.
_MISLEADING = 0.06
_MISTYPED = 0.06


def tickets(count: int = 400, seed: int = 2027) -> list[tuple[str, str, str]]:
    """Return (id, text, group) for `count` tickets; the same seed gives the same tickets."""
    generator = random.Random(seed)  # noqa: S311  (no secret depends on it)
    result = []
    for number in range(1, count + 1):
        group = generator.choice(sorted(GROUPS))
        subjects, faults = GROUPS[group]
        subject = generator.choice(subjects)
        if generator.random() < _MISTYPED:
            subject = _mistyped(subject, generator)
        text = " ".join(
            (
                subject,
                generator.choice(faults),
                generator.choice(_TIMES) + ".",
                generator.choice(_WISHES),
            )
        )
        if generator.random() < _MISLEADING:
            other = generator.choice(sorted(GROUPS.keys() - {group}))
            text = f"{generator.choice(GROUPS[other][0])} geht, aber: {text}"
        result.append((f"t{number:04d}", text, group))
    return result


def office_of(text: str) -> str:
    """Return which kind of office a ticket comes from."""
    return next(office for wish, office in _OFFICES.items() if text.endswith(wish))


def _mistyped(subject: str, generator: random.Random) -> str:
    """Swap two neighbouring letters of the last word, never its first."""
    start = subject.rfind(" ") + 2
    at = generator.randrange(start, len(subject) - 1)
    return subject[:at] + subject[at + 1] + subject[at] + subject[at + 2 :]


def predictions(known_words: int, count: int = 400, seed: int = 2027) -> list[tuple[str, str]]:
    """Return (id, group) as a list of keywords would guess them; more known words guess better.

    The keyword that comes first in the text decides.
    """
    keywords = {
        word: group
        for group, (subjects, _faults) in sorted(GROUPS.items())
        for word in subjects[:known_words]
    }
    return [(key, _guess(text, keywords)) for key, text, _group in tickets(count, seed)]


def _guess(text: str, keywords: dict[str, str]) -> str:
    found = [word for word in keywords if word in text]
    return keywords[min(found, key=text.index)] if found else "hardware"
