"""Drafting, handing in and withdrawing one numbered version."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from competition import precheck
from competition.statement.answers import is_empty
from core import audit, clock, storage, transitions
from core.exceptions import (
    DomainError,
    IllegalTransition,
    Incomplete,
    PhaseClosed,
    StaleVersion,
)
from submissions import (
    cards,
    deadlines,
    documents,
    emails,
    footprint,
    log,
    queries,
    receipts,
)
from submissions.checks import check_predictions
from submissions.models import Entry, LateAttempt, Receipt, Submission, SubmissionFile
from submissions.signals import submission_handed_in
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from competition.models import Phase


@transaction.atomic
def start_draft(entry: Entry, *, by: User, now: dt.datetime | None = None) -> Submission:
    """Begin the next version; texts and files of the latest one are taken over.

    Files are named again, not copied: what was stored stays where it is. There is one draft at a
    time; if there is one already, it is returned and nothing happens.

    Raises:
        PhaseClosed: the window for submissions is not open by the clock of the database.

    """
    locked = _lock(entry)
    moment = now or clock.of_database()
    if draft := locked.submissions.filter(state=SubmissionState.DRAFT).first():
        return draft
    _refuse_closed(locked)
    deadlines.open_window(locked.challenge, moment)
    last = locked.submissions.order_by("-number").first()
    draft = Submission.objects.create(
        entry=locked,
        number=(locked.submissions.aggregate(last=Max("number"))["last"] or 0) + 1,
        title=last.title if last else "",
        summary=last.summary if last else "",
        link=last.link if last else "",
        card=last.card if last else {},
        self_check=last.self_check if last else {},
        created_at=moment,
        created_by=by,
        updated_at=moment,
    )
    for file in last.files.all() if last else ():
        if file.awaits_scan and documents.sealed_among([file]):
            continue  # the scanner was switched on since, and nobody can read it any more
        SubmissionFile.objects.create(
            submission=draft,
            kind=file.kind,
            original_name=file.original_name,
            key=file.key,
            size=file.size,
            sha256=file.sha256,
            report=file.report,
            guard=file.guard,
            kept_at=file.kept_at,
            kept_by=file.kept_by,
            state=file.state,
            uploaded_at=file.uploaded_at,
            uploaded_by=file.uploaded_by,
        )
    audit.record(
        "submission.started", target=draft, by=by, data={"number": draft.number}, now=moment
    )
    return draft


def save_text(
    submission: Submission,
    *,
    by: User,
    version: int,
    title: str,
    summary: str,
    link: str = "",
    now: dt.datetime | None = None,
) -> Submission:
    """Save the texts of a draft, if nobody else saved them since `version` was read.

    What is stored like this already changes nothing, so that saving twice is harmless.

    Raises:
        StaleVersion: somebody did, or the version was handed in; nothing is overwritten.

    """
    # Browsers send two characters for a line break; the hash of the text counts one.
    texts = {
        "title": title.strip(),
        "summary": summary.replace("\r\n", "\n").strip(),
        "link": link,
    }
    return _save(submission, texts, counter="version", by=by, version=version, now=now)


def save_card(
    submission: Submission,
    *,
    by: User,
    version: int,
    answers: Mapping[str, str | None],
    now: dt.datetime | None = None,
) -> Submission:
    """Save the data and model card of a draft, with the declared footprint, also incomplete.

    Raises:
        StaleVersion: somebody else saved the card since, or the version was handed in.

    """
    card = {
        question.key: answers[question.key]
        for question in (*cards.CARD, *footprint.FIELDS)
        if not is_empty(answers.get(question.key))
    }
    return _save(
        submission, {"card": card}, counter="card_version", by=by, version=version, now=now
    )


def save_self_check(
    submission: Submission,
    *,
    by: User,
    version: int,
    answers: Mapping[str, Any],
    now: dt.datetime | None = None,
) -> Submission:
    """Save the answers of the self-check for responsible AI.

    Raises:
        StaleVersion: somebody else saved them since, or the version was handed in.
        Contradiction: "none of these" stands beside a box.

    """
    return _save(
        submission,
        {"self_check": precheck.clean_answers(answers)},
        counter="self_check_version",
        by=by,
        version=version,
        now=now,
    )


@transaction.atomic
def _save(
    submission: Submission,
    values: Mapping[str, Any],
    *,
    counter: str,
    by: User,
    version: int,
    now: dt.datetime | None,
) -> Submission:
    """Save one part of a draft; `counter` is the column that counts the saves of this part."""
    _lock(submission.entry)
    moment = now or clock.of_database()
    locked = Submission.objects.get(pk=submission.pk)
    if not locked.is_draft:
        raise StaleVersion(
            "handed_in", _("This version has been handed in meanwhile and cannot be changed.")
        )
    stored = getattr(locked, counter)
    if stored != version:
        raise StaleVersion(
            "stale_version",
            _("Somebody in your team saved this while you were writing."),
            version=stored,
        )
    if all(getattr(locked, name) == value for name, value in values.items()):
        return locked
    changes = {**values, counter: version + 1, "updated_at": moment, "text_saved_at": moment}
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes))
    audit.record_spell("submission.saved", target=locked, by=by, part=counter, now=moment)
    submission.refresh_from_db()
    return locked


def hand_in(
    submission: Submission,
    *,
    by: User,
    key: str,
    declared: bool,
    now: dt.datetime | None = None,
) -> Receipt:
    """Hand a draft in, for good, and return the signed receipt; from now on it counts.

    The row of the entry is locked first, then the clock of the database is read: two requests at
    once cannot beat a limit or the deadline (`deadlines`). The same key gives the same receipt, so
    a double click or a repeated request changes nothing. After the commit the members get the
    receipt by mail, and the signal `submission_handed_in` is sent.

    Raises:
        PhaseClosed: the window is not open; an attempt after the deadline is recorded all the same.
        LimitReached: a limit of the team or of the person is used up.
        Incomplete: something is missing (`data["missing"]`), or the file check found problems.
        IllegalTransition: the version is no draft, and was handed in with another key.

    """
    with transaction.atomic():
        entry = _lock(submission.entry)
        moment = now or clock.of_database()
        locked = Submission.objects.prefetch_related("files").get(pk=submission.pk)
        locked.entry = entry
        stored_key = _stored_key(locked, key)
        if locked.idempotency_key == stored_key:
            return locked.receipt
        _refuse_closed(entry)
        begun_at = deadlines.upload_across(locked)
        try:
            phase = deadlines.open_window(entry.challenge, moment, begun_at=begun_at)
        except PhaseClosed as error:
            refusal = error
            if error.code == deadlines.TOO_LATE and locked.is_draft:
                _record_late_attempt(locked, by=by, at=moment, ends_at=error.data["ends_at"])
        else:
            locked.upload_begun_at = begun_at
            return _hand_in(
                locked, by=by, key=stored_key, declared=declared, phase=phase, at=moment
            )
    # Outside of the transaction: the attempt stays on record although the request is refused.
    raise refusal


def _hand_in(
    submission: Submission, *, by: User, key: str, declared: bool, phase: Phase, at: dt.datetime
) -> Receipt:
    if not submission.is_draft:
        # Not left to move(): an ineligible version may become handed in again, but by the office.
        raise IllegalTransition(submission, submission.state, SubmissionState.HANDED_IN)
    # The limits of a person count in all of their teams; the row of the entry does not cover that.
    # Without the key: rows of others that name the person must not wait.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if limit := queries.limit_refusal(submission.entry, at, by=by):
        raise limit
    _refuse_incomplete(submission, declared=declared)
    receipt, leaf = receipts.issue(
        submission, receipts.payload_of(submission, phase=phase, received_at=at), at=at
    )
    emails.receipt(receipt, by=by)
    if submission.entry.chosen_id is not None:
        submission.entry.chosen = None
        submission.entry.save(update_fields=["chosen"])
    documents.seal(submission)
    # Last, because they lock the log and the head of the audit chain, for which everybody waits.
    log.store(leaf)
    transitions.move(
        submission,
        to=SubmissionState.HANDED_IN,
        by=by,
        now=at,
        data={"number": submission.number},
        handed_in_at=at,
        handed_in_by=by,
        is_declared=True,
        idempotency_key=key,
        updated_at=at,
        upload_begun_at=submission.upload_begun_at,
    )
    transaction.on_commit(
        partial(submission_handed_in.send_robust, Submission, submission_id=submission.pk)
    )
    return receipt


def _refuse_incomplete(submission: Submission, *, declared: bool) -> None:
    missing = [str(item) for item in queries.missing(submission)]
    if not declared:
        missing.append(_("Confirm the declaration."))
    if missing:
        raise Incomplete("incomplete", _("Your submission is not complete yet."), missing=missing)
    file = submission.file(FileKind.PREDICTIONS)
    if file is None or not submission.entry.challenge.wants_predictions:
        return
    # Once more: what is expected of the file may have changed since it was uploaded.
    with storage.open_file(storage.SUBMISSIONS, file.key) as stream:
        report = check_predictions(submission.entry.challenge, stream)
    if not report.get("ok", True):
        raise Incomplete(
            "predictions",
            _("The file check found problems in the prediction file."),
            missing=[_("Upload the prediction file once more to see the problems.")],
        )


def _record_late_attempt(
    submission: Submission, *, by: User, at: dt.datetime, ends_at: dt.datetime
) -> None:
    if submission.late_attempts.all()[deadlines.MOST_LATE - 1 :].exists():
        return
    LateAttempt.objects.create(
        submission=submission,
        user=by,
        attempted_at=at,
        ended_at=ends_at,
        text_sha256=receipts.text_hash(submission),
        files=[
            {"kind": file.kind, "size": file.size, "sha256": file.sha256}
            for file in submission.files.all()
        ],
    )
    audit.record(
        "submission.late",
        target=submission,
        by=by,
        data={"late_by_seconds": int((at - ends_at).total_seconds())},
        now=at,
    )


@transaction.atomic
def withdraw(
    submission: Submission, *, by: User, reason: str = "", now: dt.datetime | None = None
) -> Submission:
    """Take a version out of the competition; it stays on record, and so does its try.

    Raises:
        PhaseClosed: the deadline has passed.
        IllegalTransition: the version is not handed in.

    """
    entry = _lock(submission.entry)
    moment = now or clock.of_database()
    deadlines.open_window(entry.challenge, moment)
    transitions.move(
        submission,
        to=SubmissionState.WITHDRAWN,
        by=by,
        now=moment,
        reason=reason,
        data={"number": submission.number},
        updated_at=moment,
    )
    counting = Submission.objects.filter(entry=entry).counting().first()
    emails.withdrawn(submission, by=by, counting=counting)
    return submission


@transaction.atomic
def choose(submission: Submission, *, by: User, now: dt.datetime | None = None) -> Submission:
    """Let a handed-in version count, whichever came later. Safe to call twice.

    Handing in another version lifts the choice: what was handed in last counts again.

    Raises:
        PhaseClosed: the deadline has passed.
        StaleVersion: the version was withdrawn meanwhile, or is not eligible.

    """
    entry = _lock(submission.entry)
    _refuse_closed(entry)
    moment = now or clock.of_database()
    deadlines.open_window(entry.challenge, moment)
    locked = Submission.objects.get(pk=submission.pk)
    if locked.state != SubmissionState.HANDED_IN:
        raise StaleVersion("not_handed_in", _("This version is not handed in, so it cannot count."))
    counting = Submission.objects.filter(entry=entry).counting().get()
    if entry.chosen_id != locked.pk:
        entry.chosen = locked
        entry.save(update_fields=["chosen"])
        audit.record(
            "submission.chosen",
            target=locked,
            by=by,
            data={"number": locked.number, "instead_of": counting.number},
            now=moment,
        )
        if counting != locked:
            emails.chosen(locked, by=by, at=moment)
    submission.refresh_from_db()
    return locked


@transaction.atomic
def give_back_try(
    submission: Submission,
    *,
    by: User | None = None,
    reason: str,
    now: dt.datetime | None = None,
) -> Submission:
    """Let a version cost no try: the platform or the file was at fault. Safe to call twice."""
    moment = now or clock.now()
    _lock(submission.entry)
    locked = Submission.objects.get(pk=submission.pk)
    if locked.costs_a_try:
        locked.costs_a_try = False
        locked.save(update_fields=["costs_a_try"])
        audit.record("submission.try_given_back", target=locked, by=by, reason=reason, now=moment)
    submission.refresh_from_db()
    return locked


def _lock(entry: Entry) -> Entry:
    """Let changes of one entry happen one after another; read everything afresh under the lock."""
    # Prefetched in queries of their own, so that they too are read after the lock was granted. No
    # join: PostgreSQL drops a row whose key to a joined one changed while it waited for the lock.
    rows = Entry.objects.select_for_update(no_key=True).prefetch_related("challenge__phases")
    return rows.get(pk=entry.pk)


def _refuse_closed(entry: Entry) -> None:
    if entry.merged_into_id is not None:
        raise DomainError(
            "entry_merged",
            _(
                "Your team has merged with another one, and its versions count here. These ones"
                " can be read, but no longer be continued."
            ),
        )


def _stored_key(submission: Submission, key: str) -> str:
    # Bound to the version: nobody can use up, or learn about, the key of another team.
    return hashlib.sha256(f"{submission.pk}:{key}".encode()).hexdigest()
