"""Windows of time: set by the agency before the hand-in, extended by the office afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competition import emails, statement, timeline
from competition.actions.desk import locked_for_writing, refused, save_task, task_of, touch
from competition.extensions import extension_bars
from competition.models import Challenge, Phase, PhaseChange
from competition.queries.statement import windows_of
from competition.rules import is_organiser
from competition.statement.answers import clean_text
from competition.states import ChallengeState, PhaseKind
from competition.timeline import Remark, Window
from core import audit, clock
from core.display import iso_utc
from core.exceptions import DomainError, StaleVersion

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User
    from competition.models import StatementSection

REASON_LIMIT = 1_000
# Once the submission is closed the office may still need more time, the teams may not.
_EXTENDABLE = {
    ChallengeState.PUBLISHED: frozenset(PhaseKind),
    ChallengeState.CLOSED: frozenset({PhaseKind.ASSESSMENT, PhaseKind.DELIBERATION}),
}


@transaction.atomic
def set_phases(
    challenge: Challenge,
    *,
    by: User,
    windows: Sequence[Window],
    version: int | None = None,
    is_finished: bool | None = None,
    is_autosave: bool = False,
    now: dt.datetime | None = None,
) -> StatementSection:
    """Set the plan of a statement: `windows` replaces what was there; phases may be missing yet.

    `version` is that of the task when the form was opened; without it nothing is compared (for
    programs). Saving by itself writes one event for each spell of writing, and nothing at all if
    nothing has changed.

    Raises:
        PermissionRefused: the person does not work for the agency.
        DomainError: the statement lies with the office or is public.
        StaleVersion: somebody set another plan meanwhile.
        ValidationError: the plan is impossible; keyed by `<kind>-<field>`.

    """
    locked = locked_for_writing(challenge, by)
    now = now or clock.now()
    remarks = timeline.problems(windows)
    if remarks:
        raise ValidationError(_by_field(remarks))
    before = windows_of(locked)
    task = task_of(locked, statement.PHASES)
    has_changed = {window.kind: window for window in windows} != {
        window.kind: window for window in before
    }
    if version is not None and version != task.version and has_changed:
        raise StaleVersion(
            "stale",
            _("Somebody else saved the timeline meanwhile. Compare it with yours."),
            version=task.version,
            saved_by=task.saved_by,
            saved_at=task.saved_at,
        )
    is_same = not has_changed and is_finished in {None, task.is_finished}
    if is_autosave and is_same and task.pk:
        return task
    kinds = [window.kind for window in windows]
    locked.phases.exclude(kind__in=kinds).delete()
    for window in windows:
        Phase.objects.update_or_create(
            challenge=locked,
            kind=window.kind,
            defaults={
                "starts_at": window.starts_at,
                "ends_at": window.ends_at,
                **window.limits,
            },
        )
    touch(locked, by=by, now=now)
    save_task(task, by=by, now=now, is_finished=is_finished)
    if is_autosave:
        audit.record_spell(
            "challenge.phases_written", target=locked, by=by, part=statement.PHASES, now=now
        )
        return task
    after = windows_of(locked)
    audit.record(
        "challenge.phases_set",
        target=locked,
        by=by,
        data={"before": _as_data(before), "after": _as_data(after), "version": task.version},
        now=now,
    )
    return task


@transaction.atomic
def extend(
    phase: Phase,
    *,
    by: User,
    ends_at: dt.datetime,
    reason_de: str,
    reason_en: str = "",
    shift_later: bool = False,
    now: dt.datetime | None = None,
) -> PhaseChange:
    """Move the end of a phase to a later moment, for everyone, with a public reason (R-23).

    With `shift_later` the phases behind it move by the same distance on the clock of the wall, each
    with its own public entry. Everyone who takes part is told at the same moment.

    Raises:
        PermissionRefused: the person does not work in the office of the competition.
        DomainError: the state allows no extension, or the next phase is in the way.
        ValidationError: the new end is not later, or the reason is missing.

    """
    challenge = phase.challenge
    if not is_organiser(by, challenge):
        raise refused()
    now = now or clock.now()
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    phase.refresh_from_db()
    if not is_extendable(locked, phase.kind):
        raise DomainError("not_extendable", _("This phase cannot be extended any more."))
    reason, english = _clean_reason(reason_de, reason_en)
    _check_end(phase, ends_at, now)
    zone = timezone.get_default_timezone()
    distance = timeline.distance(phase.ends_at, ends_at, zone)
    moved = {phase.pk: (phase.starts_at, ends_at)}
    later = _later(locked, phase)
    if shift_later:
        moved |= {
            row.pk: (
                timeline.shifted(row.starts_at, distance, zone),
                timeline.shifted(row.ends_at, distance, zone),
            )
            for row in later
        }
    _check_plan(locked, moved)
    changes = [
        _move(row, moved[row.pk], reason=reason, english=english, by=by, now=now)
        for row in (phase, *later)
        if row.pk in moved
    ]
    emails.deadline_moved(locked, changes[0], now)
    return changes[0]


def is_extendable(challenge: Challenge, kind: str) -> bool:
    """Say whether the state of the statement, and what other apps know of it, allow a later end."""
    return kind in _EXTENDABLE.get(ChallengeState(challenge.state), frozenset()) and not any(
        bars(challenge, kind) for bars in extension_bars
    )


def _clean_reason(reason_de: str, reason_en: str) -> tuple[str, str]:
    try:
        german = clean_text(reason_de, REASON_LIMIT)
        english = clean_text(reason_en, REASON_LIMIT) or ""
    except ValidationError as error:
        raise ValidationError({"reason_de": error}) from error
    if german is None:
        raise ValidationError(
            {"reason_de": _("Give a reason. It stands in the public list of changes.")}
        )
    return german, english


def _check_end(phase: Phase, ends_at: dt.datetime, now: dt.datetime) -> None:
    if ends_at <= phase.ends_at:
        raise ValidationError(
            {"ends_at": _("A deadline can be extended, never shortened: choose a later moment.")}
        )
    if ends_at <= now:
        raise ValidationError({"ends_at": _("The new deadline lies in the past.")})
    if ends_at.second or ends_at.microsecond:
        raise ValidationError({"ends_at": _("Times are set to the minute.")})


def _later(challenge: Challenge, phase: Phase) -> list[Phase]:
    """Return the phases that begin when this one has ended."""
    return [row for row in challenge.phases.all() if row.starts_at >= phase.ends_at]


def _check_plan(challenge: Challenge, moved: dict[int, tuple[dt.datetime, dt.datetime]]) -> None:
    planned = [
        Window(PhaseKind(row.kind), *moved.get(row.pk, (row.starts_at, row.ends_at)))
        for row in challenge.phases.all()
    ]
    remarks = timeline.problems(planned)
    if remarks:
        raise DomainError(
            "next_phase",
            _("%(sentence)s Move the later phases too.") % {"sentence": remarks[0].sentence},
        )


def _move(
    row: Phase,
    window: tuple[dt.datetime, dt.datetime],
    *,
    reason: str,
    english: str,
    by: User,
    now: dt.datetime,
) -> PhaseChange:
    old = row.ends_at
    old_start = row.starts_at
    row.starts_at, row.ends_at = window
    row.save(update_fields=["starts_at", "ends_at"])
    change = PhaseChange.objects.create(
        phase=row,
        old_ends_at=old,
        new_ends_at=row.ends_at,
        reason_de=reason,
        reason_en=english,
        changed_at=now,
        changed_by=by,
    )
    audit.record(
        "phase.extended",
        target=row,
        by=by,
        reason=reason,
        data={
            "kind": row.kind,
            "starts_at": [iso_utc(old_start), iso_utc(row.starts_at)],
            "ends_at": [iso_utc(old), iso_utc(row.ends_at)],
        },
        now=now,
    )
    return change


def _by_field(remarks: Iterable[Remark]) -> dict[str, list[str]]:
    by_field: dict[str, list[str]] = {}
    for remark in remarks:
        by_field.setdefault(f"{remark.kind.value}-{remark.field}", []).append(remark.sentence)
    return by_field


def _as_data(windows: Iterable[Window]) -> dict[str, list[str | int | None]]:
    return {
        window.kind.value: [
            iso_utc(window.starts_at),
            iso_utc(window.ends_at),
            *window.limits.values(),
        ]
        for window in windows
    }
