"""What teams hand in during the walks: a concept, and prediction files for the open statement."""

from __future__ import annotations

from functools import cache

from config.demo import concepts, story, tickets


@cache
def concept() -> bytes:
    """Return a concept as PDF that names nobody."""
    return story.concept_pdf(concepts.TICKETS)


def asked() -> list[str]:
    """Return the ids of the tickets whose group is asked for."""
    everything = tickets.tickets()
    return [key for key, _text, _group in everything[len(everything) // 2 :]]


def predictions(known_words: int) -> bytes:
    """Return a valid prediction file; more known words guess better."""
    wanted = set(asked())
    guesses = [row for row in tickets.predictions(known_words) if row[0] in wanted]
    return story.csv_of(("id", "gruppe"), guesses)


def broken_predictions() -> bytes:
    """Return a file with three problems: an unknown group, an unknown id, and a missing row."""
    keys = asked()
    guesses = [(keys[0], "drucker"), ("t9999", "netz"), *((key, "netz") for key in keys[2:])]
    return story.csv_of(("id", "gruppe"), guesses)
