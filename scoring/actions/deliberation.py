"""The jury's meeting: the chair's list for the talk, and which submission is being discussed.

Everything happens while the jury deliberates, under the lock of the jury, by whoever leads it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import DomainError, PermissionRefused
from scoring.models import DiscussionItem, Jury, Talk
from scoring.queries import jury as jury_queries

if TYPE_CHECKING:
    from accounts.models import User
    from submissions.models import Entry


def _led(jury: Jury, by: User) -> Jury:
    """Return the locked jury if the person leads its meeting now."""
    locked = (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge")
        .get(pk=jury.pk)
    )
    if not by.has_perm("scoring.deliberate", locked):
        raise PermissionRefused(
            "not_permitted", _("Only the chair does this, while the jury deliberates.")
        )
    return locked


def _check_entry(jury: Jury, entry: Entry) -> None:
    if entry.pk not in {row.entry_id for row in jury_queries.running_submissions(jury)}:
        raise DomainError("not_running", _("This submission is not before the jury."))


@transaction.atomic
def put_on_list(
    jury: Jury, *, entry: Entry, by: User, now: dt.datetime | None = None
) -> DiscussionItem:
    """Put a submission at the end of the list for the talk; one that is on it stays in its place.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.
        DomainError: the submission is not before this jury.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    _check_entry(locked, entry)
    items = DiscussionItem.objects.filter(jury=locked)
    known = items.filter(entry=entry).first()
    if known is not None:
        return known
    last = items.aggregate(last=Max("position"))["last"] or 0
    item = DiscussionItem.objects.create(
        jury=locked, entry=entry, position=last + 1, added_at=moment
    )
    audit.record("discussion.put_on", target=locked, by=by, data={"entry": entry.pk}, now=moment)
    return item


@transaction.atomic
def take_off_list(jury: Jury, *, entry: Entry, by: User, now: dt.datetime | None = None) -> None:
    """Take a submission off the list for the talk; the minutes keep what was talked about.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.

    """
    locked = _led(jury, by)
    count, _rows = DiscussionItem.objects.filter(jury=locked, entry=entry).delete()
    if count:
        audit.record(
            "discussion.taken_off", target=locked, by=by, data={"entry": entry.pk}, now=now
        )


@transaction.atomic
def move_up(jury: Jury, *, entry: Entry, by: User, now: dt.datetime | None = None) -> None:
    """Let a submission change places with the one before it on the list.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.

    """
    locked = _led(jury, by)
    items = list(DiscussionItem.objects.filter(jury=locked).order_by("position", "pk"))
    at = next((place for place, item in enumerate(items) if item.entry_id == entry.pk), 0)
    if at == 0:
        return
    items[at - 1], items[at] = items[at], items[at - 1]
    for place, item in enumerate(items, start=1):
        item.position = place
    DiscussionItem.objects.bulk_update(items, ["position"])
    audit.record(
        "discussion.moved_up",
        target=locked,
        by=by,
        data={"entry": entry.pk, "position": at},
        now=now,
    )


@transaction.atomic
def begin_talk(jury: Jury, *, entry: Entry, by: User, now: dt.datetime | None = None) -> Talk:
    """Call a submission: the jury talks about it from now on, those in conflict leave (Q-50).

    A talk about another one ends with it; the same one goes on.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.
        DomainError: the submission is not before this jury.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    _check_entry(locked, entry)
    current = Talk.objects.filter(jury=locked, ended_at=None).first()
    if current is not None and current.entry_id == entry.pk:
        return current
    if current is not None:
        current.ended_at = moment
        current.save(update_fields=["ended_at"])
    talk = Talk.objects.create(jury=locked, entry=entry, began_at=moment)
    audit.record(
        "discussion.called",
        target=talk,
        by=by,
        data={"entry": entry.pk, "ended": current.pk if current is not None else None},
        now=moment,
    )
    return talk


@transaction.atomic
def end_talk(jury: Jury, *, by: User, now: dt.datetime | None = None) -> None:
    """End the talk about a submission: everybody may come in again.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    current = Talk.objects.filter(jury=locked, ended_at=None).first()
    if current is None:
        return
    current.ended_at = moment
    current.save(update_fields=["ended_at"])
    audit.record("discussion.ended", target=current, by=by, now=moment)
