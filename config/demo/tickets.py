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


def tickets(count: int = 400, seed: int = 2027) -> list[tuple[str, str, str]]:
    """Return (id, text, group) for `count` tickets; the same seed gives the same tickets."""
    generator = random.Random(seed)  # noqa: S311  (no secret depends on it)
    result = []
    for number in range(1, count + 1):
        group = generator.choice(sorted(GROUPS))
        subjects, faults = GROUPS[group]
        text = " ".join(
            (
                generator.choice(subjects),
                generator.choice(faults),
                generator.choice(_TIMES) + ".",
                generator.choice(_WISHES),
            )
        )
        result.append((f"t{number:04d}", text, group))
    return result


def predictions(known_words: int, count: int = 400, seed: int = 2027) -> list[tuple[str, str]]:
    """Return (id, group) as a list of keywords would guess them; more known words guess better."""
    keywords = {
        word: group
        for group, (subjects, _faults) in sorted(GROUPS.items())
        for word in subjects[:known_words]
    }
    return [
        (key, next((group for word, group in keywords.items() if word in text), "hardware"))
        for key, text, _group in tickets(count, seed)
    ]
