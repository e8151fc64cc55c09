"""The check of a prediction file for everyone: no account, no try used up, nothing stored."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import get_adapter
from django.http import Http404
from django.shortcuts import render
from django.utils.crypto import salted_hmac
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from competition.views.challenge import find_challenge
from core import throttle
from core.tables import csv_response
from scoring import problems
from scoring.compute.schema import ReaderLimits
from scoring.forms.file_check import FileCheckForm
from scoring.queries import file_check as queries
from scoring.validators import file_report, read_file
from submissions import reports
from submissions.queries.limits import limits_of
from submissions.reports import LINES_KEPT
from submissions.states import FileKind

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest, HttpResponse

    from competition.models import Challenge
    from scoring.compute.schema import FileCheck
    from scoring.models import Benchmark

# A second of a processor for each file is worth limiting; a room full of teams shares an address.
LIMIT: Final = 120
PERIOD: Final = dt.timedelta(minutes=10)
LISTED_LINES: Final = 100_000  # of each group in the whole list


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def file_check(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Tell anybody everything that is wrong with a prediction file (S-5, J-42).

    The file lives as long as the request: there is no row, no session and no entry in a log.
    """
    challenge, benchmark = _find(request, slug, code)
    if request.method != "POST":
        return _page(request, challenge, benchmark, FileCheckForm())
    form = FileCheckForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, challenge, benchmark, form, status=422)
    if not throttle.allow(_throttle_key(request), limit=LIMIT, period=PERIOD):
        return _page(request, challenge, benchmark, form, is_throttled=True, status=429)
    file: UploadedFile[Any] = form.cleaned_data["file"]
    wants_list = "list" in request.POST
    limits = ReaderLimits(
        size_bytes=_size_limit(challenge), lines_kept=LISTED_LINES if wants_list else LINES_KEPT
    )
    check = read_file(benchmark, file, limits)
    if wants_list and not check.ok:
        name = f"{challenge.code}-problems.csv"
        return csv_response(name, queries.LIST_HEADER, queries.list_rows(check))
    return _page(request, challenge, benchmark, form, check=check)


def _find(request: HttpRequest, slug: str, code: str) -> tuple[Challenge, Benchmark]:
    """Return a public statement and the benchmark that says what its files look like.

    Raises:
        Http404: there is none.

    """
    challenge = find_challenge(request, slug, code)
    benchmark = queries.checkable(challenge)
    if benchmark is None:
        raise Http404
    return challenge, benchmark


def _size_limit(challenge: Challenge) -> int:
    """Return how large a prediction file of the statement may be, as at the upload."""
    return limits_of(challenge, FileKind.PREDICTIONS).size


def _throttle_key(request: HttpRequest) -> str:
    """Return the key of an address, from which the address cannot be read."""
    address = get_adapter(request).get_client_ip(request)
    return f"file-check:{salted_hmac('file-check', address, algorithm='sha256').hexdigest()}"


def _page(
    request: HttpRequest,
    challenge: Challenge,
    benchmark: Benchmark,
    form: FileCheckForm,
    *,
    check: FileCheck | None = None,
    is_throttled: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "challenge": challenge,
        "competition": challenge.competition,
        "benchmark": benchmark,
        "form": form,
        "size_limit": _size_limit(challenge),
        "rows": len(benchmark.expected_ids),
        "sample": queries.sample_lines(benchmark),
        "columns": queries.columns(benchmark),
        "allowed": queries.allowed_words(benchmark),
        "rules": problems.RULES,
        "is_throttled": is_throttled,
        "wait_minutes": int(PERIOD.total_seconds() // 60),
        "has_errors": is_throttled or (check is not None and not check.ok),
    }
    if check is not None:
        context |= {
            "report": reports.words_now(file_report(check)),
            "detected": queries.detected(check, benchmark),
            "file": form.cleaned_data["file"],
        }
    return render(request, "scoring/public/file_check.html", context, status=status)
