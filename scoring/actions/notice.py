"""Name persons who should not judge a team's work, and settle whether that is so (Q-21)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import DomainError, Incomplete, PermissionRefused
from scoring.models import ConflictNotice, JurySeat, Recusal
from scoring.queries import notice as queries
from scoring.states import ConflictRelation, RecusalReason
from submissions.models import Entry

if TYPE_CHECKING:
    from accounts.models import User
    from submissions.models import Submission

MAX_NOTICES = 20


class NoticeRefused(DomainError):
    """A person cannot be named, or the notice has been settled."""


@transaction.atomic
def give(
    submission: Submission,
    *,
    by: User,
    name: str,
    relation: str,
    organisation: str = "",
    note: str = "",
    now: dt.datetime | None = None,
) -> ConflictNotice:
    """Store a person whom a team names; whether anything follows decides the office.

    The event says neither who was named nor why: both are about a third person, and the log keeps
    for ever.

    Raises:
        PermissionRefused: not of the team, or the jury has decided.
        Incomplete: no name, no relation, or "other" without an explanation.
        NoticeRefused: the team has named `MAX_NOTICES` persons already.

    """
    moment = now or clock.now()
    if not by.has_perm("scoring.name_conflicts", submission):
        raise PermissionRefused("not_permitted", _("You cannot name anybody here."))
    entry = Entry.objects.select_for_update(of=("self",), no_key=True).get(pk=submission.entry_id)
    if not name.strip():
        raise Incomplete("name_missing", _("Please give the name of the person."))
    if relation not in ConflictRelation.values:
        raise Incomplete("relation_missing", _("Please choose how you stand to each other."))
    if relation == ConflictRelation.OTHER and not note.strip():
        raise Incomplete("note_missing", _("Please explain the other reason."))
    if queries.given_by(submission).count() >= MAX_NOTICES:
        raise NoticeRefused(
            "too_many",
            _("A team names at most %(limit)s persons. Remove one, or write to the office.")
            % {"limit": MAX_NOTICES},
        )
    notice = ConflictNotice.objects.create(
        entry=entry,
        name=name.strip(),
        organisation=organisation.strip(),
        relation=relation,
        note=note.strip(),
        named_at=moment,
        named_by=by,
    )
    audit.record(
        "notice.given",
        target=notice,
        by=by,
        data={"entry": entry.pk, "relation": relation},
        now=moment,
    )
    return notice


@transaction.atomic
def take_back(
    notice: ConflictNotice, *, by: User, submission: Submission, now: dt.datetime | None = None
) -> None:
    """Delete a notice of the own team that the office has not settled yet.

    Raises:
        PermissionRefused: not of the team of `submission`, or the jury has decided.
        NoticeRefused: it is settled.

    """
    moment = now or clock.now()
    row = ConflictNotice.objects.select_for_update(of=("self",), no_key=True).get(pk=notice.pk)
    if row.entry_id != submission.entry_id or not by.has_perm("scoring.name_conflicts", submission):
        raise PermissionRefused("not_permitted", _("You cannot take this back."))
    if row.is_settled:
        raise NoticeRefused(
            "already_settled", _("The office has looked at it already; it stays as it is.")
        )
    audit.record("notice.taken_back", target=row, by=by, data={"entry": row.entry_id}, now=moment)
    row.delete()


@transaction.atomic
def settle(
    notice: ConflictNotice,
    *,
    by: User,
    seat: JurySeat | None,
    reason: str,
    now: dt.datetime | None = None,
) -> ConflictNotice:
    """Say what follows from a notice: with `seat` that juror is recused, with None nobody.

    The recusal is that of the entry, whatever its jury name: the office need not know it (R-20).

    Raises:
        PermissionRefused: not of the office of this competition, or the jury has decided.
        Incomplete: no reason.
        NoticeRefused: it is settled, or the seat is of another jury.

    """
    moment = now or clock.now()
    row = (
        ConflictNotice.objects.select_for_update(of=("self",), no_key=True)
        .select_related("entry__challenge__jury")
        .get(pk=notice.pk)
    )
    jury = row.entry.challenge.jury
    if not by.has_perm("scoring.settle_notices", jury):
        raise PermissionRefused("not_permitted", _("Only the competition office settles this."))
    if not reason.strip():
        raise Incomplete("reason_missing", _("Please give a reason; it is recorded."))
    if row.is_settled:
        raise NoticeRefused("already_settled", _("This notice has been settled already."))
    if seat is not None and seat.jury_id != jury.pk:
        raise NoticeRefused("foreign_seat", _("This person does not sit in this jury."))
    if seat is not None:
        row.recusal, _created = Recusal.objects.get_or_create(
            seat=seat,
            entry=row.entry,
            defaults={
                "reason": RecusalReason.NAMED,
                "recused_at": moment,
                "recused_by": by,
            },
        )
    row.settled_at, row.settled_by, row.reason = moment, by, reason.strip()
    row.save(update_fields=["settled_at", "settled_by", "reason", "recusal"])
    audit.record(
        "notice.settled",
        target=row,
        by=by,
        reason=row.reason,
        data={"entry": row.entry_id, "seat": None if seat is None else seat.pk},
        now=moment,
    )
    return row
