"""From the decision to its publication: unseal the names, check the winners, amend, publish."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.states import ChallengeState
from core import audit, clock, signing
from core.display import iso_utc, moment_words
from core.exceptions import DomainError, Incomplete, PermissionRefused
from core.transitions import move
from scoring.actions import commitments, final_boards, freeze
from scoring.actions.decision import AwardInput, check_awards
from scoring.emails import decision as emails
from scoring.models import (
    Amendment,
    Award,
    Decision,
    EligibilityCheck,
    Jury,
    LeaderboardSnapshot,
    Objection,
    Unsealing,
)
from scoring.queries import publication as queries
from scoring.queries import rounds as round_queries
from scoring.states import EligibilityCondition, JuryState
from submissions import log
from submissions.states import SubmissionState

if TYPE_CHECKING:
    from accounts.models import User
    from submissions.models import Entry, Submission

_TOLD: Final = ["told_at", "told_by", "objections_until"]
_PLANNED: Final = ["publish_at", "planned_by"]
UNSEALING_SCHEMA: Final = "auslobung-unsealing/1"


def _locked(jury: Jury) -> tuple[Jury, Decision]:
    """Lock the jury, then its decision; every change between decision and publication does so.

    Raises:
        PermissionRefused: nothing is decided.

    """
    locked = (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge__competition")
        .get(pk=jury.pk)
    )
    decision = (
        Decision.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge__competition", "snapshot")
        .filter(challenge=locked.challenge)
        .first()
    )
    if decision is None:
        raise PermissionRefused("not_decided", _("Nothing is decided yet."))
    return locked, decision


# -- the names -------------------------------------------------------------------------------------


@transaction.atomic
def unseal(jury: Jury, *, by: User, now: dt.datetime | None = None) -> Unsealing:
    """Confirm the unsealing: the first person begins it, a second one within 15 minutes unseals.

    The first confirmation ends after 15 minutes; the next one begins anew. From the unsealing on
    the office reads which team is behind which pseudonym, and a signed record says who opened it.

    Raises:
        PermissionRefused: not of the office of this competition, or nothing is decided.
        DomainError: the names are unsealed already, or the same person confirms twice.

    """
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.unseal", locked):
        raise PermissionRefused(
            "not_permitted", _("Only the competition office unseals the names, after the decision.")
        )
    moment = now or clock.of_database()
    unsealing = Unsealing.objects.filter(decision=decision).first()
    if unsealing is not None and unsealing.is_done:
        raise DomainError("unsealed_already", _("The names have been unsealed already."))
    if unsealing is None or not unsealing.completes(by, moment):
        unsealing, _created = Unsealing.objects.update_or_create(
            decision=decision, defaults={"first_by": by, "first_at": moment}
        )
        audit.record("unsealing.begun", target=unsealing, by=by, now=moment)
        return unsealing
    unsealing.second_by, unsealing.opened_at = by, moment
    unsealing.sign(_record_of(unsealing))
    unsealing.save()
    audit.record(
        "unsealing.unsealed",
        target=unsealing,
        by=by,
        data={"challenge": locked.challenge.code, "sha256": unsealing.record_sha256},
        now=moment,
    )
    return unsealing


def _record_of(unsealing: Unsealing) -> dict[str, Any]:
    """Return what is signed: who, when, which code is behind which pseudonym, and of which table.

    Codes stand in it, no names: who is behind the code of a team, the platform knows as long as the
    team exists.
    """
    decision = unsealing.decision
    challenge = decision.challenge
    assert unsealing.opened_at is not None  # noqa: S101  (the caller has set it)
    return {
        "schema": UNSEALING_SCHEMA,
        "issuer": settings.BASE_URL,
        "key_id": signing.key_id(),
        "competition": challenge.competition.slug,
        "challenge": challenge.code,
        "decided_at_utc": iso_utc(decision.decided_at),
        "snapshot": decision.snapshot.code,
        "snapshot_inputs_sha256": decision.snapshot.inputs_sha256,
        "unsealed_at_utc": iso_utc(unsealing.opened_at),
        "confirmed_by": [
            {"name": str(unsealing.first_by), "at_utc": iso_utc(unsealing.first_at)},
            {"name": str(unsealing.second_by), "at_utc": iso_utc(unsealing.opened_at)},
        ],
        "names": [
            {"pseudonym": place.pseudonym, "submission": place.code, "team": place.entry.team.code}
            for place in queries.places(decision)
        ],
    }


# -- eligibility -----------------------------------------------------------------------------------


@transaction.atomic
def check_eligibility(
    jury: Jury,
    entry: Entry,
    *,
    by: User,
    answers: Mapping[str, bool],
    remark: str = "",
    now: dt.datetime | None = None,
) -> EligibilityCheck:
    """Write down whether a team with an award may receive it; a later check counts instead.

    An award that cannot be given goes back to the chair, who amends the decision.

    Raises:
        PermissionRefused: not of the office, or the names are not unsealed.
        Incomplete: a condition has no answer, or one is not met and the remark does not say why.
        DomainError: the submission has no award.

    """
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.read_teams", locked):
        raise PermissionRefused(
            "not_permitted",
            _("Only the competition office checks winners, after the names are unsealed."),
        )
    if set(answers) != set(EligibilityCondition.values):
        raise Incomplete("answers_missing", _("Answer each condition."))
    if not Award.objects.filter(decision=decision, entry=entry).standing().exists():
        raise DomainError("no_award", _("This submission has no award."))
    is_eligible = all(answers.values())
    if not is_eligible and not remark.strip():
        raise Incomplete("remark_missing", _("Say why a condition is not met."))
    moment = now or clock.now()
    check = EligibilityCheck.objects.create(
        decision=decision,
        entry=entry,
        answers=dict(answers),
        is_eligible=is_eligible,
        remark=remark.strip(),
        checked_at=moment,
        checked_by=by,
    )
    audit.record(
        "decision.eligibility_checked",
        target=decision,
        by=by,
        data={
            "challenge": locked.challenge.code,
            "entry": entry.pk,
            "is_eligible": is_eligible,
            "not_met": sorted(key for key, is_met in answers.items() if not is_met),
        },
        now=moment,
    )
    if not is_eligible:
        emails.award_returned(check, locked, now=moment)
    return check


@transaction.atomic
def amend(
    jury: Jury,
    *,
    by: User,
    awards: Sequence[AwardInput],
    reason_de: str,
    reason_en: str = "",
    now: dt.datetime | None = None,
) -> Amendment:
    """Give the awards anew, because one cannot be given or an objection is upheld.

    The ranking stays as it is. Whoever was told a result is told it anew, with a period of its own.
    Awards that stay the same are kept; the others lapse, and new ones stand beside them. Nothing is
    overwritten: decision and amendment are both part of what is sealed and published.

    Raises:
        PermissionRefused: not the chair, or the result is public already.
        DomainError: nothing opens the decision again.
        Incomplete: the reason is missing.
        AwardRefused: an entry without a rank or that is not eligible, or an award that does not
            fit otherwise.

    """
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.amend_decision", locked):
        raise PermissionRefused("not_permitted", _("Only the chair amends the decision."))
    if not queries.may_be_amended(decision):
        raise DomainError("no_reason", _("Every award can be given. The decision stays as it is."))
    if not reason_de.strip():
        raise Incomplete("reason_missing", _("Give the reason of the change."))
    finalists = round_queries.finalists_of(locked)
    check_awards(awards, queries.may_be_awarded(decision), finalists)
    moment = now or clock.now()
    amendment = Amendment.objects.create(
        decision=decision,
        number=decision.amendments.count() + 1,
        snapshot=queries.current_snapshot(decision),
        reason_de=reason_de.strip(),
        reason_en=reason_en.strip(),
        made_at=moment,
        made_by=by,
    )
    changed = replace_awards(decision, amendment, awards)
    decision.told_at = decision.told_by = decision.objections_until = None
    decision.publish_at = decision.planned_by = None
    decision.save(update_fields=_TOLD + _PLANNED)
    audit.record(
        "decision.amended",
        target=decision,
        by=by,
        data={"challenge": locked.challenge.code, "number": amendment.number, **changed},
        now=moment,
    )
    return amendment


def replace_awards(
    decision: Decision, amendment: Amendment, awards: Sequence[AwardInput]
) -> dict[str, list[list[Any]]]:
    """Let the awards lapse that are not given any more, add the new ones, and say which."""
    standing = {
        _facts(award): award for award in Award.objects.filter(decision=decision).standing()
    }
    wanted = {_facts(award): award for award in awards}
    lapsed = [row for facts, row in standing.items() if facts not in wanted]
    for row in lapsed:
        row.lapsed_in = amendment
    Award.objects.bulk_update(lapsed, ["lapsed_in"])
    added = Award.objects.bulk_create(
        Award(
            decision=decision,
            entry=award.entry,
            kind=award.kind,
            place=award.place,
            amount=award.amount,
            reason_de=award.reason_de.strip(),
            reason_en=award.reason_en.strip(),
            added_in=amendment,
        )
        for facts, award in wanted.items()
        if facts not in standing
    )
    return {
        name: [[row.kind, row.place, row.amount] for row in rows]
        for name, rows in (("lapsed", lapsed), ("added", added))
    }


def _facts(award: Award | AwardInput) -> tuple[Any, ...]:
    return (
        award.entry.pk,
        award.kind,
        award.place,
        award.amount,
        award.reason_de.strip(),
        award.reason_en.strip(),
    )


# -- the teams -------------------------------------------------------------------------------------


@transaction.atomic
def tell_teams(jury: Jury, *, by: User, now: dt.datetime | None = None) -> Decision:
    """Tell every team its own result (T-18, M-24); from then on captains may object for some days.

    Raises:
        PermissionRefused: not of the office, or the names are sealed.
        DomainError: a winner is not checked or not eligible, or the teams have been told.

    """
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.unseal", locked):
        raise PermissionRefused("not_permitted", _("Only the competition office tells the teams."))
    for obstacle in queries.obstacles_before_telling(decision):
        raise obstacle.refusal()
    if decision.told_at is not None:
        raise DomainError("told_already", _("The teams have been told already."))
    moment = now or clock.of_database()
    days = locked.challenge.competition.objection_days
    decision.told_at, decision.told_by = moment, by
    decision.objections_until = end_of_period(moment, days)
    decision.save(update_fields=_TOLD)
    audit.record(
        "decision.teams_told",
        target=decision,
        by=by,
        data={
            "challenge": locked.challenge.code,
            "days": days,
            "until": iso_utc(decision.objections_until),
        },
        now=moment,
    )
    emails.team_results(decision, now=moment)
    return decision


def end_of_period(told_at: dt.datetime, days: int) -> dt.datetime:
    """Return when objections end: 23:59 of the last whole day, here; at once without days."""
    if not days:
        return told_at
    zone = ZoneInfo(settings.TIME_ZONE)
    last = told_at.astimezone(zone).date() + dt.timedelta(days=days)
    return dt.datetime.combine(last, dt.time(23, 59), zone).astimezone(dt.UTC)


@transaction.atomic
def raise_objection(
    submission: Submission, *, by: User, text: str, now: dt.datetime | None = None
) -> Objection:
    """Object to the result of one's team; the office answers before anything is published.

    Raises:
        PermissionRefused: not the captain, or the period does not run.
        Incomplete: there is no text.
        DomainError: an objection of the team waits for its answer.

    """
    challenge = submission.entry.challenge
    _jury, decision = _locked(challenge.jury)
    moment = now or clock.of_database()
    is_captain = submission.entry.team.memberships.captains().filter(user=by.pk).exists()
    if (
        not is_captain
        or decision.published_at is not None
        or not decision.is_open_to_objections(moment)
    ):
        raise PermissionRefused(
            "not_permitted", _("Captains object, as long as the period for objections runs.")
        )
    if not text.strip():
        raise Incomplete("text_missing", _("Say what you object to."))
    if decision.objections.unanswered().filter(entry=submission.entry).exists():
        raise DomainError("waits", _("Your objection waits for its answer."))
    objection = Objection.objects.create(
        decision=decision,
        entry=submission.entry,
        text=text.strip(),
        raised_at=moment,
        raised_by=by,
    )
    audit.record(
        "objection.raised",
        target=objection,
        by=by,
        data={"challenge": challenge.code, "objection": objection.code},
        now=moment,
    )
    emails.objection_raised(objection, submission, now=moment)
    return objection


@transaction.atomic
def answer_objection(
    objection: Objection,
    *,
    by: User,
    answer: str,
    is_upheld: bool,
    note: str = "",
    now: dt.datetime | None = None,
) -> Objection:
    """Answer an objection; one that is upheld goes to the chair, who amends the decision.

    Raises:
        PermissionRefused: not of the office.
        Incomplete: there is no answer, or one is upheld and the chair is not told why.
        DomainError: it has its answer.

    """
    jury, decision = _locked(objection.decision.challenge.jury)
    if not by.has_perm("scoring.read_teams", jury):
        raise PermissionRefused("not_permitted", _("Only the competition office answers."))
    locked = Objection.objects.select_for_update(no_key=True).get(pk=objection.pk)
    if not locked.is_open:
        raise DomainError("answered", _("The objection has its answer already."))
    if not answer.strip():
        raise Incomplete("answer_missing", _("Write an answer to the team."))
    if is_upheld and not note.strip():
        raise Incomplete("note_missing", _("Tell the chair what has to change."))
    moment = now or clock.now()
    locked.answer, locked.is_upheld, locked.note = answer.strip(), is_upheld, note.strip()
    locked.answered_at, locked.answered_by = moment, by
    locked.save(update_fields=["answer", "is_upheld", "note", "answered_at", "answered_by"])
    audit.record(
        "objection.answered",
        target=locked,
        by=by,
        data={
            "challenge": jury.challenge.code,
            "objection": locked.code,
            "is_upheld": is_upheld,
        },
        now=moment,
    )
    emails.objection_answered(locked, decision, now=moment)
    if is_upheld:
        emails.objection_upheld(locked, jury, now=moment)
    return locked


# -- publication -----------------------------------------------------------------------------------


@transaction.atomic
def plan(
    jury: Jury, *, by: User, at: dt.datetime | None, now: dt.datetime | None = None
) -> Decision:
    """Let the sweep publish the result at a moment; None takes the plan back.

    Raises:
        PermissionRefused: neither chair nor office, or nothing is decided.
        DomainError: something else than the period for objections is in the way, the moment is
            over, or it lies within that period.

    """
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.publish_results", locked):
        raise PermissionRefused("not_permitted", _("There is no decision that you may publish."))
    moment = now or clock.of_database()
    if at is not None:
        for obstacle in queries.obstacles(decision, moment):
            if obstacle.code != "objection_period":
                raise obstacle.refusal()
        if at <= moment:
            raise PlanRefused("over", _("Choose a moment in the future."))
        if decision.objections_until is not None and at < decision.objections_until:
            raise PlanRefused(
                "too_early",
                _("Teams may object until %(moment)s. Publish after it.")
                % {"moment": moment_words(decision.objections_until)},
            )
    decision.publish_at, decision.planned_by = at, by if at is not None else None
    decision.save(update_fields=_PLANNED)
    audit.record(
        "decision.planned" if at is not None else "decision.plan_dropped",
        target=decision,
        by=by,
        data={"challenge": locked.challenge.code, "at": iso_utc(at) if at is not None else ""},
        now=moment,
    )
    return decision


class PlanRefused(DomainError):
    """The moment of a planned publication does not fit."""

    status = 422


@transaction.atomic
def publish(jury: Jury, *, by: User, now: dt.datetime | None = None) -> Decision:
    """Publish the result (decided → published, statement concluded) and tell every team (M-25).

    From this moment pseudonyms and team names stand side by side, and the hidden values are public.

    Raises:
        PermissionRefused: neither chair nor office, or nothing is decided.
        DomainError: something is in the way (`queries.publication.obstacles`).

    """
    moment = now or clock.of_database()
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.publish_results", locked):
        raise PermissionRefused("not_permitted", _("There is no decision that you may publish."))
    return _publish(locked, decision, by=by, now=moment)


def publish_due(_now: dt.datetime) -> int:
    """Publish what was planned for a moment that is over; return how many (for the sweep).

    The clock of the database decides. What has got in the way since, such as an objection, keeps
    the result back until somebody acts; the page says so.
    """
    moment = clock.of_database()
    due = Decision.objects.filter(publish_at__lte=moment, published_at=None).select_related(
        "challenge__jury"
    )
    return sum(_publish_planned(decision.challenge.jury, moment) for decision in due)


@transaction.atomic
def _publish_planned(jury: Jury, now: dt.datetime) -> bool:
    locked, decision = _locked(jury)
    planned = decision.publish_at
    # Somebody may have published it, or dropped the plan, while this waited for the lock.
    if planned is None or planned > now or decision.published_at is not None:
        return False
    if queries.obstacles(decision, now):
        return False
    # The permission was asked for when it was planned.
    _publish(locked, decision, by=decision.planned_by, now=now)
    return True


def _publish(jury: Jury, decision: Decision, *, by: User | None, now: dt.datetime) -> Decision:
    for obstacle in queries.obstacles(decision, now):
        raise obstacle.refusal()
    commitments.publish_result(decision, by=by, now=now)
    decision.published_at, decision.published_by = now, by
    decision.save(update_fields=["published_at", "published_by"])
    boards = final_boards.of_decision(decision).values()
    LeaderboardSnapshot.objects.filter(pk__in=[board.pk for board in boards]).update(is_public=True)
    freeze.end_with_results(decision.challenge, by=by, now=now)
    audit.record(
        "decision.published",
        target=decision,
        by=by,
        data={
            "snapshot": decision.snapshot.code,
            "boards": sorted(b.code for b in boards),
            "planned": decision.publish_at is not None,
            "minutes_sealed": queries.minutes_are_sealed(decision),
        },
        now=now,
    )
    move(jury, to=JuryState.PUBLISHED, by=by, now=now)
    move(decision.challenge, to=ChallengeState.CONCLUDED, by=by, now=now)
    emails.results_published(decision, now=now)
    return decision


# -- errata ----------------------------------------------------------------------------------------


@transaction.atomic
def correct(
    jury: Jury,
    *,
    by: User,
    awards: Sequence[AwardInput],
    excluded: Sequence[Entry],
    reason_de: str,
    reason_en: str,
    now: dt.datetime | None = None,
) -> Amendment:
    """Publish an erratum: a new version of a public result, beside the one that it corrects.

    `awards` are all that stand from now on. Entries in `excluded` leave the ranking: every version
    of theirs that is in becomes ineligible, and the boards are computed anew from the stored rows.
    Nothing is overwritten: both versions stay public, and the log commits to each.

    Raises:
        PermissionRefused: neither chair nor office, or the result is not public.
        Incomplete: the reason is not given in both languages, or nobody would have a rank.
        DomainError: nothing changes.
        AwardRefused: an entry without a rank, or an award that does not fit otherwise.

    """
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.correct_result", locked):
        raise PermissionRefused("not_permitted", _("There is no public result that you correct."))
    if not reason_de.strip() or not reason_en.strip():
        raise Incomplete("reason_missing", _("Give the reason in both languages."))
    # Locked before the first audit event, as `submissions.log` demands.
    log.lock(locked.challenge)
    moment = now or clock.of_database()
    for entry in excluded:
        for version in entry.submissions.filter(state=SubmissionState.HANDED_IN):
            move(version, to=SubmissionState.INELIGIBLE, by=by, now=moment, reason=reason_de)
    before = queries.current_snapshot(decision)
    boards = final_boards.store_all(locked.challenge, now=moment)
    ranked = set(boards.final.rows.filter(rank__isnull=False).values_list("entry", flat=True))
    if not ranked:
        raise Incomplete("nothing_ranked", _("No submission would have a rank."))
    check_awards(awards, ranked, round_queries.finalists_of(locked))
    amendment = Amendment.objects.create(
        decision=decision,
        number=decision.amendments.count() + 1,
        snapshot=boards.final,
        is_erratum=True,
        reason_de=reason_de.strip(),
        reason_en=reason_en.strip(),
        made_at=moment,
        made_by=by,
    )
    changed = replace_awards(decision, amendment, awards)
    if boards.final.pk == before.pk and not any(changed.values()):
        raise DomainError("nothing_changes", _("Nothing changes. An erratum corrects something."))
    LeaderboardSnapshot.objects.filter(pk__in=[board.pk for board in boards.all]).update(
        is_public=True
    )
    commitments.publish_erratum(decision, by=by, now=moment)
    audit.record(
        "decision.corrected",
        target=decision,
        by=by,
        data={
            "challenge": locked.challenge.code,
            "number": amendment.number,
            "snapshot": boards.final.code,
            "inputs_sha256": boards.final.inputs_sha256,
            "corrects": before.code,
            "excluded": len(excluded),
            **changed,
        },
        now=moment,
    )
    emails.result_corrected(amendment, now=moment)
    return amendment
