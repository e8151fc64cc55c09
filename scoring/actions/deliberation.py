"""The jury's meeting: the list for the talk, presence, motions and votes, notes, consensus marks.

Everything happens while the jury deliberates, under the lock of the jury: by whoever leads it, and
votes by the members who are present and have no conflict. Chair and deputy lead; who of them is in
conflict with a submission neither opens nor closes a vote about it (Q-26).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from core import audit, clock
from core.exceptions import DomainError, PermissionRefused, StaleVersion
from core.transitions import move
from scoring.actions import decision as decision_actions
from scoring.compute.quorum import Count
from scoring.models import (
    Attendance,
    ConsensusMark,
    Criterion,
    DiscussionItem,
    Jury,
    JurySeat,
    Meeting,
    MeetingNote,
    MeetingNoteVersion,
    Motion,
    Talk,
    Vote,
)
from scoring.models.deliberation import DEFAULT_QUORUM
from scoring.queries import discussion
from scoring.queries import jury as jury_queries
from scoring.states import MotionKind, MotionState, VoteChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User
    from submissions.models import Entry


LONGEST_SHARE = 99


class VoteRefused(DomainError):
    """A motion, a vote or a count does not fit."""

    status = 422


@dataclass(frozen=True, slots=True)
class Hands:
    """A show of hands, as the chair counted it."""

    yes: int
    no: int
    abstained: int

    @property
    def total(self) -> int:
        """Return how many hands were counted."""
        return self.yes + self.no + self.abstained


def _locked(key: int) -> Jury:
    return (
        Jury.objects.select_for_update(of=("self",), no_key=True)
        .select_related("challenge")
        .get(pk=key)
    )


def _led(jury: Jury, by: User) -> Jury:
    """Return the locked jury if the person leads its meeting now."""
    locked = _locked(jury.pk)
    if not by.has_perm("scoring.deliberate", locked):
        raise PermissionRefused(
            "not_permitted", _("Only the chair does this, while the jury deliberates.")
        )
    return locked


def _check_entry(jury: Jury, entry: Entry) -> None:
    if entry.pk not in {row.entry_id for row in jury_queries.running_submissions(jury)}:
        raise DomainError("not_running", _("This submission is not before the jury."))


@transaction.atomic
def open_meeting(
    jury: Jury,
    *,
    by: User,
    quorum_percent: int = DEFAULT_QUORUM,
    now: dt.datetime | None = None,
) -> Jury:
    """Open the deliberation and state its quorum: more than this share of the members with a vote.

    The quorum holds for the whole meeting.

    Raises:
        PermissionRefused: not the chair, or the assessments are not closed.
        VoteRefused: the share is not between 0 and 99 percent.

    """
    moment = now or clock.now()
    if not 0 <= quorum_percent <= LONGEST_SHARE:
        raise VoteRefused("quorum_outside", _("The quorum is a share between 0 and 99 percent."))
    opened = decision_actions.open_deliberation(jury, by=by, now=moment)
    meeting = Meeting.objects.create(jury=opened, quorum_percent=quorum_percent, opened_at=moment)
    audit.record(
        "meeting.opened",
        target=meeting,
        by=by,
        data={"quorum_percent": quorum_percent},
        now=moment,
    )
    return opened


# -- the list for the talk -------------------------------------------------------------------------


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


# -- presence --------------------------------------------------------------------------------------


@transaction.atomic
def arrive(
    jury: Jury,
    *,
    by: User,
    seat: JurySeat | None = None,
    name: str = "",
    function: str = "",
    now: dt.datetime | None = None,
) -> Attendance:
    """Record that a member is present, or somebody else by name; a member is there only once.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.
        VoteRefused: a seat of another jury, or neither a member nor a name.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    if seat is None and not name.strip():
        raise VoteRefused("name_missing", _("Please say who is present."))
    if seat is not None and seat.jury_id != locked.pk:
        raise VoteRefused("foreign_seat", _("This person does not sit in the jury."))
    if seat is not None:
        known = Attendance.objects.filter(seat=seat, left_at=None).first()
        if known is not None:
            return known
    attendance = Attendance.objects.create(
        jury=locked,
        seat=seat,
        name="" if seat is not None else name.strip(),
        function="" if seat is not None else function.strip(),
        came_at=moment,
    )
    audit.record(
        "attendance.came",
        target=attendance,
        by=by,
        data={"seat": seat.pk if seat is not None else None},
        now=moment,
    )
    return attendance


@transaction.atomic
def leave(attendance: Attendance, *, by: User, now: dt.datetime | None = None) -> Attendance:
    """Record that somebody has left; who comes back is recorded anew.

    Raises:
        PermissionRefused: not the chair, or the jury is not deliberating.

    """
    moment = now or clock.now()
    _led(attendance.jury, by)
    fresh = Attendance.objects.select_for_update(no_key=True).get(pk=attendance.pk)
    if fresh.left_at is not None:
        return fresh
    fresh.left_at = moment
    fresh.save(update_fields=["left_at"])
    audit.record("attendance.left", target=fresh, by=by, data={"seat": fresh.seat_id}, now=moment)
    return fresh


# -- motions and votes -----------------------------------------------------------------------------


@transaction.atomic
def open_motion(
    jury: Jury,
    *,
    by: User,
    kind: str,
    text: str,
    entry: Entry | None = None,
    now: dt.datetime | None = None,
) -> Motion:
    """Put a motion to the vote: about one submission, or about procedure.

    A motion about procedure names no submission, and one about a submission no other: whoever is in
    conflict with one could read it else.

    Raises:
        PermissionRefused: not the chair, the jury is not deliberating, or the chair is in conflict.
        VoteRefused: an unknown kind, no text, no submission where one is needed, a second one.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    if kind not in MotionKind.values:
        raise VoteRefused("unknown_kind", _("Choose what the motion is about."))
    if not text.strip():
        raise VoteRefused("text_missing", _("Say what the jury votes on."))
    if MotionKind(kind).needs_submission:
        if entry is None:
            raise VoteRefused("entry_missing", _("Choose the submission that the motion is about."))
        _check_entry(locked, entry)
    else:
        entry = None
    _check_leader(locked, entry, by)
    _check_names(locked, entry, text)
    motion = Motion.objects.create(
        jury=locked, kind=kind, entry=entry, text=text.strip(), opened_at=moment, opened_by=by
    )
    audit.record(
        "motion.opened",
        target=motion,
        by=by,
        data={"kind": kind, "entry": entry.pk if entry is not None else None},
        now=moment,
    )
    return motion


@transaction.atomic
def vote(motion: Motion, *, by: User, choice: str, now: dt.datetime | None = None) -> Vote:
    """Vote on an open motion; voting again changes one's vote.

    Raises:
        PermissionRefused: not a member of this jury, or in conflict with the submission.
        VoteRefused: no vote in this jury, not present, not a choice, or the vote is closed.

    """
    moment = now or clock.now()
    jury = _locked(motion.jury_id)
    seat = JurySeat.objects.filter(jury=jury, user=by).select_related("jury").first()
    fresh = Motion.objects.get(pk=motion.pk)
    if seat is None or seat.pk not in discussion.unbarred_seats(jury, fresh.entry_id):
        raise PermissionRefused("not_permitted", _("There is no vote here that you take part in."))
    if choice not in VoteChoice.values:
        raise VoteRefused("unknown_choice", _("Choose yes, no or abstention."))
    if not fresh.is_open:
        raise VoteRefused("vote_closed", _("The vote is closed. Your vote was not counted."))
    if not seat.has_vote:
        raise VoteRefused("no_vote", _("You sit in this jury without a vote."))
    if not Attendance.objects.filter(seat=seat, left_at=None).exists():
        raise VoteRefused(
            "not_present", _("Only those who are present vote. The chair records who is.")
        )
    cast, _created = Vote.objects.update_or_create(
        motion=fresh, seat=seat, defaults={"choice": choice, "cast_at": moment}
    )
    # How somebody voted stands in the row; the log says that they did.
    audit.record("motion.voted", target=fresh, by=by, data={"seat": seat.pk}, now=moment)
    return cast


@transaction.atomic
def close_motion(
    motion: Motion, *, by: User, hands: Hands | None = None, now: dt.datetime | None = None
) -> Motion:
    """Close a vote: counted in the product, or a show of hands that the chair enters.

    Quorum are more than the stated share of all members with a vote, present and without conflict;
    then yes has to outnumber no.

    Raises:
        PermissionRefused: not the chair, the jury is not deliberating, or the chair is in conflict.
        VoteRefused: both ways at once, or more hands than people.
        IllegalTransition: it is closed already.

    """
    moment = now or clock.now()
    locked = _led(motion.jury, by)
    fresh = Motion.objects.select_related("entry").get(pk=motion.pk)
    _check_leader(locked, fresh.entry, by)
    cast = list(Vote.objects.filter(motion=fresh).values_list("seat", "choice"))
    members = set(JurySeat.objects.filter(jury=locked).with_vote().values_list("pk", flat=True))
    entitled = members & discussion.unbarred_seats(locked, fresh.entry_id)
    there = set(
        Attendance.objects.filter(jury=locked, left_at=None, seat__in=entitled).values_list(
            "seat", flat=True
        )
    )
    # Who declared a conflict after voting does not count any more; who voted and left does.
    choices = [choice for seat, choice in cast if seat in entitled]
    present = len(there | {seat for seat, _choice in cast if seat in entitled})
    if hands is None:
        hands_counted = Hands(
            choices.count(VoteChoice.YES),
            choices.count(VoteChoice.NO),
            choices.count(VoteChoice.ABSTAIN),
        )
    else:
        if cast:
            raise VoteRefused(
                "voted_already",
                _("Members have voted here already. Close the vote without a show of hands."),
            )
        if min(hands.yes, hands.no, hands.abstained) < 0 or hands.total > present:
            raise VoteRefused(
                "too_many_hands",
                _("More hands than members who are present without a conflict: %(count)s.")
                % {"count": present},
            )
        hands_counted = hands
    count = Count(
        yes=hands_counted.yes,
        no=hands_counted.no,
        abstained=hands_counted.abstained,
        members=len(members),
        present=present,
        quorum_percent=discussion.quorum_of(locked),
    )
    figures: dict[str, Any] = {
        "members": count.members,
        "present": count.present,
        "quorum_percent": count.quorum_percent,
        "yes": count.yes,
        "no": count.no,
        "abstained": count.abstained,
        "is_show_of_hands": hands is not None,
    }
    if not count.has_quorum:
        result = MotionState.NO_QUORUM
    else:
        result = MotionState.ACCEPTED if count.is_accepted else MotionState.REJECTED
    return move(fresh, to=result, by=by, now=moment, data=figures, closed_at=moment, **figures)


@transaction.atomic
def withdraw_motion(motion: Motion, *, by: User, now: dt.datetime | None = None) -> Motion:
    """Withdraw a motion without a result; it stays in the minutes.

    Raises:
        PermissionRefused: not the chair, the jury is not deliberating, or the chair is in conflict.
        IllegalTransition: it is closed already.

    """
    moment = now or clock.now()
    locked = _led(motion.jury, by)
    _check_leader(locked, motion.entry, by)
    return move(motion, to=MotionState.WITHDRAWN, by=by, now=moment, closed_at=moment)


# -- notes and consensus ---------------------------------------------------------------------------


@transaction.atomic
def save_note(
    jury: Jury,
    *,
    by: User,
    text: str,
    version: int,
    entry: Entry | None = None,
    now: dt.datetime | None = None,
) -> MeetingNote:
    """Store what was written down while the jury talks; every save is kept as a version.

    `version` is the one the form was loaded with, 0 for notes that were never saved. The log gets
    one event for each spell of writing.

    Raises:
        PermissionRefused: not the chair, the jury is not deliberating, or the chair is in conflict.
        StaleVersion: another tab was faster; nothing was overwritten.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    if entry is not None:
        _check_entry(locked, entry)
    _check_leader(locked, entry, by)
    note, _created = MeetingNote.objects.get_or_create(
        jury=locked, entry=entry, defaults={"saved_at": moment}
    )
    if note.version != version:
        raise StaleVersion(
            "stale_version",
            _("These notes were saved elsewhere in the meantime. Nothing was overwritten."),
            version=note.version,
        )
    note.text, note.version, note.saved_at = text, version + 1, moment
    note.save(update_fields=["text", "version", "saved_at"])
    MeetingNoteVersion.objects.create(
        note=note, number=note.version, text=text, saved_at=moment, saved_by=by
    )
    audit.record_spell("meeting.noted", target=note, by=by, part="text", now=moment)
    return note


@transaction.atomic
def set_consensus(
    jury: Jury,
    *,
    by: User,
    entry: Entry,
    marks: Mapping[int, int | None],
    now: dt.datetime | None = None,
) -> None:
    """Store the levels that the jury agrees on, by criterion; None takes one back.

    They stand beside the marks of the jurors and change no figure: the decision rests on the
    published rule, and what the jury makes of it is in its reasons.

    Raises:
        PermissionRefused: not the chair, the jury is not deliberating, or the chair is in conflict.
        VoteRefused: a level outside its scale, or a foreign criterion.

    """
    moment = now or clock.now()
    locked = _led(jury, by)
    _check_entry(locked, entry)
    _check_leader(locked, entry, by)
    criteria = {
        row.pk: row for row in Criterion.objects.filter(rubric__challenge=locked.challenge_id)
    }
    for key, level in marks.items():
        if key not in criteria or (level is not None and level not in criteria[key].scale):
            raise VoteRefused("mark_outside", _("This level is not on the scale of the criterion."))
    known = {
        row.criterion_id: row.mark_hundredths
        for row in ConsensusMark.objects.filter(jury=locked, entry=entry)
    }
    wanted = {key: None if level is None else 100 * level for key, level in marks.items()}
    changed = {key: mark for key, mark in wanted.items() if known.get(key) != mark}
    for key, mark in changed.items():
        ConsensusMark.objects.update_or_create(
            jury=locked,
            entry=entry,
            criterion=criteria[key],
            defaults={"mark_hundredths": mark, "set_at": moment},
        )
    if changed:
        audit.record(
            "meeting.consensus",
            target=locked,
            by=by,
            data={
                "entry": entry.pk,
                "marks_hundredths": {criteria[key].key: mark for key, mark in changed.items()},
            },
            now=moment,
        )


# -- what holds for several ------------------------------------------------------------------------


def _check_leader(jury: Jury, entry: Entry | None, by: User) -> None:
    seat = JurySeat.objects.filter(jury=jury, user=by).first()
    if seat is None or seat.pk not in discussion.unbarred_seats(
        jury, entry.pk if entry is not None else None
    ):
        raise PermissionRefused(
            "leader_in_conflict",
            _("You are in conflict with this submission. Somebody else leads the vote about it."),
        )


def _check_names(jury: Jury, entry: Entry | None, text: str) -> None:
    words = {word.casefold() for word in re.findall(r"\w+", text)}
    named = [
        row.entry.jury_pseudonym
        for row in jury_queries.running_submissions(jury)
        if row.entry.jury_pseudonym.casefold() in words
        and (entry is None or row.entry_id != entry.pk)
    ]
    if named:
        raise VoteRefused(
            "names_another",
            _(
                "The text names %(name)s. Choose that submission for the motion, so that nobody in"
                " conflict with it reads or votes."
            )
            % {"name": named[0]},
        )
