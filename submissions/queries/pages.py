"""What the pages of teams show: standing in each problem statement, versions, lists."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q

from core.models import OutboxMessage, OutboxState
from submissions import deadlines, receipts
from submissions.models import Entry, Membership, Submission, Upload
from submissions.queries.tries import Tries, tries_among
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User
    from competition.models import Challenge, Phase
    from submissions.models import Invitation, LateAttempt, Team


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a team is in one problem statement."""

    entry: Entry
    phase: Phase | None
    is_open: bool
    is_over: bool
    tries: Tries
    # The newest first.
    versions: tuple[Submission, ...]
    draft: Submission | None
    counting: Submission | None

    @property
    def is_chosen(self) -> bool:
        """Say whether what counts was chosen, and not simply handed in last."""
        return self.counting is not None and self.counting.pk == self.entry.chosen_id

    @property
    def in_the_running(self) -> tuple[Submission, ...]:
        """Return the versions of which one counts: those handed in and not withdrawn."""
        return tuple(
            version for version in self.versions if version.state == SubmissionState.HANDED_IN
        )

    @property
    def may_choose(self) -> bool:
        """Say whether there is a choice which version counts."""
        return self.is_open and len(self.in_the_running) > 1

    @property
    def current(self) -> Submission | None:
        """Return the version whose page to open: the draft, else what counts, else the newest."""
        return self.draft or self.counting or next(iter(self.versions), None)

    @property
    def handed_in(self) -> tuple[Submission, ...]:
        """Return the versions that were ever handed in, the newest first."""
        return tuple(version for version in self.versions if not version.is_draft)

    @property
    def may_start(self) -> bool:
        """Say whether a new version can be begun: none waits, and a try is left for it."""
        return self.is_open and self.draft is None and not self.tries.is_used_up


def standing(entry: Entry, now: dt.datetime) -> Standing:
    """Describe where a team is; uses prefetched versions and phases when there are any."""
    versions = tuple(sorted(entry.submissions.all(), key=lambda version: -version.number))
    merged = [
        version for other in entry.merged_entries.all() for version in other.submissions.all()
    ]
    phase = deadlines.window(entry.challenge)
    return Standing(
        entry=entry,
        phase=phase,
        is_open=entry.merged_into_id is None and deadlines.refusal(entry.challenge, now) is None,
        is_over=phase is not None and phase.is_over(now),
        tries=tries_among([*versions, *merged], phase, now),
        versions=versions,
        draft=next((version for version in versions if version.is_draft), None),
        # The same rule as `SubmissionQuerySet.counting`, over rows that are loaded already.
        counting=min(
            (
                version
                for version in versions
                if version.state == SubmissionState.HANDED_IN and entry.merged_into_id is None
            ),
            key=lambda version: (version.pk != entry.chosen_id, -version.number),
            default=None,
        ),
    )


def standings_of(user: User, now: dt.datetime) -> list[Standing]:
    """Return one's own submissions across problem statements; the next deadline comes first."""
    entries = (
        Entry.objects.of_member(user)
        .live()
        .select_related("team", "challenge__competition", "challenge__agency")
        .prefetch_related("challenge__phases", "submissions", "merged_entries__submissions")
    )
    return sorted((standing(entry, now) for entry in entries), key=_urgency)


def _urgency(row: Standing) -> tuple[bool, float]:
    if row.phase is None:
        return (True, 0.0)
    # Open ones by their deadline, then the past ones, the latest first.
    end = row.phase.ends_at.timestamp()
    return (row.is_over, -end if row.is_over else end)


def memberships_of(user: User) -> list[Membership]:
    """Return one's teams with role and figures (`member_count`, `entry_count`)."""
    return list(
        Membership.objects.filter(user=user)
        .select_related("team__competition")
        .annotate(
            member_count=Count("team__memberships", distinct=True),
            entry_count=Count(
                "team__entries", filter=Q(team__entries__merged_into=None), distinct=True
            ),
        )
        .order_by("-joined_at")
    )


@dataclass(frozen=True, slots=True)
class TeamPage:
    """What the page of a team shows (S-6)."""

    members: Sequence[Membership]
    invitations: Sequence[Invitation]
    standings: Sequence[Standing]
    own: Membership | None

    @property
    def others(self) -> list[Membership]:
        """Return everyone but the reader."""
        return [member for member in self.members if member != self.own]

    @property
    def is_last_captain(self) -> bool:
        """Say whether the reader is the only captain."""
        captains = [member for member in self.members if member.is_captain]
        return self.own is not None and captains == [self.own]

    @property
    def may_dissolve(self) -> bool:
        """Say whether nothing would be lost with the team."""
        return self.is_last_captain and len(self.members) == 1 and not self.standings


def team_page(team: Team, user: User, now: dt.datetime) -> TeamPage:
    """Read members, open invitations and what the team takes part in."""
    members = list(team.memberships.select_related("user"))
    entries = (
        team.entries.live()
        .select_related("team", "terms", "challenge__competition", "challenge__agency")
        .prefetch_related("challenge__phases", "submissions", "merged_entries__submissions")
        .order_by("accepted_at")
    )
    return TeamPage(
        members=members,
        invitations=list(team.invitations.usable_at(now).select_related("invited_by")),
        standings=[standing(entry, now) for entry in entries],
        own=next((member for member in members if member.user_id == user.pk), None),
    )


@dataclass(frozen=True, slots=True)
class MailState:
    """Whether the mails of a receipt went out."""

    total: int
    sent: int
    last_sent_at: dt.datetime | None


def receipt_mails(submission: Submission) -> MailState:
    """Count the mails of a receipt by their state."""
    mails = OutboxMessage.objects.filter(key__startswith=receipts.mail_key(submission))
    rows = list(mails.values_list("state", "sent_at"))
    moments = [at for state, at in rows if state == OutboxState.SENT and at is not None]
    return MailState(total=len(rows), sent=len(moments), last_sent_at=max(moments, default=None))


@dataclass(frozen=True, slots=True)
class Late:
    """An attempt after the deadline, without the version it was about."""

    attempted_at: dt.datetime
    ended_at: dt.datetime
    person: str
    size: int
    text_sha256: str
    # Kind in words, size and SHA-256 of each file that the draft held.
    files: tuple[tuple[str, int, str], ...]

    @property
    def late_by(self) -> dt.timedelta:
        """Return how late it was."""
        return self.attempted_at - self.ended_at

    @classmethod
    def of(cls, attempt: LateAttempt) -> Late:
        """Describe a recorded attempt."""
        return cls(
            attempted_at=attempt.attempted_at,
            ended_at=attempt.ended_at,
            person=attempt.user.display_name if attempt.user else "",
            size=attempt.size,
            text_sha256=attempt.text_sha256,
            files=tuple(
                (str(FileKind(file["kind"]).label), file["size"], file["sha256"])
                for file in attempt.files
            ),
        )


@dataclass(frozen=True, slots=True)
class LateUpload:
    """An upload that ended after the deadline: it arrived within the grace, or was refused.

    One that came as a whole, or was announced, after the deadline begins when it ends.
    """

    kind: str
    size: int
    opened_at: dt.datetime
    ended_at: dt.datetime
    was_accepted: bool
    person: str

    @classmethod
    def of(cls, upload: Upload) -> LateUpload:
        """Describe an upload, without the version it was for."""
        return cls(
            kind=upload.get_kind_display(),
            size=upload.size,
            opened_at=upload.opened_at,
            ended_at=upload.received_at or upload.ended_at or upload.opened_at,
            was_accepted=upload.failure != deadlines.TOO_LATE,
            person=upload.created_by.display_name if upload.created_by else "",
        )


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A team in the office's list: that it takes part and when something arrived, no contents.

    Neither the pseudonym nor the code of a version stands here: on the jury's pages both lead to
    the same submission, and the office must not join them before the decision (R-20).
    """

    team_name: str
    organisation: str
    entered_at: dt.datetime
    is_baseline: bool
    handed_in: int
    withdrawn: int
    has_draft: bool
    received: tuple[dt.datetime, ...]
    late: tuple[Late, ...]
    late_uploads: tuple[LateUpload, ...]

    @property
    def last_received(self) -> dt.datetime | None:
        """Return when the newest version arrived."""
        return max(self.received, default=None)


def entry_lines(challenge: Challenge) -> list[EntryLine]:
    """Return the teams of a problem statement for the office, by name."""
    phase = deadlines.window(challenge)
    crossed = Q(failure=deadlines.TOO_LATE)
    if phase is not None:
        crossed |= Q(received_at__gte=phase.ends_at)
    uploads = Upload.objects.filter(crossed).select_related("created_by")
    versions = Submission.objects.prefetch_related(
        "late_attempts__user", Prefetch("uploads", queryset=uploads)
    )
    entries = (
        challenge.entries.live()
        .select_related("team")
        .defer("jury_pseudonym")
        .prefetch_related(
            Prefetch("submissions", queryset=versions),
            Prefetch("merged_entries__submissions", queryset=versions),
        )
        .order_by("team__name")
    )
    return [_entry_line(entry) for entry in entries]


def _entry_line(entry: Entry) -> EntryLine:
    merged = [
        version for other in entry.merged_entries.all() for version in other.submissions.all()
    ]
    versions = [*entry.submissions.all(), *merged]
    states = [version.state for version in versions]
    return EntryLine(
        team_name=entry.team.name,
        organisation=entry.team.organisation,
        entered_at=entry.accepted_at,
        is_baseline=entry.is_baseline,
        handed_in=states.count(SubmissionState.HANDED_IN),
        withdrawn=states.count(SubmissionState.WITHDRAWN),
        has_draft=SubmissionState.DRAFT in states,
        received=tuple(
            sorted(
                (at for version in versions if (at := version.handed_in_at) is not None),
                reverse=True,
            )
        ),
        late=tuple(
            sorted(
                (
                    Late.of(attempt)
                    for version in versions
                    for attempt in version.late_attempts.all()
                ),
                key=lambda attempt: attempt.attempted_at,
                reverse=True,
            )
        ),
        late_uploads=tuple(
            sorted(
                (LateUpload.of(upload) for version in versions for upload in version.uploads.all()),
                key=lambda upload: upload.ended_at,
                reverse=True,
            )
        ),
    )
