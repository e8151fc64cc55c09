"""Receipts: page, PDF, JSON and mail for the team, and the check for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import signing
from core.access import get_permitted
from submissions import queries, receipts
from submissions.actions import receipt as actions
from submissions.forms import ReceiptForm
from submissions.models import Submission
from submissions.queries import proof as proofs

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.views.person import UserRequest
    from submissions.queries import ReceiptPage


_ROWS = Submission.objects.select_related(
    "receipt",
    "handed_in_by",
    "entry__team",
    "entry__terms",
    "entry__challenge__competition",
).prefetch_related("files", "entry__challenge__phases")


def _find(request: UserRequest, code: str) -> ReceiptPage:
    """Return the receipt of a version of one's own team, with what its pages say."""
    submission = get_permitted(
        _ROWS,
        "submissions.view_submission",
        request.user,
        code=code,
        receipt__isnull=False,
    )
    return queries.receipt_page(submission)


@require_safe
@login_required
def receipt_show(request: UserRequest, code: str) -> HttpResponse:
    """Show the receipt of a version; its address stays valid (S-10)."""
    page = _find(request, code)
    submission = page.submission
    context = {
        "page": page,
        "submission": submission,
        "receipt": page.receipt,
        "entry": submission.entry,
        "team": submission.entry.team,
        "challenge": page.challenge,
        "competition": page.challenge.competition,
        "brand_note": page.challenge.competition.name,
        "mails": queries.receipt_mails(submission),
        "containment": proofs.containment(page.receipt),
    }
    return render(request, "submissions/team/receipt_show.html", context)


@require_safe
@login_required
def receipt_json(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the signed receipt as a file."""
    page = _find(request, code)
    content = proofs.as_file(receipts.document_of(page.receipt))
    response = HttpResponse(content, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{page.submission.reference}.json"'
    return response


@require_safe
@login_required
def receipt_pdf(request: UserRequest, code: str) -> HttpResponse:
    """Answer with the receipt as a document in the language of the page."""
    page = _find(request, code)
    response = HttpResponse(queries.receipt_pdf(page), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{page.submission.reference}.pdf"'
    return response


@require_POST
@login_required
def receipt_send(request: UserRequest, code: str) -> HttpResponse:
    """Send the receipt once more to the person who asks."""
    page = _find(request, code)
    if actions.send_again(page.receipt, by=request.user):
        messages.success(
            request, _("The receipt is on its way to %(email)s.") % {"email": request.user.email}
        )
    else:
        minutes = actions.PAUSE.seconds // 60
        messages.info(
            request,
            ngettext(
                "The receipt was sent to you less than %(minutes)s minute ago.",
                "The receipt was sent to you less than %(minutes)s minutes ago.",
                minutes,
            )
            % {"minutes": minutes},
        )
    return redirect("submissions:receipt-show", code)


# -- everybody ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def receipt_verify(request: HttpRequest) -> HttpResponse:
    """Say whether a pasted or uploaded receipt is genuine, and in which root; nothing is stored."""
    form = ReceiptForm(request.POST, request.FILES) if request.method == "POST" else ReceiptForm()
    verification = None
    if request.method == "POST" and form.is_valid():
        try:
            verification = receipts.verify(form.cleaned_data["text"])
        except receipts.Unreadable:
            form.add_error(
                "text",
                _(
                    "This is not a receipt. Paste the whole text of the JSON file,"
                    " from the first to the last curly bracket."
                ),
            )
    receipt = verification.receipt if verification else None
    context = {
        "form": form,
        "verification": verification,
        "containment": proofs.containment(receipt) if receipt else None,
        "key_id": signing.key_id(),
        "public_key": signing.public_key(),
    }
    status = 422 if form.errors else 200
    return render(request, "submissions/public/receipt_verify.html", context, status=status)
