"""Reads for the take-along kit: what is on the juror's own list, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from scoring import kit
from scoring.queries import juror as juror_queries
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User
    from scoring.models import Assignment, Criterion, JurySeat


@dataclass(frozen=True, slots=True)
class Bag:
    """What a juror can take along."""

    seat: JurySeat
    assignments: tuple[Assignment, ...]
    criteria: tuple[Criterion, ...]
    # Of an assessment that was never saved.
    unsaved: int

    @property
    def documents(self) -> int:
        """Return how many documents go along."""
        return sum(row.submission.concept is not None for row in self.assignments)

    @property
    def size(self) -> int:
        """Return the bytes of the documents together."""
        return sum(
            concept.size
            for row in self.assignments
            if (concept := row.submission.concept) is not None
        )

    def lines(self) -> Iterator[kit.KitLine]:
        """Yield the lines of the form, in the juror's order."""
        for assignment in self.assignments:
            yield from self._lines(assignment)

    def _lines(self, assignment: Assignment) -> Iterator[kit.KitLine]:
        submission = assignment.submission
        assessment = juror_queries.assessment_of(assignment)
        scores = (
            {} if assessment is None else {row.criterion_id: row for row in assessment.scores.all()}
        )

        def line(
            key: str, label: str, text: str, criterion: Criterion | None = None
        ) -> kit.KitLine:
            score = scores.get(criterion.pk) if criterion is not None else None
            mark = ""
            if score is not None and score.cannot_judge:
                mark = kit.CANNOT_JUDGE
            elif score is not None and score.mark_hundredths is not None:
                mark = str(score.mark_hundredths // 100)
            return kit.KitLine(
                pseudonym=submission.entry.jury_pseudonym,
                title=submission.title,
                submission=submission.code,
                version=self.unsaved if assessment is None else assessment.version,
                key=key,
                label=label,
                levels=() if criterion is None else tuple(criterion.scale),
                may_abstain=criterion is not None and criterion.may_abstain,
                mark=mark,
                text=text,
                anchors=() if criterion is None else _anchors(criterion),
            )

        for criterion in self.criteria:
            score = scores.get(criterion.pk)
            yield line(
                criterion.key, str(criterion), "" if score is None else score.comment, criterion
            )
        yield line(
            kit.OVERALL,
            _("Overall comment to the team"),
            "" if assessment is None else assessment.comment,
        )
        yield line(
            kit.PRIVATE,
            _("Private note"),
            "" if assessment is None else assessment.private_note,
        )

    def anchors(self) -> Iterator[kit.Anchor]:
        """Yield what earns which level."""
        for criterion in self.criteria:
            yield from _anchors(criterion)


def _anchors(criterion: Criterion) -> tuple[kit.Anchor, ...]:
    return tuple(
        kit.Anchor(criterion=str(criterion), level=level.mark, text=str(level.anchor))
        for level in criterion.levels.all()
    )


def bag(seat: JurySeat, user: User | AnonymousUser) -> Bag | None:
    """Return what the juror can take along; None without a rubric."""
    rubric = rubric_queries.of(seat.jury.challenge)
    if rubric is None:
        return None
    assignments = juror_queries.assignments_of(seat, user)
    prefetch_related_objects([row.submission for row in assignments], "files")
    unsaved = rubric_queries.unsaved_version(rubric)
    return Bag(seat, tuple(assignments), tuple(rubric.criteria.all()), unsaved)
