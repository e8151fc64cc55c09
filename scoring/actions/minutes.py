"""Draw up the jury's minutes from the rows, confirm them, and seal them with the last confirmation.

What the minutes say is fixed when they are drawn up. A member in conflict with a submission gets an
excerpt until the publication, made by the same function without those submissions: no row, no rank
and no text tells of them. Who confirms an excerpt confirms what they took part in.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.display import iso_utc
from core.exceptions import DomainError, PermissionRefused
from scoring.actions import final_boards
from scoring.emails import minutes as emails
from scoring.models import (
    Amendment,
    Attendance,
    Award,
    ConsensusMark,
    Decision,
    Jury,
    JurySeat,
    LeaderboardRow,
    MeetingNote,
    Minutes,
    MinutesConfirmation,
    MinutesVersion,
    Motion,
    Recusal,
    Talk,
)
from scoring.queries import discussion
from scoring.queries import jury as jury_queries
from scoring.queries import minutes as queries
from scoring.queries import reopening as reopening_queries
from scoring.queries import rounds as round_queries
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.models import User

SCHEMA: Final = "auslobung-minutes/1"
LONGEST_REMARK: Final = 6_000


class MinutesSealed(DomainError):
    """The minutes are sealed; nothing of them changes any more."""


def _locked(jury: Jury) -> tuple[Jury, Decision]:
    """Lock the jury and return it with its decision.

    Raises:
        PermissionRefused: nothing is decided.

    """
    locked = (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge__competition", "challenge__agency")
        .get(pk=jury.pk)
    )
    decision = Decision.objects.filter(challenge=locked.challenge).first()
    if decision is None:
        raise PermissionRefused("not_decided", _("Nothing is decided yet."))
    return locked, decision


@transaction.atomic
def draw_up(
    jury: Jury, *, by: User, remarks: str = "", now: dt.datetime | None = None
) -> MinutesVersion:
    """Draw up the minutes from the rows, and ask every member who took part to confirm them.

    Drawn up anew, they are a further version, and confirmations of an earlier one do not count.

    Raises:
        PermissionRefused: neither chair nor deputy, or nothing is decided.
        MinutesSealed: everybody has confirmed already.

    """
    moment = now or clock.now()
    locked, decision = _locked(jury)
    if not by.has_perm("scoring.draw_minutes", locked):
        raise PermissionRefused(
            "not_permitted", _("Only the chair draws up the minutes, after the decision.")
        )
    minutes, _created = Minutes.objects.get_or_create(decision=decision)
    _refuse_sealed(minutes)
    members = queries.members_to_confirm(locked)
    seats = JurySeat.objects.filter(jury=locked).select_related("jury__challenge")
    excerpts: dict[str, Any] = {}
    made: dict[frozenset[int], dict[str, Any]] = {}
    for seat in seats:
        hidden = frozenset(discussion.closed_entries(seat))
        if hidden and hidden not in made:
            made[hidden] = _content(locked, decision, remarks, moment, hidden=hidden)
        if hidden:
            excerpts[seat.code] = made[hidden]
    version = MinutesVersion.objects.create(
        minutes=minutes,
        number=minutes.versions.count() + 1,
        content=_content(locked, decision, remarks, moment),
        excerpts=excerpts,
        drawn_at=moment,
        drawn_by=by,
    )
    version.members.set(members)
    # As it is stored: JSON knows fewer kinds of values than Python.
    version.refresh_from_db()
    audit.record(
        "minutes.drawn_up",
        target=minutes,
        by=by,
        data={
            "challenge": locked.challenge.code,
            "version": version.number,
            "content_sha256": queries.sha256_of(version.content),
            "members": sorted(seat.pk for seat in members),
        },
        now=moment,
    )
    for seat in members:
        emails.minutes_to_confirm(seat, version, now=moment)
    return version


@transaction.atomic
def confirm(
    jury: Jury,
    *,
    by: User,
    version: int,
    remark: str = "",
    now: dt.datetime | None = None,
) -> MinutesConfirmation:
    """Confirm the minutes, with a dissenting remark or without; the last one seals them.

    `version` is the one that was read. The seal is the SHA-256 over content and confirmations.

    Raises:
        PermissionRefused: not one of those who took part, or there are no minutes.
        DomainError: drawn up anew in the meantime, or confirmed already.
        MinutesSealed: everybody has confirmed already.

    """
    moment = now or clock.now()
    locked, decision = _locked(jury)
    minutes = (
        Minutes.objects.select_for_update(of=("self",), no_key=True)
        .filter(decision=decision)
        .first()
    )
    current = minutes.current if minutes is not None else None
    seat = JurySeat.objects.filter(jury=locked, user=by).first()
    if minutes is None or current is None or seat is None:
        raise PermissionRefused("not_permitted", _("There are no minutes for you to confirm."))
    if not current.members.filter(pk=seat.pk).exists():
        raise PermissionRefused("not_permitted", _("There are no minutes for you to confirm."))
    _refuse_sealed(minutes)
    if current.number != version:
        raise DomainError(
            "drawn_up_anew",
            _("The minutes were drawn up anew in the meantime. Please read them again."),
        )
    if current.confirmations.filter(seat=seat).exists():
        raise DomainError("confirmed_already", _("You have confirmed these minutes already."))
    confirmation = MinutesConfirmation.objects.create(
        version=current, seat=seat, remark=remark.strip(), confirmed_at=moment
    )
    audit.record(
        "minutes.confirmed",
        target=minutes,
        by=by,
        data={"version": current.number, "seat": seat.pk, "dissents": bool(remark.strip())},
        now=moment,
    )
    if current.confirmations.count() == current.members.count():
        minutes.sealed_at = moment
        minutes.sealed_sha256 = queries.sha256_of(queries.record_of(current))
        minutes.save(update_fields=["sealed_at", "sealed_sha256"])
        audit.record(
            "minutes.sealed",
            target=minutes,
            by=by,
            data={
                "challenge": locked.challenge.code,
                "version": current.number,
                "sha256": minutes.sealed_sha256,
            },
            now=moment,
        )
    return confirmation


def _refuse_sealed(minutes: Minutes) -> None:
    if minutes.is_sealed:
        raise MinutesSealed(
            "sealed", _("The minutes are sealed. Nothing of them can be changed any more.")
        )


# -- what the minutes say --------------------------------------------------------------------------


def _content(
    jury: Jury,
    decision: Decision,
    remarks: str,
    now: dt.datetime,
    *,
    hidden: Collection[int] = (),
) -> dict[str, Any]:
    """Return everything the minutes say, in keys and texts of the rows; words follow the reader."""
    challenge = jury.challenge
    names = {
        row.entry_id: row.entry.jury_pseudonym for row in jury_queries.running_submissions(jury)
    } | dict(LeaderboardRow.objects.filter(snapshot=decision.snapshot).values_list("entry", "name"))
    told = {entry: name for entry, name in names.items() if entry not in hidden}
    veil = _Veil({name for entry, name in names.items() if entry in hidden})
    seats = jury_queries.seats_of(jury)
    people = {seat.pk: seat.user.display_name for seat in seats}
    presence = discussion.presence(jury)
    snapshot = decision.snapshot
    return {
        "schema": SCHEMA,
        "issuer": settings.BASE_URL,
        "is_excerpt": bool(hidden),
        "call": {
            "competition": str(challenge.competition),
            "challenge": challenge.code,
            "title": challenge.title_de,
            "agency": str(challenge.agency),
            "published_at_utc": _moment(challenge.published_at),
            "statement_sha256": challenge.frozen_hash,
        },
        # By the code of a seat: the seal holds whatever becomes of the account.
        "names": {seat.code: seat.user.display_name for seat in seats},
        "jury": [
            {
                "name": seat.user.display_name,
                "role": seat.role,
                "organisation": seat.organisation,
                "field": seat.field,
                "has_vote": seat.has_vote,
            }
            for seat in seats
        ],
        "presence": [
            {
                "name": people[row.seat_id] if row.seat_id is not None else row.name,
                "function": row.function,
                "is_member": row.seat_id is not None,
                "came_at_utc": _moment(row.came_at),
                "left_at_utc": _moment(row.left_at),
            }
            for row in Attendance.objects.filter(jury=jury)
        ],
        "quorum": {
            "percent": presence.quorum_percent,
            "members": presence.voting,
            "present": presence.voting_present,
            "is_reached": presence.voting_present >= presence.needed,
        }
        if presence.is_recorded
        else None,
        "recusals": [
            {
                "name": people[row.seat_id],
                "submission": told[row.entry_id],
                "reason": row.reason,
            }
            for row in Recusal.objects.filter(seat__jury=jury).order_by("seat", "entry")
            if row.entry_id in told
        ],
        "reopenings": [
            {
                "submission": row.pseudonym,
                "reason": veil.over(row.reopening.reason),
                "is_return": row.reopening.returned_to is not None,
                "reopened_at_utc": _moment(row.reopening.reopened_at),
                "locked_at_utc": _moment(row.reopening.locked_at),
                "root": row.reopening.seal.number if row.reopening.seal is not None else None,
            }
            for row in reopening_queries.reopened(jury, hidden=hidden)
        ],
        # Only where there were two rounds, so that minutes of before read as they were.
        **_rounds(jury, told, veil),
        "ranking": _ranking(decision, told),
        "rule": {
            "version": snapshot.rule_version,
            "snapshot": snapshot.code if not hidden else "",
            "inputs_sha256": snapshot.inputs_sha256 if not hidden else "",
        },
        **_support(jury, hidden),
        "notes": [
            {"submission": told.get(row.entry_id or 0, ""), "text": veil.over(row.text)}
            # General ones first; databases differ in where they sort what is empty.
            for row in sorted(
                MeetingNote.objects.filter(jury=jury),
                key=lambda row: names.get(row.entry_id or 0, ""),
            )
            if row.text.strip() and (row.entry_id is None or row.entry_id in told)
        ],
        "consensus": [
            {
                "submission": told[row.entry_id],
                "criterion": row.criterion.name_de,
                "level": row.mark_hundredths // 100,
            }
            for row in ConsensusMark.objects.filter(
                jury=jury, mark_hundredths__isnull=False
            ).select_related("criterion")
            if row.entry_id in told and row.mark_hundredths is not None
        ],
        "dialogue": [
            {
                "submission": told[row.entry_id],
                "began_at_utc": _moment(row.began_at),
                "ended_at_utc": _moment(row.ended_at),
            }
            for row in Talk.objects.filter(jury=jury)
            if row.entry_id in told
        ],
        "votes": [
            {
                "kind": row.kind,
                "submission": told.get(row.entry_id or 0, ""),
                "text": row.text,
                "state": row.state,
                "closed_at_utc": _moment(row.closed_at),
                "is_show_of_hands": row.is_show_of_hands,
                **{
                    name: getattr(row, name)
                    for name in ("yes", "no", "abstained", "present", "members", "quorum_percent")
                },
            }
            for row in Motion.objects.filter(jury=jury)
            if row.entry_id is None or row.entry_id in told
        ],
        "decision": {
            "decided_at_utc": _moment(decision.decided_at),
            "reasons_de": veil.over(decision.reasons_de),
            "reasons_en": veil.over(decision.reasons_en),
            "awards": [
                {
                    "submission": told[row.entry_id],
                    "kind": row.kind,
                    "place": row.place,
                    "amount": row.amount,
                    "remark_de": veil.over(row.reason_de),
                    "remark_en": veil.over(row.reason_en),
                }
                for row in Award.objects.filter(decision=decision).standing()
                if row.entry_id in told
            ],
            "amendments": [
                {"number": row.number, "reason_de": veil.over(row.reason_de),
                 "made_at_utc": _moment(row.made_at)}
                for row in Amendment.objects.filter(decision=decision)
            ],
        },
        "remarks": veil.over(remarks.strip()),
        "drawn_up_at_utc": _moment(now),
    }  # fmt: skip


class _Veil:
    """Leaves out texts that name a submission the reader may not hear of."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = {name.casefold() for name in names}

    def over(self, text: str) -> str | None:
        """Return the text, or None where it names one of them."""
        words = {word.casefold() for word in re.findall(r"\w+", text)}
        return None if words & self._names else text


def _moment(at: dt.datetime | None) -> str:
    return "" if at is None else iso_utc(at)


def _rounds(jury: Jury, told: dict[int, str], veil: _Veil) -> dict[str, Any]:
    """Return the cut and the ranking it went by; ranks count the submissions that are told."""
    cut = round_queries.cut_of(jury) if jury.is_final else None
    if cut is None:
        return {}
    finalists = {row.entry_id: row.reason for row in cut.finalists.all()}
    rows = [
        row
        for row in LeaderboardRow.objects.filter(snapshot=cut.snapshot_id).order_by("position")
        if row.entry_id in told
    ]
    ranks = sorted(row.rank for row in rows if row.rank is not None)
    is_whole = len(rows) == cut.snapshot.rows.count()
    return {
        "rounds": {
            "made_at_utc": _moment(cut.made_at),
            "made_by": cut.made_by.display_name if cut.made_by is not None else "",
            "place": cut.place if is_whole else None,
            "reason": veil.over(cut.reason),
            "snapshot": cut.snapshot.code if is_whole else "",
            "inputs_sha256": cut.snapshot.inputs_sha256 if is_whole else "",
            "first_round": [
                {
                    "submission": told[row.entry_id],
                    "rank": None if row.rank is None else ranks.index(row.rank) + 1,
                    "points": row.score,
                    "is_finalist": row.entry_id in finalists,
                    "taken_up": veil.over(finalists.get(row.entry_id, "")),
                }
                for row in rows
            ],
        }
    }


def _ranking(decision: Decision, told: dict[int, str]) -> list[dict[str, Any]]:
    """Return the table of the decision; ranks count the submissions that are told."""
    rows = [
        row
        for row in LeaderboardRow.objects.filter(snapshot=decision.snapshot)
        .select_related("submission")
        .order_by("position")
        if row.entry_id in told
    ]
    ranks = sorted(row.rank for row in rows if row.rank is not None)
    return [
        {
            "submission": row.name,
            "code": row.submission.code if row.submission is not None else "",
            "rank": None if row.rank is None else ranks.index(row.rank) + 1,
            "points": row.score,
            "reason": row.note,
        }
        for row in rows
    ]


def _support(jury: Jury, hidden: Collection[int]) -> dict[str, Any]:
    """Return what the jury could see before it decided, by its marks alone (Q-78, Q-85).

    `rules` says who would win under which rule (X-33), `without_juror` in how many of the juries
    with one juror less somebody else would win (X-34).
    """
    rubric = rubric_queries.of(jury.challenge)
    if rubric is None:
        return {"rules": [], "without_juror": None}
    rows = [
        row
        for row in final_boards.compute_jury(jury.challenge, rubric).rows
        if row.score and row.entry.pk not in hidden
    ]
    if not rows:
        return {"rules": [], "without_juror": None}
    found = final_boards.support(jury.challenge, rubric, rows=rows, hidden=hidden)
    names = {criterion.key: criterion.name_de for criterion in rubric.criteria.all()}
    return {
        "rules": [
            {
                "key": rule.key,
                "criterion": names.get(rule.criterion or "", ""),
                "winners": list(rule.winners),
            }
            for rule in found.rules
        ],
        "without_juror": {
            "juries": len(found.leave_one_out),
            "other_winner": sum(row.changes_winner for row in found.leave_one_out),
        },
    }
