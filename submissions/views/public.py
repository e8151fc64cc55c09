"""Checking a receipt, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import signing
from submissions import receipts
from submissions.forms import ReceiptForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def receipt_verify(request: HttpRequest) -> HttpResponse:
    """Say whether a pasted or uploaded receipt is genuine; nothing is stored."""
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
    context = {
        "form": form,
        "verification": verification,
        "key_id": signing.key_id(),
        "public_key": signing.public_key(),
    }
    status = 422 if form.errors else 200
    return render(request, "submissions/public/receipt_verify.html", context, status=status)
