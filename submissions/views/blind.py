"""What a team does about findings of the blind guard: two buttons beside a file of its draft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.exceptions import UploadRefused
from submissions import guard, queries
from submissions.actions import blind as actions
from submissions.states import FileKind
from submissions.views.submission import find_version

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.views.person import UserRequest
    from submissions.models import SubmissionFile


@require_POST
@login_required
def file_clean(request: UserRequest, code: str, kind: str) -> HttpResponse:
    """Replace a document by a copy without properties of its author."""
    file = _find(request, code, kind)
    try:
        cleaned = actions.clean(file, by=request.user, sha256=request.POST.get("sha256", ""))
    except UploadRefused as error:
        messages.error(request, str(error))
    else:
        found = guard.of_file(cleaned)
        if found is not None and found.total:
            messages.warning(
                request,
                _("The cleaned copy is stored. What stands in its pages was not changed."),
            )
        else:
            messages.success(request, _("The cleaned copy is stored, and nothing is left to see."))
    return redirect(queries.upload_url(file.submission, FileKind(file.kind)))


@require_POST
@login_required
def file_keep(request: UserRequest, code: str, kind: str) -> HttpResponse:
    """Write down that the team knows what was found and leaves it."""
    file = _find(request, code, kind)
    actions.keep(file, by=request.user, sha256=request.POST.get("sha256", ""))
    messages.success(request, _("Noted: you know these places and leave them as they are."))
    return redirect(queries.upload_url(file.submission, FileKind(file.kind)))


def _find(request: UserRequest, code: str, kind: str) -> SubmissionFile:
    submission = find_version(request, "submissions.view_submission", code)
    file = submission.file(kind)
    if file is None or not file.guard or file.is_blocked or file.awaits_scan:
        raise Http404
    return file
