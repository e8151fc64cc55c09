"""Reads of what the chair looks up after the closing: released versions, and what was reopened."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _

from core import display
from scoring.compute.exact import from_units
from scoring.models import Assessment, AssessmentVersion, Assignment, Reopening
from scoring.queries import board
from scoring.queries.juror import SHOWN_DIGITS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from scoring.models import Criterion, Jury


def shown_versions(assessment: Assessment) -> list[AssessmentVersion]:
    """Return what the chair may look at, the newest first: versions that its juror has released.

    What was saved in between is the juror's alone (Q-14).
    """
    once = Q(released_at__isnull=False) | Q(number__in=assessment.reopenings.values("from_version"))
    if not assessment.is_draft:
        once |= Q(number=assessment.version)
    return list(assessment.versions.filter(once).order_by("-number"))


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as the chair sees it; nothing of the private note."""

    number: int
    at: dt.datetime
    restores: int | None
    marks: tuple[str, ...]
    total: Decimal | None
    counts: bool


def version_lines(
    assessment: Assessment, versions: Sequence[AssessmentVersion], criteria: Sequence[Criterion]
) -> list[VersionLine]:
    """Return the versions as lines of a table."""
    return [
        VersionLine(
            number=version.number,
            at=version.released_at or version.saved_at,
            restores=version.restores,
            marks=tuple(_mark(_answer(version, criterion)) for criterion in criteria),
            total=None
            if version.total_hundredths is None
            else from_units(version.total_hundredths, SHOWN_DIGITS),
            counts=version.number == assessment.version and not assessment.is_draft,
        )
        for version in versions
    ]


@dataclass(frozen=True, slots=True)
class Beside:
    """One field of an earlier version, and of the newest that was released."""

    label: str
    then: str
    now: str

    @property
    def differs(self) -> bool:
        """Say whether it was changed."""
        return self.then != self.now


def beside(
    then: AssessmentVersion, now: AssessmentVersion, criteria: Sequence[Criterion]
) -> list[Beside]:
    """Return both versions field by field: levels, comments, the comment as a whole."""
    rows = []
    for criterion in criteria:
        old, new = _answer(then, criterion), _answer(now, criterion)
        rows.append(Beside(str(criterion), _mark(old), _mark(new)))
        rows.append(
            Beside(
                _("Comment on “%(criterion)s”") % {"criterion": criterion},
                old.get("comment", ""),
                new.get("comment", ""),
            )
        )
    rows.append(Beside(_("Overall"), then.content["comment"], now.content["comment"]))
    return rows


def _answer(version: AssessmentVersion, criterion: Criterion) -> dict[str, Any]:
    found: dict[str, Any] = version.content["answers"].get(criterion.key, {})
    return found


def _mark(answer: dict[str, Any]) -> str:
    if answer.get("cannot_judge"):
        return _("Cannot judge")
    mark = answer.get("mark")
    return display.MISSING if mark is None else str(mark // 100)


# -- what was reopened -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reopened:
    """A reopening as the jury reads about it."""

    reopening: Reopening
    code: str
    pseudonym: str
    letter: str


def reopened(jury: Jury, *, hidden: Collection[int] = ()) -> list[Reopened]:
    """Return what was reopened after the closing, without entries one may know nothing of."""
    rows = (
        Reopening.objects.of_jury(jury)
        .exclude(assessment__assignment__submission__entry__in=hidden)
        .select_related("assessment__assignment__submission__entry", "seal")
    )
    names = board.letters(jury) if rows else {}
    return [
        Reopened(
            reopening=row,
            code=row.assessment.assignment.submission.code,
            pseudonym=row.assessment.assignment.submission.entry.jury_pseudonym,
            letter=names[row.assessment.assignment.seat_id],
        )
        for row in rows
    ]


def an_assignment(jury: Jury, code: str) -> Assignment | None:
    """Return any assignment of a submission, to ask who leads the jury where it is concerned."""
    return (
        Assignment.objects.filter(seat__jury=jury, submission__code=code)
        .select_related("seat__jury", "submission")
        .first()
    )


def own_open(seat: int) -> list[Reopening]:
    """Return what the chair has given back to one juror and is not released again."""
    return list(
        Reopening.objects.filter(assessment__assignment__seat=seat, locked_at=None).select_related(
            "assessment__assignment__submission"
        )
    )
