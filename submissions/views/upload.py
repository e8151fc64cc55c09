"""Uploading files to a draft: a page that works with a plain form, and the contract for parts.

`create → part → list → complete | abort`, as JSON for static/js/upload.js. Every refusal carries
its time and a number (VE-17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import failures, policy, scanner, storage
from core.access import get_visible
from core.exceptions import StorageUnavailable, UploadRefused
from submissions import deadlines, documents, guard, queries, reports, validators
from submissions.actions import upload as actions
from submissions.extensions import SubmissionPlace, submission_parts
from submissions.forms import AnnouncementForm, UploadForm
from submissions.models import Upload
from submissions.states import FileKind
from submissions.views.submission import find_version, version_frame

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from django.http.response import HttpResponseBase

    from accounts.views.person import UserRequest
    from core.exceptions import DomainError
    from core.failures import FailureReceipt
    from submissions.guard import Guard
    from submissions.models import Submission, SubmissionFile
    from submissions.reports import ReportInWords

_ROWS = Upload.objects.select_related(
    "file", "submission__entry__challenge__competition", "submission__entry__team"
)


# -- the page -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A kind of file that is wanted, what is stored of it, and what was found out about it."""

    kind: FileKind
    url: str
    file: SubmissionFile | None
    report: ReportInWords | None
    found: Guard | None
    # The handed-in version that named the file first.
    origin: Submission | None


@dataclass(frozen=True, slots=True)
class UnfinishedLine:
    """An upload that was begun, and how much of it has arrived."""

    upload: Upload
    percent: int


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@policy.reaches(storage.SUBMISSIONS)
def file_upload(request: UserRequest, code: str, kind: str) -> HttpResponse:
    """Upload the file of a kind, see what the file check found (S-8)."""
    submission = find_version(request, "submissions.view_submission", code)
    file_kind = _wanted_kind(submission, kind)
    if request.method != "POST":
        if not submission.is_draft:
            return redirect(submission)
        return _upload_page(request, submission, file_kind, UploadForm(kind=file_kind))
    form = UploadForm(request.POST, request.FILES, kind=file_kind)
    failure = None
    if form.is_valid():
        try:
            file = actions.attach_file(
                submission, by=request.user, kind=file_kind, file=form.cleaned_data["file"]
            )
        except (UploadRefused, StorageUnavailable) as error:
            form.add_error("file", str(error))
            failure = failures.receipt_for(request, error.code)
        else:
            _announce(request, file)
            return redirect(queries.upload_url(submission, file_kind))
    return _upload_page(request, submission, file_kind, form, failure=failure, status=422)


def _announce(request: UserRequest, file: SubmissionFile) -> None:
    if not queries.has_problems(file):
        messages.success(
            request,
            _("“%(name)s” is stored. It belongs to your draft, which is not handed in.")
            % {"name": file.original_name},
        )


def _upload_page(
    request: UserRequest,
    submission: Submission,
    kind: FileKind,
    form: UploadForm,
    *,
    failure: FailureReceipt | None = None,
    status: int = 200,
) -> HttpResponse:
    context = version_frame(request, submission)
    kinds = queries.wanted_kinds(submission.entry.challenge)
    origins = queries.origins_of_files(submission)
    # The kind of the page comes first.
    lines = [
        _stored_line(submission, wanted, origins)
        for wanted in sorted(kinds, key=lambda wanted: wanted != kind)
    ]
    unfinished = list(submission.uploads.unfinished())
    context |= {
        "form": form,
        "closed": _closed(submission, unfinished, context["now"]),
        "failure": failure,
        "kind": kind,
        "limits": queries.limits_of(submission.entry.challenge, kind),
        "accept": ",".join(validators.FILE_RULES[wanted].suffix for wanted in kinds),
        "lines": lines,
        "file": lines[0].file,
        "has_files": any(line.file for line in lines),
        "awaits_scan": any(line.file and line.file.awaits_scan for line in lines),
        "has_scanner": scanner.is_on(),
        "unfinished": [_unfinished_line(upload) for upload in unfinished],
        "earlier": queries.earlier_files(submission, kind),
        "aside_parts": submission_parts(SubmissionPlace.PREDICTIONS_UPLOAD, request, submission)
        if kind == FileKind.PREDICTIONS
        else [],
    }
    return render(request, "submissions/team/file_upload.html", context, status=status)


def _closed(
    submission: Submission, unfinished: Sequence[Upload], now: dt.datetime
) -> DomainError | None:
    """Return why nothing can be uploaded; None also while what was begun in time may arrive."""
    challenge = submission.entry.challenge
    begun = max((upload.opened_at for upload in unfinished), default=None)
    return deadlines.refusal(challenge, now, begun_at=begun)


def _stored_line(
    submission: Submission, kind: FileKind, origins: Mapping[str, Submission]
) -> StoredLine:
    file = submission.file(kind)
    return StoredLine(
        kind=kind,
        url=queries.upload_url(submission, kind),
        file=file,
        report=reports.in_words(file.report) if file else None,
        found=guard.of_file(file) if file and not file.is_blocked else None,
        origin=origins.get(file.key) if file else None,
    )


def _unfinished_line(upload: Upload) -> UnfinishedLine:
    there = sum(upload.size_of_part(number) for number in actions.parts_there(upload))
    return UnfinishedLine(upload, 100 * there // upload.size)


@require_POST
@login_required
def file_take_over(request: UserRequest, code: str, kind: str) -> HttpResponse:
    """Let the draft name the file of the posted version."""
    submission = find_version(request, "submissions.view_submission", code)
    file_kind = _wanted_kind(submission, kind)
    earlier = find_version(request, "submissions.view_submission", request.POST.get("version", ""))
    file = earlier.file(file_kind)
    if file is None:
        raise Http404
    try:
        taken = actions.take_over(submission, by=request.user, file=file)
    except UploadRefused as error:
        messages.error(request, str(error))
    else:
        _announce(request, taken)
    return redirect(queries.upload_url(submission, file_kind))


@require_safe
@login_required
def file_download(request: UserRequest, code: str, kind: str) -> HttpResponseBase:
    """Answer with a file of one's own team, unless it may hold malware."""
    submission = find_version(request, "submissions.view_submission", code)
    file = submission.file(kind)
    if file is None or file.is_blocked or file.awaits_scan:
        raise Http404
    return documents.download(file, name=file.original_name)


def _wanted_kind(submission: Submission, kind: str) -> FileKind:
    wanted = queries.wanted_kinds(submission.entry.challenge)
    if kind not in [known.value for known in wanted]:
        raise Http404
    return FileKind(kind)


# -- the contract for parts -----------------------------------------------------------------------


@require_POST
@login_required
@failures.answers_problems
def upload_create(request: UserRequest, code: str) -> HttpResponse:
    """Begin an upload, or find the one that was begun for the same file."""
    submission = find_version(request, "submissions.view_submission", code)
    form = AnnouncementForm(request.POST)
    if not form.is_valid():
        raise UploadRefused("announcement", _("Name and size of the file are missing."))
    wanted = queries.wanted_kinds(submission.entry.challenge)
    announced = form.cleaned_data
    upload = actions.open_upload(
        submission,
        by=request.user,
        kind=validators.kind_of_name(announced["name"], wanted, announced["kind"]),
        name=announced["name"],
        size=announced["size"],
        modified=announced["modified"] or 0,
    )
    return _described(upload)


@require_safe
@login_required
@failures.answers_problems
def upload_show(request: UserRequest, code: str, upload: str) -> HttpResponse:
    """List the parts that are there."""
    return _described(_find(request, code, upload))


@require_http_methods(["POST", "PUT"])
@login_required
@failures.answers_problems
def upload_part(request: UserRequest, code: str, upload: str, number: int) -> HttpResponse:
    """Say where a part goes (POST), or take it in (PUT with the bytes, local files only)."""
    row = _find(request, code, upload)
    if request.method == "POST":
        return JsonResponse({"url": actions.address_of_part(row, number=number) or request.path})
    if row.multipart_id:
        raise UploadRefused("part_elsewhere", _("Parts of this upload go to the file storage."))
    try:
        length = int(request.headers.get("Content-Length") or 0)
        # A request reads like a file, but is none for the checker of types.
        source = cast("IO[bytes]", request)
        actions.receive_part(row, number=number, source=source, size=length)
    except (UnreadablePostError, ValueError) as error:
        raise UploadRefused(
            "part_incomplete", _("The connection broke off. This part is sent once more.")
        ) from error
    return JsonResponse({"part": number})


@require_POST
@login_required
@failures.answers_problems
def upload_complete(request: UserRequest, code: str, upload: str) -> HttpResponse:
    """Judge what has arrived and make it the draft's file."""
    row = _find(request, code, upload)
    file = actions.complete_upload(row, by=request.user)
    _announce(request, file)
    return _described(row)


@require_POST
@login_required
def upload_abort(request: UserRequest, code: str, upload: str) -> HttpResponse:
    """Discard an upload and its parts; a button of the page, with or without JavaScript."""
    row = _find(request, code, upload)
    actions.abort_upload(row, by=request.user)
    messages.success(
        request, _("The upload of “%(name)s” is discarded.") % {"name": row.original_name}
    )
    return redirect(queries.upload_url(row.submission, FileKind(row.kind)))


def _find(request: UserRequest, code: str, upload: str) -> Upload:
    return get_visible(_ROWS, request.user, code=upload, submission__code=code)


def _described(upload: Upload) -> JsonResponse:
    answer: dict[str, Any] = {
        "id": upload.code,
        "state": upload.state,
        "name": upload.original_name,
        "kind": upload.get_kind_display(),
        "size": upload.size,
        "part_size": upload.part_size,
        # Parts go to the store, each to an address that is asked for; otherwise to us.
        "direct": bool(upload.multipart_id),
        "parts": actions.parts_there(upload),
    }
    return JsonResponse(answer)
