"""What is attached to mails: the receipt as a document."""

from __future__ import annotations

from django.utils import translation

from core.models import OutboxMessage
from core.outbox import Attached, Attachment, attachments
from submissions import queries
from submissions.models import Submission


def _receipt(message: OutboxMessage) -> Attached | None:
    """Make the document in the language of the mail, which names the version in its key."""
    version = (
        Submission.objects.select_related("entry__challenge__competition", "receipt")
        .filter(code=message.key.split(":")[1], receipt__isnull=False)
        .first()
    )
    if version is None:
        return None
    with translation.override(message.language):
        content = queries.receipt_pdf(queries.receipt_page(version))
    return Attached(f"{version.reference}.pdf", content, "application/pdf")


attachments.register(Attachment("receipt", _receipt))
