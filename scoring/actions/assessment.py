"""Save, release and reopen one juror's scoring of one submission."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from competition.states import PhaseKind
from core import audit, clock
from core.exceptions import (
    DomainError,
    IllegalTransition,
    Incomplete,
    PermissionRefused,
    PhaseClosed,
    StaleVersion,
)
from core.transitions import move
from scoring.actions import commitments
from scoring.actions import conflict as conflict_actions
from scoring.compute.total import hundredths, juror_total
from scoring.emails import jury as emails
from scoring.models import (
    Assessment,
    AssessmentVersion,
    Assignment,
    CriterionScore,
    Jury,
    JurySeat,
)
from scoring.queries import rubric as rubric_queries
from scoring.states import AfterSaving, AssessmentState, JuryState

if TYPE_CHECKING:
    from accounts.models import User
    from scoring.models import Criterion, Rubric


class MarkRefused(DomainError):
    """A mark outside its scale, for a foreign criterion, or where judging is required (R-10)."""

    status = 422


class AlreadyReleased(DomainError):
    """The assessment was released; only the chair reopens it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a juror says about one criterion. No mark is missing, never 0."""

    mark_hundredths: int | None = None
    cannot_judge: bool = False
    comment: str = ""

    @property
    def is_given(self) -> bool:
        """Say whether the criterion is answered."""
        return self.cannot_judge or self.mark_hundredths is not None


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that a juror writes about one submission; answers by criterion."""

    answers: Mapping[int, Answer]
    comment: str = ""
    private_note: str = ""


def _opened(assignment: Assignment, by: User) -> Assignment:
    """Return the fresh assignment, its jury locked, if the person may still open it."""
    Jury.objects.select_for_update(no_key=True).get(pk=assignment.seat.jury_id)
    fresh = (
        Assignment.objects.select_related("seat__jury__challenge", "submission__entry__team")
        .filter(pk=assignment.pk)
        .first()
    )
    if fresh is None or not by.has_perm("scoring.open_assignment", fresh):
        raise _not_on_the_list()
    return fresh


def _not_on_the_list() -> PermissionRefused:
    return PermissionRefused("not_permitted", _("This submission is not on your list."))


def _recused_now(assignment: Assignment, *, by: User, now: dt.datetime) -> bool:
    """Lock the jury and look for a conflict again; say whether it recused the juror just now.

    Every save asks one query more. The recusals themselves are looked for only if there is one, for
    all that the juror may have opened.
    """
    seat = assignment.seat
    jury = Jury.objects.select_for_update(no_key=True).get(pk=seat.jury_id)
    if seat.user_id != by.pk or not assignment.is_detected:
        return False
    recused = conflict_actions.look_again(jury, now=now, seat=seat.pk)
    return assignment.submission.entry_id in {row.entry_id for row in recused}


def _writable(assignment: Assignment, by: User) -> Assignment:
    """Return the fresh assignment if its assessment may be written now."""
    fresh = _opened(assignment, by)
    if by.has_perm("scoring.assess_submission", fresh):
        return fresh
    assessment = getattr(fresh, "assessment", None)
    if assessment is not None and not assessment.is_draft:
        raise AlreadyReleased(
            "already_released",
            _("You have released this assessment. Only the chair can reopen it, with a reason."),
        )
    phase = fresh.seat.jury.challenge.phase(PhaseKind.ASSESSMENT)
    if not Assignment.objects.of_the_round().filter(pk=fresh.pk).exists():
        raise PhaseClosed(
            "not_in_the_final",
            _("This submission is not in the final round. Nothing was saved."),
        )
    if fresh.seat.jury.state != JuryState.ASSESSING or phase is None or phase.is_over(clock.now()):
        raise PhaseClosed("assessment_closed", _("The assessments are closed. Nothing was saved."))
    raise PhaseClosed(
        "assessment_not_open", _("The time for assessments has not begun. Nothing was saved.")
    )


def save(
    assignment: Assignment,
    *,
    by: User,
    version: int,
    answers: Mapping[int, Answer],
    comment: str = "",
    private_note: str = "",
    now: dt.datetime | None = None,
) -> Assessment:
    """Store a draft, complete or not. `answers` are keyed by criterion; others stay empty.

    `version` is the one the form was loaded with, 0 for an assessment that was never saved. Every
    save is kept as a version; the log gets one event for each spell of writing.

    Raises:
        PermissionRefused: not assigned, not declared, recused, or out of the running. A conflict
            that has appeared since the declaration recuses the juror first, and that stays.
        AlreadyReleased: released or locked.
        PhaseClosed: the window or the jury is closed.
        MarkRefused: a mark outside its scale, a foreign criterion, "cannot judge" not allowed.
        StaleVersion: another tab was faster; nothing was overwritten. `data["version"]` is stored.

    """
    moment = now or clock.now()
    with transaction.atomic():
        if not _recused_now(assignment, by=by, now=moment):
            return _save(assignment, by, version, answers, (comment, private_note), moment)
    # Outside, since a refusal inside would take the recusal back.
    raise _not_on_the_list()


def _save(
    assignment: Assignment,
    by: User,
    version: int,
    answers: Mapping[int, Answer],
    texts: tuple[str, str],
    moment: dt.datetime,
) -> Assessment:
    comment, private_note = texts
    fresh = _writable(assignment, by)
    rubric = _rubric_of(fresh)
    _check_answers(rubric, answers)
    assessment, _created = Assessment.objects.get_or_create(
        assignment=fresh,
        defaults={"saved_at": moment, "version": rubric_queries.unsaved_version(rubric)},
    )
    content = Content(answers, comment, private_note)
    write(assessment, rubric, content, version=version, now=moment)
    audit.record_spell("assessment.saved", target=assessment, by=by, part="assessment", now=moment)
    assessment.refresh_from_db()
    return assessment


def write(
    assessment: Assessment,
    rubric: Rubric,
    content: Content,
    *,
    version: int,
    now: dt.datetime,
    **marks: Any,
) -> None:
    """Store content over version `version`, and keep it as the next version.

    `marks` are further fields of the kept version. Whoever calls has checked permission, state and
    answers, and writes the audit event.

    Raises:
        StaleVersion: another version or state is stored.

    """
    answers, comment, private_note = content.answers, content.comment, content.private_note
    total = _total(rubric, answers)
    updated = Assessment.objects.filter(
        pk=assessment.pk, version=version, state=assessment.state
    ).update(
        version=F("version") + 1,
        comment=comment,
        private_note=private_note,
        saved_at=now,
        total_hundredths=total,
    )
    if not updated:
        raise StaleVersion(
            "stale_version",
            _("This assessment was saved elsewhere in the meantime. Nothing was overwritten."),
            version=assessment.version,
        )
    _store(assessment, rubric, answers)
    AssessmentVersion.objects.create(
        assessment=assessment,
        number=version + 1,
        saved_at=now,
        content={
            "comment": comment,
            "private_note": private_note,
            "answers": {
                criterion.key: {
                    "mark": answer.mark_hundredths,
                    "cannot_judge": answer.cannot_judge,
                    "comment": answer.comment,
                }
                for criterion in rubric.criteria.all()
                if (answer := answers.get(criterion.pk, Answer())) != Answer()
            },
        },
        total_hundredths=total,
        **marks,
    )


@transaction.atomic
def remember_next(
    seat: JurySeat, *, by: User, choice: AfterSaving, now: dt.datetime | None = None
) -> JurySeat:
    """Remember where "next" leads this juror from now on (J-95).

    Raises:
        PermissionRefused: somebody else's seat.

    """
    if seat.user_id != by.pk:
        raise PermissionRefused("not_permitted", _("This is not your seat."))
    if seat.after_saving != choice:
        before, seat.after_saving = seat.after_saving, choice
        seat.save(update_fields=["after_saving"])
        audit.record(
            "seat.next_chosen",
            target=seat,
            by=by,
            data={"from": before, "to": choice},
            now=now or clock.now(),
        )
    return seat


def _rubric_of(assignment: Assignment) -> Rubric:
    rubric = rubric_queries.of(assignment.seat.jury.challenge)
    if rubric is None:
        raise MarkRefused("no_rubric", _("There is no rubric to assess by."))
    return rubric


def _check_answers(rubric: Rubric, answers: Mapping[int, Answer]) -> None:
    criteria: dict[int, Criterion] = {row.pk: row for row in rubric.criteria.all()}
    for key, answer in answers.items():
        criterion = criteria.get(key)
        if criterion is None:
            raise MarkRefused(
                "foreign_criterion", _("A criterion does not belong to this problem statement.")
            )
        mark = answer.mark_hundredths
        if mark is not None and (mark % 100 or mark // 100 not in criterion.scale):
            raise MarkRefused(
                "mark_outside_scale",
                _("“%(criterion)s” has levels from %(lowest)s to %(highest)s.")
                % {
                    "criterion": criterion,
                    "lowest": criterion.lowest,
                    "highest": criterion.highest,
                },
            )
        if answer.cannot_judge and (mark is not None or not criterion.may_abstain):
            raise MarkRefused(
                "may_not_abstain",
                _("“%(criterion)s” has to be judged.") % {"criterion": criterion},
            )


def _total(rubric: Rubric, answers: Mapping[int, Answer]) -> int | None:
    """Return the total once every criterion is answered; until then there is none."""
    criteria = list(rubric.criteria.all())
    if not all(answers.get(criterion.pk, Answer()).is_given for criterion in criteria):
        return None
    marks = {criterion.key: answers[criterion.pk].mark_hundredths for criterion in criteria}
    total = juror_total(marks, rubric_queries.settings_of(rubric))
    return None if total is None else hundredths(total)


def _store(assessment: Assessment, rubric: Rubric, answers: Mapping[int, Answer]) -> None:
    before = {row.criterion_id: row for row in assessment.scores.all()}
    for criterion in rubric.criteria.all():
        answer = answers.get(criterion.pk, Answer())
        row = before.get(criterion.pk)
        if row is None:
            row = CriterionScore(assessment=assessment, criterion=criterion)
        if row.pk is None and answer == Answer():
            continue
        row.mark_hundredths = answer.mark_hundredths
        # What the chair accepted stays accepted unless the juror changes the answer.
        row.accepted_at = row.accepted_at if answer.cannot_judge else None
        row.cannot_judge = answer.cannot_judge
        row.comment = answer.comment
        row.save()


# -- release ---------------------------------------------------------------------------------------


def missing_answers(assessment: Assessment | None, rubric: Rubric) -> list[str]:
    """Return the names of the criteria that are not answered."""
    given: set[int] = set()
    if assessment is not None:
        given = {
            row.criterion_id
            for row in assessment.scores.all()
            if row.cannot_judge or row.mark_hundredths is not None
        }
    return [str(criterion) for criterion in rubric.criteria.all() if criterion.pk not in given]


def check_time(jury: Jury, *, now: dt.datetime | None = None) -> None:
    """Refuse a release outside the published window or after the jury was closed.

    Raises:
        PhaseClosed: with what the juror can do.

    """
    moment = now or clock.now()
    phase = jury.challenge.phase(PhaseKind.ASSESSMENT)
    if jury.state not in {JuryState.PREPARING, JuryState.ASSESSING}:
        raise PhaseClosed(
            "assessments_locked",
            _(
                "The assessments are locked since the jury was closed. Nothing was released. If "
                "one of yours is missing, please tell the chair of the jury."
            ),
        )
    if phase is not None and phase.is_over(moment):
        raise PhaseClosed(
            "assessment_closed",
            _(
                "The time for assessments is over. Nothing was released. Please ask the "
                "competition office whether it can be extended."
            ),
        )
    if jury.state == JuryState.PREPARING or (phase is not None and not phase.is_open(moment)):
        raise PhaseClosed(
            "assessment_not_open",
            _("The time for assessments has not begun. Nothing was released."),
        )


def release(assessment: Assessment, *, by: User, now: dt.datetime | None = None) -> Assessment:
    """Release one assessment: from now on it counts, and only the chair can reopen it.

    Raises:
        Incomplete: a criterion has no answer; `data["missing"]` names them.
        PermissionRefused, AlreadyReleased, PhaseClosed: as in `save`.

    """
    moment = now or clock.now()
    with transaction.atomic():
        if not _recused_now(assessment.assignment, by=by, now=moment):
            return _release(assessment, by, moment)
    raise _not_on_the_list()


def _release(assessment: Assessment, by: User, moment: dt.datetime) -> Assessment:
    fresh = _writable(assessment.assignment, by)
    stored = Assessment.objects.select_for_update(no_key=True).get(pk=assessment.pk)
    missing = missing_answers(stored, _rubric_of(fresh))
    if missing:
        raise Incomplete(
            "assessment_incomplete",
            _("This assessment is not complete."),
            missing=[_gap(fresh, missing)],
        )
    stored.versions.filter(number=stored.version).update(released_at=moment)
    return give(assessment, by=by, now=moment)


def give(assessment: Assessment, *, by: User, now: dt.datetime) -> Assessment:
    """Let a complete draft count: release it, and lock it at once where it had been locked.

    Of one that was reopened after the closing, the new root comes before the first audit event; one
    that was never unlocked stays locked.
    """
    reopening = assessment.reopenings.filter(locked_at=None).first()
    if reopening is None:
        return move(assessment, to=AssessmentState.RELEASED, by=by, now=now, released_at=now)
    assessment.refresh_from_db()
    seal = commitments.lock_again(assessment, by=by, now=now)
    reopening.locked_at, reopening.to_version, reopening.seal = now, assessment.version, seal
    reopening.save(update_fields=["locked_at", "to_version", "seal"])
    if not assessment.is_draft:
        return assessment
    move(assessment, to=AssessmentState.RELEASED, by=by, now=now, released_at=now)
    data = {"reopening": reopening.pk, "root": seal.number}
    return move(assessment, to=AssessmentState.LOCKED, by=by, now=now, data=data)


def _gap(assignment: Assignment, missing: list[str]) -> str:
    return gettext("%(pseudonym)s: %(criteria)s not assessed.") % {
        "pseudonym": assignment.submission.entry.jury_pseudonym,
        "criteria": ", ".join(missing),
    }


@transaction.atomic
def release_all(seat: JurySeat, *, by: User, now: dt.datetime | None = None) -> list[Assessment]:
    """Release everything that is on a juror's list, or nothing.

    What is released already stays so. What the juror has come into conflict with is no longer on
    the list. A mail of thanks goes out.

    Raises:
        Incomplete: something has no answer; `data["missing"]` lists one sentence per submission.
        PermissionRefused, PhaseClosed: as in `save`.

    """
    moment = now or clock.now()
    locked = Jury.objects.select_for_update(of=("self",), no_key=True).select_related("challenge")
    jury = locked.get(pk=seat.jury_id)
    check_time(jury, now=moment)
    if seat.user_id == by.pk:
        conflict_actions.look_again(jury, now=moment, seat=seat.pk)
    assignments = list(
        Assignment.objects.visible_to(by)
        .of_the_round()
        .filter(seat=seat)
        .select_related("assessment", "submission__entry", "seat__jury__challenge")
    )
    if seat.user_id != by.pk or not assignments:
        raise PermissionRefused("nothing_to_release", _("There is nothing for you to release."))
    rubric = _rubric_of(assignments[0])
    open_ones: list[Assessment] = []
    missing: list[str] = []
    for assignment in assignments:
        assessment: Assessment | None = getattr(assignment, "assessment", None)
        if assessment is not None and not assessment.is_draft:
            continue
        gaps = missing_answers(assessment, rubric)
        if gaps or assessment is None:
            missing.append(_gap(assignment, gaps))
        else:
            open_ones.append(assessment)
    if missing:
        raise Incomplete(
            "assessments_incomplete",
            _("Some assessments are not complete. Nothing was released."),
            missing=missing,
        )
    released = [_release(assessment, by, moment) for assessment in open_ones]
    if released:
        emails.assessments_released(seat, count=len(assignments), now=moment)
    return released


@transaction.atomic
def reopen(
    assessment: Assessment, *, by: User, reason: str, now: dt.datetime | None = None
) -> Assessment:
    """Give a released assessment back to its juror as a draft; marks and texts stay (T-42).

    Raises:
        PermissionRefused: not the chair, in conflict with this entry, or no longer assessing.
        Incomplete: no reason.
        IllegalTransition: it is not released.

    """
    moment = now or clock.now()
    Jury.objects.select_for_update(no_key=True).get(pk=assessment.assignment.seat.jury_id)
    assignment = Assignment.objects.select_related("seat__jury", "submission__entry").get(
        pk=assessment.assignment_id
    )
    if not by.has_perm("scoring.chair_assignment", assignment):
        raise PermissionRefused("not_permitted", _("Only the chair reopens an assessment."))
    if assessment.state == AssessmentState.LOCKED:
        # What is locked is reopened by `reopening.unlock`, which tells the jury.
        raise IllegalTransition(assessment, AssessmentState.LOCKED, AssessmentState.DRAFT)
    if not reason.strip():
        raise Incomplete("reason_missing", _("Please give a reason; the juror reads it."))
    move(
        assessment,
        to=AssessmentState.DRAFT,
        by=by,
        now=moment,
        reason=reason.strip(),
        released_at=None,
    )
    emails.assessment_reopened(assessment, reason=reason.strip(), now=moment)
    return assessment


@transaction.atomic
def accept_abstention(
    score: CriterionScore, *, by: User, now: dt.datetime | None = None
) -> CriterionScore:
    """Let the chair accept that a juror cannot judge a criterion; it stays missing, never 0.

    Raises:
        PermissionRefused: not the chair, in conflict with this entry, or no longer assessing.

    """
    moment = now or clock.now()
    assignment = Assignment.objects.select_related("seat__jury", "submission__entry").get(
        assessment__scores=score
    )
    if not by.has_perm("scoring.chair_assignment", assignment):
        raise PermissionRefused("not_permitted", _("Only the chair accepts this."))
    stored = CriterionScore.objects.select_for_update(of=("self",), no_key=True).get(pk=score.pk)
    if stored.accepted_at is None and stored.cannot_judge:
        stored.accepted_at = moment
        stored.save(update_fields=["accepted_at"])
        audit.record(
            "abstention.accepted",
            target=stored,
            by=by,
            data={"assignment": assignment.pk, "criterion": stored.criterion_id},
            now=moment,
        )
    return stored
