"""Declare conflicts of interest, step back from a submission, settle what is not sure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from scoring.emails import jury as emails
from scoring.models import Assignment, ConflictDeclaration, Jury, JurySeat, Recusal
from scoring.queries import conflict as conflict_queries
from scoring.states import ConflictAnswer, JuryState, RecusalReason

if TYPE_CHECKING:
    from accounts.models import User
    from submissions.models import Entry

_OPEN_FOR_DECLARATIONS = frozenset(
    {
        JuryState.PREPARING,
        JuryState.ASSESSING,
        JuryState.CUTTING,
        JuryState.CLOSED,
        JuryState.DELIBERATING,
    }
)
_LOOKED_AT = _OPEN_FOR_DECLARATIONS - {JuryState.PREPARING}


class ConflictStands(DomainError):
    """A declared or noticed conflict holds until the office settles it."""


class OathMissing(DomainError):
    """The juror has not promised confidentiality."""

    status = 422


@dataclass(frozen=True, slots=True)
class Answer:
    """What a juror says about one entry."""

    answer: str
    note: str = ""


@transaction.atomic
def declare(
    seat: JurySeat,
    *,
    by: User,
    answers: Mapping[int, Answer],
    oath: bool,
    now: dt.datetime | None = None,
) -> JurySeat:
    """Store what a juror declares about every entry; "conflict" and "not sure" recuse at once.

    `answers` are keyed by entry and name them all; entries of teams without an organisation may be
    left out and count as "no conflict", since a juror cannot know who is behind them. What the
    platform notices itself is a conflict whatever the answer. While the jury prepares, answers are
    free; afterwards a conflict can be added, and taken back by the office only (`settle`).

    Raises:
        PermissionRefused: the seat is somebody else's.
        OathMissing: confidentiality was not promised.
        Incomplete: an organisation has no answer.
        ConflictStands: an answer would take back a conflict after the start.

    """
    moment = now or clock.now()
    jury = (
        Jury.objects.select_for_update(no_key=True).select_related("challenge").get(pk=seat.jury_id)
    )
    if seat.user_id != by.pk or not by.has_perm("scoring.declare_conflicts", jury):
        raise PermissionRefused("not_permitted", _("This declaration is not yours."))
    if jury.state not in _OPEN_FOR_DECLARATIONS:
        raise ConflictStands(
            "jury_decided", _("The jury has decided; declarations can no longer change.")
        )
    if not oath:
        raise OathMissing(
            "oath_missing",
            _("Please confirm that you keep confidential what you learn as a juror."),
        )
    entries = {entry.pk: entry for entry in conflict_queries.entries_of(jury)}
    wanted = _complete(answers, entries)
    detected = conflict_queries.detect(seat, entries.values())
    given = {row.entry_id: row for row in seat.declarations.select_related("entry__team")}
    counts = dict.fromkeys(ConflictAnswer.values, 0)
    recused: list[int] = []
    reopened: list[int] = []
    for key, entry in sorted(entries.items()):
        is_detected = key in detected
        answer = Answer(ConflictAnswer.CONFLICT, wanted[key].note) if is_detected else wanted[key]
        before = given.get(key)
        if before is not None and before.answer != ConflictAnswer.NONE:
            _check_change(jury, before, answer)
        row, _created = ConflictDeclaration.objects.update_or_create(
            seat=seat,
            entry=entry,
            defaults={
                "answer": answer.answer,
                "note": answer.note,
                "is_detected": is_detected,
                "declared_at": moment,
            },
        )
        counts[answer.answer] += 1
        if answer.answer == ConflictAnswer.NONE:
            # Recusals of the juror's own hand have no declaration and stay.
            if Recusal.objects.filter(declaration=row).delete()[0]:
                reopened.append(key)
        elif _recuse_after(row, by=by, now=moment):
            recused.append(key)
        if answer.answer == ConflictAnswer.UNSURE and (
            before is None or before.answer != ConflictAnswer.UNSURE
        ):
            emails.conflict_unsure(row, now=moment)
    seat.declared_at = moment
    seat.save(update_fields=["declared_at"])
    audit.record(
        "conflict.declared",
        target=seat,
        by=by,
        data={
            "answers": counts,
            "detected": sorted(detected),
            "recused": recused,
            "no_longer_recused": reopened,
        },
        now=moment,
    )
    return seat


def _complete(answers: Mapping[int, Answer], entries: Mapping[int, Entry]) -> dict[int, Answer]:
    """Return one answer per entry; only teams without an organisation may be left out."""
    missing = [
        entry.team.organisation
        for key, entry in entries.items()
        if key not in answers and entry.team.organisation.strip()
    ]
    if missing:
        raise Incomplete(
            "declaration_incomplete",
            _("Please answer for every organisation."),
            missing=sorted(set(missing)),
        )
    return {key: answers.get(key, Answer(ConflictAnswer.NONE)) for key in entries}


def _check_change(jury: Jury, before: ConflictDeclaration, answer: Answer) -> None:
    is_milder = answer.answer == ConflictAnswer.NONE or (
        answer.answer == ConflictAnswer.UNSURE and before.answer == ConflictAnswer.CONFLICT
    )
    if is_milder and jury.state != JuryState.PREPARING:
        raise ConflictStands(
            "conflict_stands",
            _(
                "The jury has started. A conflict that you declared stands until the competition "
                "office settles it."
            ),
        )


def _recuse_after(row: ConflictDeclaration, *, by: User | None, now: dt.datetime) -> Recusal | None:
    """Create the recusal that follows from a declaration; None if there was one already."""
    recusal, created = Recusal.objects.get_or_create(
        seat=row.seat,
        entry=row.entry,
        defaults={
            "reason": RecusalReason.DETECTED if row.is_detected else RecusalReason.CONFLICT,
            "declaration": row,
            "recused_at": now,
            "recused_by": by,
        },
    )
    return recusal if created else None


@transaction.atomic
def recuse(
    assignment: Assignment,
    *,
    by: User,
    reason: str,
    text: str = "",
    now: dt.datetime | None = None,
) -> Recusal:
    """Step back from a submission; it and every count of it disappear for this juror (Q-28).

    Marks given before stay stored and count nowhere. The declaration is not touched: changing it
    would tell the juror which organisation stands behind the pseudonym.

    Raises:
        PermissionRefused: not the juror's, already recused, or the jury has decided.
        Incomplete: the reason "other" needs an explanation.

    """
    moment = now or clock.now()
    fresh = Assignment.objects.select_related("seat__jury", "submission__entry").get(
        pk=assignment.pk
    )
    if not by.has_perm("scoring.recuse", fresh):
        raise PermissionRefused("not_permitted", _("You cannot step back from this submission."))
    if reason not in RecusalReason.values or not RecusalReason(reason).is_of_jurors:
        raise Incomplete("reason_unknown", _("Please choose a reason."))
    if reason == RecusalReason.OTHER and not text.strip():
        raise Incomplete("text_missing", _("Please explain the other reason."))
    recusal = Recusal.objects.create(
        seat=fresh.seat,
        entry=fresh.submission.entry,
        reason=reason,
        text=text.strip(),
        recused_at=moment,
        recused_by=by,
    )
    audit.record(
        "recusal.created",
        target=recusal,
        by=by,
        data={"seat": fresh.seat_id, "entry": recusal.entry_id, "reason": reason},
        now=moment,
    )
    emails.recusal_reported(recusal, now=moment)
    return recusal


@transaction.atomic
def settle(
    declaration: ConflictDeclaration,
    *,
    by: User,
    answer: str,
    reason: str,
    now: dt.datetime | None = None,
) -> ConflictDeclaration:
    """Settle what a juror is not sure about.

    "None" takes away the recusal that followed from the declaration; "conflict" lets it stand.

    Raises:
        PermissionRefused: not of the office of this competition.
        Incomplete: no reason, or an answer that settles nothing.
        ConflictStands: the declaration has been settled already.

    """
    moment = now or clock.now()
    row = (
        ConflictDeclaration.objects.select_for_update(of=("self",), no_key=True)
        .select_related("seat__jury__challenge")
        .get(pk=declaration.pk)
    )
    if not by.has_perm("scoring.manage_jury", row.seat.jury):
        raise PermissionRefused("not_permitted", _("Only the competition office settles this."))
    if answer not in {ConflictAnswer.NONE, ConflictAnswer.CONFLICT}:
        raise Incomplete("answer_missing", _("Please choose whether there is a conflict."))
    if not reason.strip():
        raise Incomplete("reason_missing", _("Please give a reason; it is recorded."))
    if row.answer != ConflictAnswer.UNSURE:
        raise ConflictStands("already_settled", _("This declaration has been settled already."))
    if answer == ConflictAnswer.NONE:
        Recusal.objects.filter(declaration=row).delete()
    row.answer = answer
    row.save(update_fields=["answer"])
    audit.record(
        "conflict.settled",
        target=row,
        by=by,
        reason=reason.strip(),
        data={"seat": row.seat_id, "entry": row.entry_id, "answer": answer},
        now=moment,
    )
    declaration.refresh_from_db()
    return declaration


def recheck(jury: Jury, *, now: dt.datetime, seat: int | None = None) -> list[Recusal]:
    """Recuse jurors from entries in which a conflict has appeared since they declared (N-12).

    The caller has locked the jury, holds the transaction and writes the event. With `seat` only
    that juror is looked at. Returns the new recusals.
    """
    entries = conflict_queries.entries_of(jury)
    free = (
        ConflictDeclaration.objects.filter(seat__jury=jury, answer=ConflictAnswer.NONE)
        .select_related("seat__user", "seat__jury__challenge__competition", "entry")
        .order_by("seat", "entry")
    )
    found = []
    detected: dict[int, set[int]] = {}
    for row in free if seat is None else free.filter(seat=seat):
        if row.seat_id not in detected:
            detected[row.seat_id] = conflict_queries.detect(row.seat, entries)
        if row.entry_id not in detected[row.seat_id]:
            continue
        row.answer, row.is_detected = ConflictAnswer.CONFLICT, True
        row.save(update_fields=["answer", "is_detected"])
        # Whoever stepped back by themselves is recused already.
        if recusal := _recuse_after(row, by=None, now=now):
            found.append(recusal)
    return found


@transaction.atomic
def look_again(jury: Jury, *, now: dt.datetime, seat: int | None = None) -> list[Recusal]:
    """Recuse jurors from what they are in conflict with by now, and tell the office (N-12).

    While the jury prepares, `start` looks; after the decision nothing changes any more. A page only
    hides such a submission (`Assignment.visible_to`), since reading writes nothing: the recusal is
    written by the next save of the juror, or by the sweep.
    """
    locked = (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge__competition")
        .get(pk=jury.pk)
    )
    if locked.state not in _LOOKED_AT:
        return []
    found = recheck(locked, now=now, seat=seat)
    for recusal in found:
        audit.record(
            "recusal.created",
            target=recusal,
            by=None,
            data={
                "seat": recusal.seat_id,
                "entry": recusal.entry_id,
                "reason": RecusalReason.DETECTED,
            },
            now=now,
        )
        emails.conflict_detected(recusal, now=now)
    return found


def look_again_everywhere(now: dt.datetime) -> int:
    """Look again in all juries that assess or deliberate (sweep); return how many were recused."""
    juries = Jury.objects.filter(state__in=_LOOKED_AT).order_by("pk")
    return sum(len(look_again(jury, now=now)) for jury in juries)
