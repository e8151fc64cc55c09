"""After the closing: unlock an assessment with a reason, or return to a version (Q-17, Q-19).

Until the jury decides. The jury is told, the board counts without the assessment meanwhile, and the
root of the new lock is published beside the first one.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused, StaleVersion
from core.transitions import move
from scoring.actions import assessment as assessment_actions
from scoring.actions.assessment import Answer, Content
from scoring.emails import jury as emails
from scoring.models import Assessment, Assignment, Jury, Reopening
from scoring.queries import reopening as queries
from scoring.queries import rubric as rubric_queries
from scoring.states import AssessmentState

if TYPE_CHECKING:
    from accounts.models import User
    from scoring.models import AssessmentVersion, Rubric


class NothingToReturnTo(DomainError):
    """The version is the one that counts, or its juror never released it."""


def _unlockable(assessment: Assessment, by: User) -> Assignment:
    """Lock the jury; return the fresh assignment if the person may unlock its assessment now."""
    Jury.objects.select_for_update(no_key=True).get(pk=assessment.assignment.seat.jury_id)
    assignment = Assignment.objects.select_related(
        "seat__jury__challenge__competition", "seat__user", "submission__entry"
    ).get(pk=assessment.assignment_id)
    if not by.has_perm("scoring.unlock_assessment", assignment):
        raise PermissionRefused(
            "not_permitted",
            _("Only the chair does this, after the closing and before the decision."),
        )
    return assignment


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Incomplete("reason_missing", _("Please give a reason; the jury reads it."))
    return reason.strip()


@transaction.atomic
def unlock(
    assessment: Assessment, *, by: User, reason: str, now: dt.datetime | None = None
) -> Reopening:
    """Give a locked assessment back to its juror as a draft, and tell the jury why.

    Raises:
        PermissionRefused: not the chair, in conflict with this entry, not closed, or decided.
        Incomplete: no reason.
        IllegalTransition: it is not locked, for example reopened already.

    """
    moment = now or clock.now()
    assignment = _unlockable(assessment, by)
    given = _reason(reason)
    move(
        assessment,
        to=AssessmentState.DRAFT,
        by=by,
        now=moment,
        reason=given,
        data={"version": assessment.version},
        released_at=None,
    )
    reopening = Reopening.objects.create(
        assessment=assessment,
        reason=given,
        from_version=assessment.version,
        reopened_at=moment,
        reopened_by=by,
    )
    emails.assessment_reopened(assessment, reason=given, now=moment, is_late=True)
    emails.reopening_told(reopening, assignment, now=moment)
    return reopening


@transaction.atomic
def return_to(
    assessment: Assessment,
    *,
    number: int,
    version: int,
    by: User,
    reason: str,
    now: dt.datetime | None = None,
) -> Reopening:
    """Let a version count that its juror had released before; it is locked anew.

    What stands now stays a version. The private note of the juror is not touched, nor read.
    `version` is the one that was stored when the page was made.

    Raises:
        PermissionRefused: as in `unlock`.
        Incomplete: no reason.
        NothingToReturnTo: never released, or it is what counts now.
        StaleVersion: the juror has saved or released in the meantime.

    """
    moment = now or clock.now()
    assignment = _unlockable(assessment, by)
    given = _reason(reason)
    stored = Assessment.objects.select_for_update(no_key=True).get(pk=assessment.pk)
    wanted = next((row for row in queries.shown_versions(stored) if row.number == number), None)
    is_open = stored.is_draft
    if wanted is None or (wanted.number == stored.version and not is_open):
        raise NothingToReturnTo(
            "nothing_to_return_to", _("This version is the one that counts, or does not exist.")
        )
    if stored.version != version:
        raise StaleVersion(
            "stale_version",
            _("The juror has saved this assessment in the meantime. Look at it again."),
            version=stored.version,
        )
    # No audit event before the root (see `submissions.log` on locks).
    reopening = stored.reopenings.filter(locked_at=None).first() or Reopening(
        assessment=stored,
        from_version=stored.version,
        reopened_at=moment,
        reopened_by=by,
        reason=given,
    )
    reopening.returned_to = number
    reopening.save()
    rubric = rubric_queries.of(assignment.seat.jury.challenge)
    if rubric is None:
        raise NothingToReturnTo("no_rubric", _("There is no rubric to assess by."))
    content = _content(wanted, stored, rubric)
    assessment_actions.write(
        stored, rubric, content, version=version, now=moment, released_at=moment, restores=number
    )
    assessment_actions.give(stored, by=by, now=moment)
    audit.record(
        "assessment.returned",
        target=stored,
        by=by,
        reason=given,
        data={"from": version, "returns_to": number, "version": version + 1},
        now=moment,
    )
    assessment.refresh_from_db()
    emails.assessment_returned(stored, reason=given, now=moment)
    emails.reopening_told(reopening, assignment, now=moment)
    return reopening


def _content(wanted: AssessmentVersion, stored: Assessment, rubric: Rubric) -> Content:
    answers = wanted.content["answers"]
    return Content(
        {
            criterion.pk: Answer(
                given.get("mark"),
                cannot_judge=bool(given.get("cannot_judge")),
                comment=given.get("comment", ""),
            )
            for criterion in rubric.criteria.all()
            if (given := answers.get(criterion.key))
        },
        wanted.content["comment"],
        stored.private_note,
    )
