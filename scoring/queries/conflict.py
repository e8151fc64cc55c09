"""Reads about conflicts of interest: what jurors are asked, and what the platform notices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch

from scoring.affiliations import is_one_of, mail_domain, organisation_key
from scoring.models import ConflictDeclaration, Jury, JurySeat, Recusal
from scoring.states import ConflictAnswer
from submissions.models import Entry, Membership

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def question_key(organisation: str) -> str:
    """Return the name of a question in the form: it stays the same when others come and go."""
    digest = hashlib.sha256(organisation_key(organisation).encode()).hexdigest()
    return f"o{digest[:10]}"


def entries_of(jury: Jury, **lookup: Any) -> list[Entry]:
    """Return the entries that jurors declare about, with teams, members and former members.

    References of the host compete with nobody and are left out. `lookup` narrows the entries.
    """
    return list(
        Entry.objects.live()
        .filter(challenge=jury.challenge_id, is_baseline=False, **lookup)
        .select_related("team")
        .prefetch_related(
            Prefetch("team__memberships", Membership.objects.select_related("user")),
            "team__former_memberships",
        )
    )


def detect(seat: JurySeat, entries: Iterable[Entry]) -> set[int]:
    """Return the entries in which the platform notices a conflict of the juror (Q-22, Q-23).

    Own team, now or once, the same organisation, or a team member with an address of the same mail
    domain. All members are looked at (N-12). `models.jury.detected_entries` asks the same in one
    query for one person.
    """
    domain = mail_domain(seat.user.email)
    found = set()
    for entry in entries:
        members = [membership.user for membership in entry.team.memberships.all()]
        same_domain = bool(domain) and any(
            mail_domain(member.email) == domain for member in members
        )
        is_member = any(member.pk == seat.user_id for member in members)
        was_member = any(row.user_id == seat.user_id for row in entry.team.former_memberships.all())
        same_organisation = is_one_of(seat.organisation, entry.team.organisations)
        if same_organisation or same_domain or is_member or was_member:
            found.add(entry.pk)
    return found


def seats_in_conflict(jury: Jury, entry: int) -> set[int]:
    """Return the seats of a jury for which the platform notices a conflict with one entry."""
    entries = entries_of(jury, pk=entry)
    seats = JurySeat.objects.filter(jury=jury).select_related("user")
    return {seat.pk for seat in seats if detect(seat, entries)}


@dataclass(frozen=True, slots=True)
class Question:
    """One organisation a juror declares about; never linked to a submission.

    `answer` is the stored answer, empty while one of its entries has none.
    """

    key: str
    organisation: str
    entries: tuple[int, ...]
    answer: str
    note: str
    is_detected: bool

    @property
    def stands(self) -> bool:
        """Say whether the answer holds until the office settles it, once the jury assesses."""
        return self.answer in {ConflictAnswer.CONFLICT, ConflictAnswer.UNSURE}


@dataclass(frozen=True, slots=True)
class Questions:
    """Everything about which one juror declares."""

    organisations: tuple[Question, ...]
    # Teams of private persons cannot be named without breaking the blindness of the assessment.
    unnamed: tuple[int, ...]
    detected: frozenset[int]
    is_complete: bool

    @property
    def all_entries(self) -> set[int]:
        """Return the keys of all entries asked about."""
        named = {entry for question in self.organisations for entry in question.entries}
        return named | set(self.unnamed)


def questions_for(seat: JurySeat) -> Questions:
    """Return one question per organisation, sorted by name, with the answers given so far."""
    entries = entries_of(seat.jury)
    detected = detect(seat, entries)
    given = {row.entry_id: row for row in ConflictDeclaration.objects.filter(seat=seat)}
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(organisation_key(entry.team.organisation), []).append(entry)
    unnamed = tuple(sorted(entry.pk for entry in groups.pop("", [])))
    questions = []
    for key in sorted(groups):
        group = groups[key]
        # Of several teams of one organisation the strictest answer counts.
        rows = [given[entry.pk] for entry in group if entry.pk in given]
        answer, note = _strictest(rows) if len(rows) == len(group) else ("", _first_note(rows))
        questions.append(
            Question(
                key=question_key(key),
                organisation=min(entry.team.organisation.strip() for entry in group),
                entries=tuple(sorted(entry.pk for entry in group)),
                answer=answer,
                note=note,
                is_detected=any(entry.pk in detected for entry in group)
                or any(row.is_detected for row in rows),
            )
        )
    return Questions(
        organisations=tuple(questions),
        unnamed=unnamed,
        detected=frozenset(detected),
        is_complete=seat.declared_at is not None and {entry.pk for entry in entries} <= set(given),
    )


def _strictest(rows: list[ConflictDeclaration]) -> tuple[str, str]:
    for answer in (ConflictAnswer.CONFLICT, ConflictAnswer.UNSURE):
        for row in rows:
            if row.answer == answer:
                return answer, row.note
    return ConflictAnswer.NONE, _first_note(rows)


def _first_note(rows: list[ConflictDeclaration]) -> str:
    return next((row.note for row in rows if row.note), "")


def has_declared_everything(seat: JurySeat) -> bool:
    """Say whether the juror has answered about every entry; only then anything opens (J-81)."""
    if seat.declared_at is None:
        return False
    declared = ConflictDeclaration.objects.filter(seat=seat).values("entry")
    return (
        not Entry.objects.live()
        .filter(challenge=seat.jury.challenge_id, is_baseline=False)
        .exclude(pk__in=declared)
        .exists()
    )


def seats_with_open_questions(seats: Collection[JurySeat]) -> set[int]:
    """Return the keys of seats that have not declared about every entry, in two queries."""
    declared: dict[int, set[int]] = {seat.pk: set() for seat in seats}
    for seat, entry in ConflictDeclaration.objects.filter(seat__in=seats).values_list(
        "seat", "entry"
    ):
        declared[seat].add(entry)
    entries: dict[int, set[int]] = {}
    wanted = Entry.objects.live().filter(
        challenge__in=[seat.jury.challenge_id for seat in seats], is_baseline=False
    )
    for challenge, entry in wanted.values_list("challenge", "pk"):
        entries.setdefault(challenge, set()).add(entry)
    return {
        seat.pk
        for seat in seats
        if seat.declared_at is None
        or entries.get(seat.jury.challenge_id, set()) - declared[seat.pk]
    }


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A juror who is not sure, for the office to settle.

    The office knows submissions by their jury name here, and organisations on its other pages
    only: named together they would tell who is behind a pseudonym (R-20).
    """

    declaration: ConflictDeclaration
    juror: str
    pseudonym: str
    note: str


def unsettled(jury: Jury) -> list[Unsettled]:
    """Return what jurors are unsure about, oldest first."""
    rows = (
        ConflictDeclaration.objects.filter(seat__jury=jury, answer=ConflictAnswer.UNSURE)
        .select_related("seat__user", "entry")
        .order_by("declared_at", "pk")
    )
    return [
        Unsettled(
            declaration=row,
            juror=row.seat.user.display_name,
            pseudonym=row.entry.jury_pseudonym,
            note=row.note,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a juror wrote or chose beside a conflict, for the office alone.

    `pseudonym` is set where the juror stepped back from a submission. A note on an organisation
    comes without: it may name the organisation, and with the pseudonym would tell who is behind
    it (R-20).
    """

    juror: str
    pseudonym: str
    answer: str
    text: str


def explanations(jury: Jury) -> list[Explanation]:
    """Return why jurors stepped back and what they noted on organisations, in two queries.

    Notes on what is still to settle are left out: they stand with the question (`unsettled`). One
    note on an organisation with several teams is shown once.
    """
    recusals = (
        Recusal.objects.filter(seat__jury=jury, declaration=None)
        .select_related("seat__user", "entry")
        .order_by("recused_at", "pk")
    )
    notes = (
        ConflictDeclaration.objects.filter(seat__jury=jury)
        .exclude(note="")
        .exclude(answer=ConflictAnswer.UNSURE)
        .select_related("seat__user")
        .order_by("declared_at", "pk")
    )
    found = [
        Explanation(
            juror=row.seat.user.display_name,
            pseudonym=row.entry.jury_pseudonym,
            answer=row.get_reason_display(),
            text=row.text,
        )
        for row in recusals
    ]
    found += [
        Explanation(
            juror=row.seat.user.display_name,
            pseudonym="",
            answer=row.get_answer_display(),
            text=row.note,
        )
        for row in notes
    ]
    return list(dict.fromkeys(found))
