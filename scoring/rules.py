"""Who may do what in the jury's room: who & when & nothing against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules

from competition.rules import is_agency_staff, is_editable, is_handed_in, is_organiser
from competition.states import ChallengeState, PhaseKind
from core import clock
from scoring.states import (
    AssessmentState,
    ConflictAnswer,
    EvaluationState,
    JuryState,
    SeatRole,
)
from submissions.rules import is_team_captain, is_team_member

if TYPE_CHECKING:
    from accounts.models import User
    from competition.models import Challenge
    from scoring.models import (
        Assessment,
        Assignment,
        Evaluation,
        Jury,
        JuryInvitation,
        JurySeat,
    )
    from submissions.models import Submission


@rules.predicate
def has_seat(user: User, jury: Jury) -> bool:
    """The person sits in the jury."""
    return bool(user.is_authenticated and jury.seats.filter(user=user.pk).exists())


@rules.predicate
def is_chair(user: User, jury: Jury) -> bool:
    """The person leads the jury."""
    return bool(
        user.is_authenticated and jury.seats.filter(user=user.pk, role=SeatRole.CHAIR).exists()
    )


@rules.predicate
def is_deputy(user: User, jury: Jury) -> bool:
    """The person stands in for the chair where the chair is in conflict."""
    return bool(
        user.is_authenticated and jury.seats.filter(user=user.pk, role=SeatRole.DEPUTY).exists()
    )


@rules.predicate
def takes_part(user: User, jury: Jury) -> bool:
    """The person sits in the jury and does not wait as a substitute."""
    seats = jury.seats.exclude(role=SeatRole.SUBSTITUTE)
    return bool(user.is_authenticated and seats.filter(user=user.pk).exists())


@rules.predicate
def organises_jury(user: User, jury: Jury) -> bool:
    """The person works in the office of the jury's competition."""
    return is_organiser(user, jury.challenge)


@rules.predicate
def is_own_seat(user: User, seat: JurySeat) -> bool:
    """The seat is the person's own."""
    return seat.user_id == user.pk


@rules.predicate
def is_invited(user: User, invitation: JuryInvitation) -> bool:
    """The invitation is for this person."""
    return bool(user.is_authenticated and invitation.user_id == user.pk)


@rules.predicate
def invitation_is_open(_user: User, invitation: JuryInvitation) -> bool:
    """Nobody has answered or withdrawn it, and the assessments are not closed."""
    return invitation.is_open and invitation.jury.state in {
        JuryState.PREPARING,
        JuryState.ASSESSING,
        JuryState.CUTTING,
    }


@rules.predicate
def jury_is_assessing(_user: User, jury: Jury) -> bool:
    """Assessments are being written."""
    return jury.state == JuryState.ASSESSING


@rules.predicate
def jury_is_cutting(_user: User, jury: Jury) -> bool:
    """The first round is locked, and the final has not begun."""
    return jury.state == JuryState.CUTTING


@rules.predicate
def jury_had_first_round(_user: User, jury: Jury) -> bool:
    """The first of two rounds is over."""
    return jury.state == JuryState.CUTTING or jury.is_final


@rules.predicate
def jury_is_preparing(_user: User, jury: Jury) -> bool:
    """Seats and assignments are being made."""
    return jury.state == JuryState.PREPARING


@rules.predicate
def jury_is_closed_or_deliberating(_user: User, jury: Jury) -> bool:
    """Assessments are locked, nothing is decided."""
    return jury.state in {JuryState.CLOSED, JuryState.DELIBERATING}


@rules.predicate
def jury_is_deliberating(_user: User, jury: Jury) -> bool:
    """The jury meets: the chair has opened the discussion, nothing is decided."""
    return jury.state == JuryState.DELIBERATING


@rules.predicate
def discussion_was_opened(_user: User, jury: Jury) -> bool:
    """The chair has opened the discussion, so that jurors see the work of the others (Q-33)."""
    return jury.state in {JuryState.DELIBERATING, JuryState.DECIDED, JuryState.PUBLISHED}


@rules.predicate
def decision_is_made(_user: User, jury: Jury) -> bool:
    """The jury has decided, published or not."""
    return jury.state in {JuryState.DECIDED, JuryState.PUBLISHED}


@rules.predicate
def jury_has_closed(_user: User, jury: Jury) -> bool:
    """Assessments are locked."""
    return jury.state in {
        JuryState.CLOSED,
        JuryState.DELIBERATING,
        JuryState.DECIDED,
        JuryState.PUBLISHED,
    }


@rules.predicate
def jury_has_decided(_user: User, jury: Jury) -> bool:
    """Decided and not yet published."""
    return jury.state == JuryState.DECIDED


@rules.predicate
def jury_has_published(_user: User, jury: Jury) -> bool:
    """The result is public."""
    return jury.state == JuryState.PUBLISHED


@rules.predicate
def names_are_unsealed(_user: User, jury: Jury) -> bool:
    """Two people of the office have opened which team is behind which pseudonym."""
    decision = getattr(jury.challenge, "decision", None)
    unsealing = getattr(decision, "unsealing", None)
    return unsealing is not None and unsealing.is_done


@rules.predicate
def is_assigned_juror(user: User, assignment: Assignment) -> bool:
    """The submission was assigned to this person."""
    return bool(user.is_authenticated and assignment.seat.user_id == user.pk)


@rules.predicate
def has_declared(_user: User, assignment: Assignment) -> bool:
    """The juror declared having no conflict with this entry."""
    return assignment.seat.declarations.filter(
        entry=assignment.submission.entry_id, answer=ConflictAnswer.NONE
    ).exists()


@rules.predicate
def is_recused(_user: User, assignment: Assignment) -> bool:
    """The juror does not assess this entry."""
    return assignment.seat.recusals.filter(entry=assignment.submission.entry_id).exists()


@rules.predicate
def is_detected(_user: User, assignment: Assignment) -> bool:
    """The platform notices a conflict now, whatever was declared (N-12, R-13)."""
    return assignment.is_detected


@rules.predicate
def is_in_the_running(_user: User, assignment: Assignment) -> bool:
    """The submission is handed in, not withdrawn or ineligible, and the jury has started."""
    return (
        assignment.submission.state == "handed_in"
        and assignment.seat.jury.state != JuryState.PREPARING
    )


@rules.predicate
def assessment_phase_is_open(_user: User, assignment: Assignment) -> bool:
    """The jury is assessing and the published window is open."""
    jury = assignment.seat.jury
    if jury.state != JuryState.ASSESSING:
        return False
    phase = jury.challenge.phase(PhaseKind.ASSESSMENT)
    return phase is None or phase.is_open(clock.now())


@rules.predicate
def is_of_the_round(_user: User, assignment: Assignment) -> bool:
    """The present round is about the submission: any in the first, finalists in the final."""
    jury = assignment.seat.jury
    entry = assignment.submission.entry_id
    return not jury.is_final or jury.cut.finalists.filter(entry=entry).exists()


@rules.predicate
def is_draft(_user: User, assignment: Assignment) -> bool:
    """The juror has not released the assessment."""
    assessment: Assessment | None = getattr(assignment, "assessment", None)
    return assessment is None or assessment.state == AssessmentState.DRAFT


@rules.predicate
def is_undecided(_user: User, assignment: Assignment) -> bool:
    """The jury has not decided, so a recusal still changes what counts."""
    return assignment.seat.jury.state in {
        JuryState.ASSESSING,
        JuryState.CUTTING,
        JuryState.CLOSED,
        JuryState.DELIBERATING,
    }


@rules.predicate
def chairs_assignment(user: User, assignment: Assignment) -> bool:
    """The person leads the jury and has no conflict with this entry either (Q-26)."""
    seat = assignment.seat.jury.seats.filter(user=user.pk, role=SeatRole.CHAIR).first()
    return seat is not None and not seat.is_barred_from(assignment.submission.entry_id)


@rules.predicate
def stands_in_for_the_chair(user: User, assignment: Assignment) -> bool:
    """The person is deputy without conflict, and the chair is barred or missing (Q-26)."""
    entry = assignment.submission.entry_id
    seats = assignment.seat.jury.seats
    seat = seats.filter(user=user.pk, role=SeatRole.DEPUTY).first()
    if seat is None or seat.is_barred_from(entry):
        return False
    chair = seats.filter(role=SeatRole.CHAIR).first()
    return chair is None or chair.is_barred_from(entry)


@rules.predicate
def assignment_is_assessing(_user: User, assignment: Assignment) -> bool:
    """Assessments of the jury are being written."""
    return assignment.seat.jury.state == JuryState.ASSESSING


@rules.predicate
def nothing_is_released(_user: User, challenge: Challenge) -> bool:
    """The rubric is public, and no juror has ever released an assessment by it (Q-10)."""
    rubric = getattr(challenge, "rubric", None)
    if rubric is None or not rubric.is_frozen:
        return False
    if challenge.state not in {ChallengeState.PUBLISHED, ChallengeState.CLOSED}:
        return False
    jury = getattr(challenge, "jury", None)
    if jury is None:
        return True
    written = jury.seats.filter(assignments__assessment__isnull=False)
    return jury.state in {JuryState.PREPARING, JuryState.ASSESSING} and not (
        written.filter(assignments__assessment__released_at__isnull=False).exists()
        or written.filter(assignments__assessment__versions__released_at__isnull=False).exists()
    )


@rules.predicate
def assignment_has_closed(_user: User, assignment: Assignment) -> bool:
    """Assessments of the jury are locked."""
    return assignment.seat.jury.state in {
        JuryState.CLOSED,
        JuryState.DELIBERATING,
        JuryState.DECIDED,
        JuryState.PUBLISHED,
    }


@rules.predicate
def assignment_is_before_the_decision(_user: User, assignment: Assignment) -> bool:
    """Assessments of the jury are locked, nothing is decided."""
    return assignment.seat.jury.state in {JuryState.CLOSED, JuryState.DELIBERATING}


@rules.predicate
def was_reopened(user: User, assignment: Assignment) -> bool:
    """The chair has unlocked the assessment after the closing, and the jury has not decided."""
    assessment: Assessment | None = getattr(assignment, "assessment", None)
    return (
        assessment is not None
        and assignment_is_before_the_decision(user, assignment)
        and assessment.reopenings.filter(locked_at=None).exists()
    )


@rules.predicate
def is_not_decided(_user: User, challenge: Challenge) -> bool:
    """Nothing rests on the benchmark yet."""
    return challenge.state not in {
        ChallengeState.DECIDED,
        ChallengeState.CONCLUDED,
        ChallengeState.CANCELLED,
    }


@rules.predicate
def organises_evaluation(user: User, evaluation: Evaluation) -> bool:
    """The person works in the office of the competition."""
    return is_organiser(user, evaluation.submission.entry.challenge)


@rules.predicate
def may_start_again(_user: User, evaluation: Evaluation) -> bool:
    """The run failed on our side or was cancelled, so it may be started again."""
    return evaluation.state in {EvaluationState.INTERNAL_ERROR, EvaluationState.CANCELLED}


@rules.predicate
def is_unfinished(_user: User, evaluation: Evaluation) -> bool:
    """The run waits or is being carried out."""
    return not evaluation.is_final


@rules.predicate
def has_result(_user: User, evaluation: Evaluation) -> bool:
    """The file has been evaluated, or refused."""
    return evaluation.state in {EvaluationState.SUCCEEDED, EvaluationState.FAILED}


@rules.predicate
def leads_team_of_evaluation(user: User, evaluation: Evaluation) -> bool:
    """The person leads the team that submits."""
    return is_team_captain(user, evaluation.submission)


@rules.predicate
def waits_for_first_time(_user: User, evaluation: Evaluation) -> bool:
    """The run has not begun, and the office has not asked for it."""
    return evaluation.state == EvaluationState.QUEUED and not evaluation.repeat


@rules.predicate
def results_are_public(_user: User, challenge: Challenge) -> bool:
    """The decision has been published."""
    decision = getattr(challenge, "decision", None)
    return decision is not None and decision.published_at is not None


@rules.predicate
def own_result_is_told(_user: User, submission: Submission) -> bool:
    """The teams have been told their own results, or all of them are public."""
    decision = getattr(submission.entry.challenge, "decision", None)
    return decision is not None and (
        decision.told_at is not None or decision.published_at is not None
    )


@rules.predicate
def may_object_now(_user: User, submission: Submission) -> bool:
    """The period for objections runs."""
    decision = getattr(submission.entry.challenge, "decision", None)
    return (
        decision is not None
        and decision.published_at is None
        and decision.is_open_to_objections(clock.now())
    )


@rules.predicate
def jury_is_undecided(_user: User, jury: Jury) -> bool:
    """Nothing is decided yet."""
    return jury.state not in {JuryState.DECIDED, JuryState.PUBLISHED}


@rules.predicate
def seat_calibrates(_user: User, seat: JurySeat) -> bool:
    """Submissions may be assigned to the person, and the assessments are not over."""
    return seat.assesses and seat.jury.state in {JuryState.PREPARING, JuryState.ASSESSING}


@rules.predicate
def may_name_now(_user: User, submission: Submission) -> bool:
    """A jury judges the statement, formed or still to be, and has not decided."""
    challenge = submission.entry.challenge
    jury = getattr(challenge, "jury", None)
    if jury is not None:
        return jury_is_undecided(_user, jury)
    return hasattr(challenge, "rubric")


may_open = is_assigned_juror & has_declared & ~is_recused & ~is_detected & is_in_the_running

rules.add_perm("scoring.view_jury", has_seat | organises_jury)
rules.add_perm("scoring.answer_invitation", is_invited & invitation_is_open)
rules.add_perm("scoring.declare_conflicts", has_seat)
rules.add_perm("scoring.open_assignment", may_open)
rules.add_perm(
    "scoring.assess_submission",
    may_open & is_draft & ((assessment_phase_is_open & is_of_the_round) | was_reopened),
)
rules.add_perm("scoring.recuse", may_open & is_undecided)
rules.add_perm(
    "scoring.chair_assignment",
    (chairs_assignment | stands_in_for_the_chair) & assignment_is_assessing,
)
rules.add_perm(
    "scoring.read_versions", (chairs_assignment | stands_in_for_the_chair) & assignment_has_closed
)
rules.add_perm(
    "scoring.unlock_assessment",
    (chairs_assignment | stands_in_for_the_chair) & assignment_is_before_the_decision,
)
rules.add_perm("scoring.lead_jury", (is_chair | is_deputy) & jury_is_assessing)
rules.add_perm("scoring.manage_jury", organises_jury)
rules.add_perm("scoring.assign_jurors", organises_jury & (jury_is_preparing | jury_is_assessing))
rules.add_perm(
    "scoring.prepare_calibration", organises_jury & (jury_is_preparing | jury_is_assessing)
)
rules.add_perm("scoring.calibrate", is_own_seat & seat_calibrates)
rules.add_perm("scoring.cut_longlist", (is_chair | is_deputy) & jury_is_cutting)
rules.add_perm("scoring.view_cut", (is_chair | is_deputy) & jury_had_first_round)
rules.add_perm("scoring.close_jury", (is_chair | organises_jury) & jury_is_assessing)
rules.add_perm("scoring.view_progress", is_chair | is_deputy | organises_jury)
rules.add_perm("scoring.view_board", (is_chair | is_deputy) & jury_has_closed)
rules.add_perm("scoring.join_discussion", takes_part & discussion_was_opened)
rules.add_perm(
    "scoring.view_measured",
    ((is_chair | is_deputy) & jury_has_closed) | (takes_part & discussion_was_opened),
)
rules.add_perm("scoring.deliberate", (is_chair | is_deputy) & jury_is_deliberating)
rules.add_perm("scoring.draw_minutes", (is_chair | is_deputy) & decision_is_made)
rules.add_perm("scoring.view_minutes", (takes_part | organises_jury) & decision_is_made)
rules.add_perm("scoring.decide", is_chair & jury_is_closed_or_deliberating)
rules.add_perm("scoring.publish_results", (is_chair | organises_jury) & jury_has_decided)
rules.add_perm("scoring.unseal", organises_jury & jury_has_decided)
rules.add_perm("scoring.read_teams", organises_jury & jury_has_decided & names_are_unsealed)
rules.add_perm("scoring.correct_result", (is_chair | organises_jury) & jury_has_published)
rules.add_perm("scoring.read_own_result", is_team_member & own_result_is_told)
rules.add_perm("scoring.name_conflicts", is_team_member & may_name_now)
rules.add_perm("scoring.settle_notices", organises_jury & jury_is_undecided)
rules.add_perm("scoring.object", is_team_captain & may_object_now)
rules.add_perm("scoring.amend_decision", is_chair & jury_has_decided)
rules.add_perm("scoring.view_results", results_are_public)
rules.add_perm("scoring.change_rubric", is_agency_staff & is_editable)
rules.add_perm("scoring.amend_rubric", is_organiser & nothing_is_released)
rules.add_perm("scoring.view_benchmark", is_agency_staff | (is_organiser & is_handed_in))
rules.add_perm(
    "scoring.change_benchmark",
    (is_agency_staff & is_editable) | (is_organiser & is_handed_in & is_not_decided),
)
rules.add_perm("scoring.manage_evaluations", is_organiser & is_handed_in)
rules.add_perm("scoring.freeze_leaderboard", is_organiser & is_handed_in & is_not_decided)
rules.add_perm("scoring.rerun_evaluation", organises_evaluation & may_start_again)
rules.add_perm("scoring.cancel_evaluation", organises_evaluation & is_unfinished)
rules.add_perm("scoring.repeat_evaluation", organises_evaluation & has_result)
rules.add_perm("scoring.cancel_own_evaluation", leads_team_of_evaluation & waits_for_first_time)
