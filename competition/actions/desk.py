"""What every change on the agency's desk begins and ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from competition.models import Challenge, StatementSection
from competition.rules import is_agency_staff
from core.exceptions import DomainError, PermissionRefused

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User

_WRITABLE = (
    "title_de",
    "title_en",
    "tagline_de",
    "tagline_en",
    "wants_concept",
    "wants_predictions",
    "answers",
    "translations",
    "updated_at",
    "updated_by",
)


def refused() -> PermissionRefused:
    """Return the error for somebody who may not know that the thing exists."""
    return PermissionRefused("refused", _("This page does not exist or is not for you."))


def locked_row(challenge: Challenge) -> Challenge:
    """Return the stored statement, locked until the transaction ends."""
    return Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)


def locked_for_writing(challenge: Challenge, by: User) -> Challenge:
    """Return the stored statement, locked, if its agency may change it now.

    Raises:
        PermissionRefused: the person does not work for the agency.
        DomainError: the statement lies with the office or is public.

    """
    if not is_agency_staff(by, challenge):
        raise refused()
    locked = locked_row(challenge)
    if not locked.is_editable:
        raise DomainError(
            "not_editable",
            _("The statement lies with the competition office and cannot be changed now."),
        )
    return locked


def task_of(challenge: Challenge, key: str) -> StatementSection:
    """Return the task of a statement, a new one if nobody saved it yet."""
    found = StatementSection.objects.filter(challenge=challenge, key=key).first()
    return found or StatementSection(challenge=challenge, key=key)


def save_task(
    task: StatementSection, *, by: User, now: dt.datetime, is_finished: bool | None
) -> None:
    """Count a save of a task; `is_finished=None` leaves what its author said."""
    task.version += 1
    task.saved_at, task.saved_by = now, by
    if is_finished is not None:
        task.is_finished = is_finished
    task.save()


def touch_task(
    challenge: Challenge, key: str, *, by: User, now: dt.datetime, is_finished: bool | None = None
) -> StatementSection:
    """Note who worked on a task last; for the actions on phases and files."""
    task = task_of(challenge, key)
    touch(challenge, by=by, now=now)
    save_task(task, by=by, now=now, is_finished=is_finished)
    return task


def touch(challenge: Challenge, *, by: User, now: dt.datetime) -> None:
    """Save what may be written about a statement; its state is never among it."""
    challenge.updated_by, challenge.updated_at = by, now
    challenge.save(update_fields=_WRITABLE)
