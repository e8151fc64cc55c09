"""Taking in files for a draft: at once with a form, in parts, or from an earlier version.

The first two end in `_take_in`: one stream is read once, judged and measured on the way, written
under a generated key, and becomes the draft's file of its kind. From an earlier version nothing is
copied: both name the same bytes.
"""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from core import audit, clock, scanner, staging, storage, transitions
from core.exceptions import (
    DomainError,
    IllegalTransition,
    LimitReached,
    PhaseClosed,
    StaleVersion,
    StorageUnavailable,
    UploadRefused,
)
from core.queue import enqueue_on_commit
from submissions import checks, deadlines, documents, guard, pdf, queries, validators
from submissions.models import DocumentKey, Entry, Submission, SubmissionFile, Upload
from submissions.states import FileKind, FileState, UploadState

if TYPE_CHECKING:
    from django.core.files.base import File

    from accounts.models import User
    from core.storage import StoredFile

_log = logging.getLogger(__name__)

# Each holds room on the disk; nobody needs more at once.
MOST_AT_ONCE: Final = 10
KEPT: Final = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Incoming:
    """What is taken in, and what was said about it beforehand."""

    kind: FileKind
    name: str
    limit: int
    begun_at: dt.datetime | None = None
    received_at: dt.datetime | None = None
    size: int | None = None


def attach_file(
    submission: Submission,
    *,
    by: User,
    kind: FileKind,
    file: File[bytes],
    now: dt.datetime | None = None,
) -> SubmissionFile:
    """Store a file of a form and make it the draft's file of its kind; it replaces an earlier one.

    Size and SHA-256 are computed while the bytes are written under a generated key. A prediction
    file with problems is stored with its report, so that the page can show them; it cannot be
    handed in. The size that the statement names counts where it is below the installation's.
    The replaced file is removed after the commit, unless another version names it.

    Raises:
        UploadRefused: size, suffix or content do not fit the kind, or the kind is not wanted.
        StaleVersion: the version was handed in meanwhile; nothing stays behind.
        PhaseClosed: the window for submissions is not open; that somebody came too late is kept.

    """
    incoming = _announced(submission, kind=kind, name=file.name or "", size=file.size)
    try:
        deadlines.open_window(submission.entry.challenge, now or clock.of_database())
        return _take_in(submission, by=by, source=file, incoming=incoming, now=now)
    except PhaseClosed as error:
        _record_if_late(error, submission, by=by, incoming=incoming, size=file.size, now=now)
        raise


def open_upload(
    submission: Submission,
    *,
    by: User,
    kind: FileKind,
    name: str,
    size: int,
    modified: int = 0,
    now: dt.datetime | None = None,
) -> Upload:
    """Begin an upload in parts, or return the one that is open for the very same file.

    The same file is one of the same name, size and time of change: after a reload it is chosen once
    more, and goes on with the parts that are there.

    Raises:
        UploadRefused: what is announced cannot be accepted.
        PhaseClosed: the window for submissions is not open; that somebody came too late is kept.
        StaleVersion: the version is handed in.
        LimitReached: too many uploads are open.
        StorageUnavailable: there is no room, or the store does not answer.

    """
    incoming = _announced(submission, kind=kind, name=name, size=size)
    try:
        return _open_upload(
            submission, by=by, incoming=incoming, size=size, modified=modified, now=now
        )
    except PhaseClosed as error:
        _record_if_late(error, submission, by=by, incoming=incoming, size=size, now=now)
        raise


def _record_if_late(
    error: PhaseClosed,
    submission: Submission,
    *,
    by: User,
    incoming: _Incoming,
    size: int,
    now: dt.datetime | None,
) -> None:
    """Keep for the office that a file came after the deadline; nothing of it is stored.

    A script that tries for ever leaves `deadlines.MOST_LATE` rows, a few more if all at once.
    """
    if error.code != deadlines.TOO_LATE:
        return
    if submission.uploads.filter(failure=deadlines.TOO_LATE)[deadlines.MOST_LATE - 1 :].exists():
        return
    moment = now or clock.of_database()
    with transaction.atomic():
        upload = Upload.objects.create(
            submission=submission,
            kind=incoming.kind,
            state=UploadState.REFUSED,
            original_name=incoming.name,
            size=size,
            part_size=max(size, 1),
            opened_at=moment,
            ended_at=moment,
            created_by=by,
            failure=error.code,
        )
        audit.record(
            "upload.refused",
            target=upload,
            by=by,
            data={"kind": incoming.kind, "size": size, "to": UploadState.REFUSED},
            now=moment,
        )


def _open_upload(
    submission: Submission,
    *,
    by: User,
    incoming: _Incoming,
    size: int,
    modified: int,
    now: dt.datetime | None,
) -> Upload:
    with transaction.atomic():
        _locked_draft(submission)
        moment = now or clock.of_database()
        deadlines.open_window(submission.entry.challenge, moment)
        unfinished = submission.uploads.unfinished()
        again = unfinished.filter(
            kind=incoming.kind, original_name=incoming.name, size=size, modified=modified
        ).first()
        if again is not None:
            return again
        if unfinished.count() >= MOST_AT_ONCE:
            raise LimitReached(
                "too_many_uploads",
                _("%(count)s uploads of this version are not finished. Discard one of them first.")
                % {"count": MOST_AT_ONCE},
            )
        staged = staging.begin(storage.SUBMISSIONS, size)
        upload = Upload.objects.create(
            submission=submission,
            kind=incoming.kind,
            original_name=incoming.name,
            size=size,
            modified=modified,
            part_size=staging.part_size(storage.SUBMISSIONS, size),
            staging_key=staged.key,
            multipart_id=staged.multipart_id,
            opened_at=moment,
            created_by=by,
        )
        audit.record(
            "upload.opened",
            target=upload,
            by=by,
            data={"kind": incoming.kind, "size": size},
            now=moment,
        )
        return upload


def receive_part(upload: Upload, *, number: int, source: IO[bytes], size: int) -> None:
    """Write one part that the browser sends to us; sending it again replaces it.

    Raises:
        UploadRefused: the number or the length is not that of a part, or the line broke.
        IllegalTransition: the upload takes no parts any more.

    """
    _check_part(upload, number)
    if size != upload.size_of_part(number):
        raise UploadRefused("part_size", _("This part has not the length that was agreed."))
    staging.write_part(upload.staged, number, source, size)


def address_of_part(upload: Upload, *, number: int) -> str:
    """Return a fresh signed address to which the browser sends one part; "" means: to us.

    Raises:
        UploadRefused: there is no such part.
        IllegalTransition: the upload takes no parts any more.

    """
    _check_part(upload, number)
    if not upload.multipart_id:
        return ""
    return staging.address_of_part(upload.staged, number, upload.size_of_part(number))


def _check_part(upload: Upload, number: int) -> None:
    if not upload.is_open:
        raise IllegalTransition(upload, upload.state, UploadState.OPEN)
    if not 1 <= number <= upload.part_count:
        raise UploadRefused("no_such_part", _("This upload has no such part."))


def parts_there(upload: Upload) -> list[int]:
    """Return the numbers of the parts that are there in full length."""
    if not upload.is_open:
        return list(range(1, upload.part_count + 1)) if upload.is_unfinished else []
    there = staging.parts(upload.staged)
    return sorted(number for number, size in there.items() if _fits(upload, number, size))


def _fits(upload: Upload, number: int, size: int) -> bool:
    return 1 <= number <= upload.part_count and size == upload.size_of_part(number)


def complete_upload(upload: Upload, *, by: User, now: dt.datetime | None = None) -> SubmissionFile:
    """Judge what has arrived as a whole and make it the draft's file.

    Nothing that was said before is believed: size, type and SHA-256 are found out while the bytes
    are copied to a key that nobody was given. The moment of receipt is when this was first asked
    for with all parts there; if the platform fails after it, asking again finishes the upload.
    Asking again after the end gives the same file.

    Raises:
        UploadRefused: parts are missing (`parts_missing`; the upload stays open), or the file
            cannot be accepted; then the upload is over and its parts are removed.
        PhaseClosed: the window, and the grace for what was begun before its end, are over.
        StorageUnavailable: the store does not answer; try again.

    """
    upload.refresh_from_db()
    if upload.file is not None:
        return upload.file
    try:
        _receive(upload, by=by, now=now)
        incoming = _announced(
            upload.submission,
            kind=FileKind(upload.kind),
            name=upload.original_name,
            size=upload.size,
        )
        file = _take_in_staged(upload, by=by, incoming=incoming, now=now)
    except DomainError as error:
        # Another request was faster, and has removed the parts while we looked for them.
        upload.refresh_from_db()
        if upload.file is not None:
            return upload.file
        is_final = isinstance(error, UploadRefused | PhaseClosed | StaleVersion)
        if is_final and error.code != "parts_missing":
            with suppress(IllegalTransition):  # refused by the other request already
                _end(upload, to=UploadState.REFUSED, by=by, now=now, failure=error.code)
        raise
    _discard(upload)
    return file


def _receive(upload: Upload, *, by: User, now: dt.datetime | None) -> None:
    """Write down when everything was there, once."""
    if upload.state == UploadState.CHECKING:
        return
    try:
        _receive_first(upload, by=by, now=now)
    except (IllegalTransition, StorageUnavailable):
        # Asked for twice at once: the time of the first one counts, both go on.
        upload.refresh_from_db()
        if upload.state != UploadState.CHECKING:
            raise


def _receive_first(upload: Upload, *, by: User, now: dt.datetime | None) -> None:
    if not upload.is_open:
        raise IllegalTransition(upload, upload.state, UploadState.CHECKING)
    there = parts_there(upload)
    if len(there) < upload.part_count:
        raise UploadRefused(
            "parts_missing",
            _("%(count)s parts are still missing. The upload goes on with them.")
            % {"count": upload.part_count - len(there)},
            parts=there,
        )
    moment = now or clock.of_database()
    deadlines.open_window(upload.submission.entry.challenge, moment, begun_at=upload.opened_at)
    transitions.move(upload, to=UploadState.CHECKING, by=by, now=moment, received_at=moment)


def _take_in_staged(
    upload: Upload, *, by: User, incoming: _Incoming, now: dt.datetime | None
) -> SubmissionFile:
    announced = _Incoming(
        incoming.kind,
        incoming.name,
        incoming.limit,
        begun_at=upload.opened_at,
        received_at=upload.received_at,
        size=upload.size,
    )
    with staging.opened(upload.staged) as stream:
        return _take_in(
            upload.submission, by=by, source=stream, incoming=announced, now=now, upload=upload
        )


def abort_upload(upload: Upload, *, by: User, now: dt.datetime | None = None) -> None:
    """Discard an upload and its parts; one that is over stays as it is."""
    upload.refresh_from_db()
    if upload.is_unfinished:
        _end(upload, to=UploadState.ABORTED, by=by, now=now)


def expire_uploads(now: dt.datetime) -> int:
    """End what was begun long ago and never finished; remove what nobody names (for the sweep)."""
    count = 0
    for upload in Upload.objects.stale(now - KEPT):
        try:
            _end(upload, to=UploadState.EXPIRED, by=None, now=now)
        except IllegalTransition:
            continue  # finished at this very moment
        count += 1
    named = set(Upload.objects.unfinished().values_list("staging_key", flat=True))
    return count + staging.discard_leftovers(storage.SUBMISSIONS, named=named, before=now - KEPT)


def _end(
    upload: Upload,
    *,
    to: UploadState,
    by: User | None,
    now: dt.datetime | None,
    failure: str = "",
) -> None:
    moment = now or clock.of_database()
    transitions.move(upload, to=to, by=by, now=moment, failure=failure, ended_at=moment)
    _discard(upload)


def _discard(upload: Upload) -> None:
    try:
        staging.discard(upload.staged)
    except StorageUnavailable:
        # The sweep removes what nobody names.
        _log.warning("The parts of upload %s could not be removed yet.", upload)


# -- from an earlier version ----------------------------------------------------------------------


def take_over(
    submission: Submission, *, by: User, file: SubmissionFile, now: dt.datetime | None = None
) -> SubmissionFile:
    """Let a draft name the file of an earlier version; it replaces the one of its kind.

    Both rows name the same bytes, which stay as long as one does. What may have changed since is
    judged once more: kind, size, pages, and predictions by what is expected of them today. What was
    found in the bytes carries over with them: by the scanner, and by the blind guard with what the
    team decided. A file that the scanner has not seen waits for it.

    Raises:
        UploadRefused: today's rules refuse the file, or it is of no earlier version.
        StaleVersion: the version was handed in meanwhile.
        PhaseClosed: the window for submissions is not open.
        StorageUnavailable: the store does not answer.

    """
    if file not in queries.earlier_files(submission, FileKind(file.kind)):
        raise UploadRefused("no_earlier_file", _("This file cannot be taken over."))
    incoming = _announced(
        submission, kind=FileKind(file.kind), name=file.original_name, size=file.size
    )
    if file.awaits_scan and documents.sealed_among([file]):
        raise UploadRefused(
            "sealed_unscanned",
            _(
                "“%(name)s” was never checked for malware, and it is sealed now: nobody can read"
                " it. Upload it once more."
            )
            % {"name": file.original_name},
        )
    deadlines.open_window(submission.entry.challenge, now or clock.of_database())
    limits = queries.limits_of(submission.entry.challenge, incoming.kind)
    guard.refuse_too_long(file.guard, name=file.original_name, limit=limits.pages)
    report = {}
    if incoming.kind == FileKind.PREDICTIONS:
        report = _checked(submission, file.key)
    return _replace(
        submission,
        by=by,
        incoming=incoming,
        stored=storage.StoredFile(file.key, file.size, file.sha256),
        report=report,
        found=file.guard,
        now=now,
        earlier=file,
    )


# -- all ways -------------------------------------------------------------------------------------


def _announced(submission: Submission, *, kind: FileKind, name: str, size: int) -> _Incoming:
    """Refuse what is wrong before a byte is read."""
    kind = FileKind(kind)
    challenge = submission.entry.challenge
    if kind not in queries.wanted_kinds(challenge):
        raise UploadRefused(
            "kind_not_wanted", _("This problem statement does not ask for a file of this kind.")
        )
    limit = queries.limits_of(challenge, kind).size
    return _Incoming(kind, validators.check_announced(name, size, kind, limit=limit), limit)


def _take_in(
    submission: Submission,
    *,
    by: User,
    source: IO[bytes] | File[bytes],
    incoming: _Incoming,
    now: dt.datetime | None,
    upload: Upload | None = None,
) -> SubmissionFile:
    # The copy that is searched needs room, too.
    with storage.answering(), pdf.at_hand(source, incoming.limit) as file:
        return _take_in_file(
            submission, by=by, file=file, incoming=incoming, now=now, upload=upload
        )


def _take_in_file(
    submission: Submission,
    *,
    by: User,
    file: IO[bytes],
    incoming: _Incoming,
    now: dt.datetime | None,
    upload: Upload | None,
) -> SubmissionFile:
    # Outside of the transaction: writing a large file must not keep others waiting.
    stored, document_key = documents.store(
        file,
        submission=submission,
        kind=incoming.kind,
        limit=incoming.limit,
        inspect=partial(validators.check_head, name=incoming.name, kind=incoming.kind),
    )
    try:
        report = {}
        if incoming.kind == FileKind.PREDICTIONS:
            report = _checked(submission, stored.key)
        found = guard.examine(submission, kind=incoming.kind, name=incoming.name, file=file)
        limits = queries.limits_of(submission.entry.challenge, incoming.kind)
        guard.refuse_too_long(found, name=incoming.name, limit=limits.pages)
        return _replace(
            submission,
            by=by,
            incoming=incoming,
            stored=stored,
            document_key=document_key,
            report=report,
            found=found,
            now=now,
            upload=upload,
        )
    except BaseException:
        storage.delete(storage.SUBMISSIONS, stored.key)
        raise


def _checked(submission: Submission, key: str) -> dict[str, object]:
    """Let the file check judge stored predictions."""
    with storage.open_file(storage.SUBMISSIONS, key) as stream:
        return checks.check_predictions(submission.entry.challenge, stream)


@transaction.atomic
def _replace(
    submission: Submission,
    *,
    by: User,
    incoming: _Incoming,
    stored: StoredFile,
    report: dict[str, object],
    found: dict[str, object],
    now: dt.datetime | None,
    document_key: DocumentKey | None = None,
    upload: Upload | None = None,
    earlier: SubmissionFile | None = None,
) -> SubmissionFile:
    if incoming.size not in {None, stored.size}:
        raise UploadRefused(
            "wrong_size", _("The file has another size than was announced. Choose it again.")
        )
    locked = _locked_draft(submission)
    moment = now or clock.of_database()
    arrived = incoming.received_at or moment
    deadlines.open_window(locked.entry.challenge, arrived, begun_at=incoming.begun_at)
    old = locked.files.filter(kind=incoming.kind).first()
    if old is not None:
        old.delete()
        transaction.on_commit(partial(_delete_unnamed, old.key), robust=True)
    if document_key is not None:
        document_key.save()
    row = SubmissionFile(
        submission=locked,
        kind=incoming.kind,
        original_name=incoming.name,
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        report=report,
        guard=found,
        state=_state_beside(earlier),
        begun_at=incoming.begun_at,
        uploaded_at=arrived,
        uploaded_by=by,
    )
    if earlier is not None:
        for name in ("kept_at", "kept_by", "uploaded_at", "uploaded_by"):
            setattr(row, name, getattr(earlier, name))
    row.save()
    locked.updated_at = moment
    locked.save(update_fields=["updated_at"])
    audit.record(
        "submission.file_attached",
        target=locked,
        by=by,
        data={"kind": incoming.kind.value, "size": stored.size, "sha256": stored.sha256}
        | ({"from": earlier.submission.reference} if earlier else {}),
        now=moment,
    )
    if upload is not None:
        transitions.move(
            upload, to=UploadState.ATTACHED, by=by, now=moment, completed_at=moment, file=row
        )
    if row.awaits_scan:
        enqueue_on_commit("submissions.tasks.scan_file", is_urgent=True, file_id=row.pk)
    return row


def _state_beside(earlier: SubmissionFile | None) -> str:
    """Return the state of new bytes, or of bytes that an earlier version names already."""
    if earlier is not None and not earlier.awaits_scan:
        return earlier.state
    return FileState.SCANNING if scanner.is_on() else FileState.UNSCANNED


def _locked_draft(submission: Submission) -> Submission:
    Entry.objects.select_for_update(no_key=True).get(pk=submission.entry_id)
    locked = Submission.objects.select_related("entry__challenge").get(pk=submission.pk)
    if not locked.is_draft:
        raise StaleVersion(
            "handed_in", _("This version has been handed in meanwhile and cannot be changed.")
        )
    return locked


def _delete_unnamed(key: str) -> None:
    """Remove a stored file that no version names any more."""
    if not SubmissionFile.objects.filter(key=key).exists():
        DocumentKey.objects.filter(storage_key=key).delete()
        storage.delete(storage.SUBMISSIONS, key)
