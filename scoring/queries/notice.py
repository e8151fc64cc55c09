"""Persons whom teams have named, beside the jurors whom they may mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scoring.models import ConflictNotice, JurySeat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from scoring.models import Jury
    from submissions.models import Submission

# What stands before a name and tells nobody apart.
TITLES = frozenset({"prof", "professor", "professorin", "dr", "phd", "herr", "frau", "mr", "ms"})


def name_parts(name: str) -> frozenset[str]:
    """Return the words of a name without titles, accents and case: "Dr. Ünal, Eva" → eva, unal."""
    plain = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return frozenset(re.findall(r"[^\W\d_]+", letters)) - TITLES


def may_be(named: str, juror: str) -> bool:
    """Say whether a named person may be a juror: all words of the shorter name are in the longer.

    A single word is enough only if it is the whole name of one of them, so that "Schmidt" finds
    both Eva and Jan Schmidt: the office decides, and none may be overlooked.
    """
    one, other = name_parts(named), name_parts(juror)
    return bool(one and other) and (one <= other or other <= one)


@dataclass(frozen=True, slots=True)
class Named:
    """A notice for the office, without the submission it is about, and who may be meant (R-20)."""

    notice: ConflictNotice
    candidates: tuple[JurySeat, ...]


def given_by(submission: Submission) -> QuerySet[ConflictNotice]:
    """Return the notices of the team that submits."""
    return ConflictNotice.objects.filter(entry=submission.entry_id)


def count_waiting(juries: Iterable[Jury]) -> int:
    """Return how many notices of teams nobody of the office has looked at, in one query."""
    challenges = [jury.challenge_id for jury in juries]
    return ConflictNotice.objects.filter(entry__challenge__in=challenges, settled_at=None).count()


def waiting(jury: Jury) -> list[Named]:
    """Return what is not settled; notices that may mean a juror first, in two queries."""
    seats = list(JurySeat.objects.filter(jury=jury).select_related("user"))
    rows = [
        Named(
            notice,
            tuple(seat for seat in seats if may_be(notice.name, seat.user.display_name)),
        )
        for notice in ConflictNotice.objects.filter(
            entry__challenge=jury.challenge_id, settled_at=None
        ).order_by("named_at", "pk")
    ]
    return sorted(rows, key=lambda row: not row.candidates)


def settled(jury: Jury) -> list[ConflictNotice]:
    """Return what the office has settled, the newest first."""
    return list(
        ConflictNotice.objects.filter(entry__challenge=jury.challenge_id, settled_at__isnull=False)
        .select_related("recusal__seat__user")
        .order_by("-settled_at", "-pk")
    )
