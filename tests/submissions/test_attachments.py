"""The receipt as a document in the mail, in the language of its reader."""

from __future__ import annotations

import io

import pytest
from django.core import mail
from pypdf import PdfReader

from core import outbox
from core.models import OutboxMessage, OutboxState
from submissions.actions import receipt as receipt_actions
from submissions.actions import submission as submission_actions
from submissions.models import Submission


@pytest.fixture
def version(world) -> Submission:
    submission_actions.hand_in(world.draft(), by=world.cem, key="k", declared=True)
    return Submission.objects.get()


def sent(message: OutboxMessage):
    outbox.send(message.pk)
    return mail.outbox[-1]


@pytest.mark.parametrize(("language", "word"), [("de", "Eingegangen"), ("en", "Received")])
def test_receipt_mail_brings_the_document_in_its_language(world, language, word):
    type(world.cem).objects.update(language=language)
    submission_actions.hand_in(world.draft(), by=world.cem, key="k", declared=True)
    version = Submission.objects.get()

    ((name, content, content_type),) = sent(
        OutboxMessage.objects.get(recipient=world.cem.email)
    ).attachments

    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert (name, content_type) == (f"{version.reference}.pdf", "application/pdf")
    assert version.reference in text
    assert word in text
    assert len(content) < 100_000


def test_receipt_that_is_sent_once_more_brings_it_too(world, version):
    receipt_actions.send_again(version.receipt, by=world.dora)

    again = OutboxMessage.objects.get(key__startswith="receipt_again:")

    assert len(sent(again).attachments) == 1


def test_other_mails_bring_nothing(world, version):
    submission_actions.withdraw(version, by=world.cem)

    message = OutboxMessage.objects.filter(template="submission_withdrawn").first()

    assert sent(message).attachments == []


def test_mail_goes_out_even_if_a_document_cannot_be_made(world, version):
    def fail(message: OutboxMessage) -> outbox.Attached | None:
        raise RuntimeError("no typesetter")

    broken = outbox.attachments.register(outbox.Attachment("receipt", fail))
    message = OutboxMessage.objects.filter(template="receipt").first()
    try:
        names = [name for name, _content, _type in sent(message).attachments]
    finally:
        outbox.attachments._items.remove(broken)

    message.refresh_from_db()
    assert (names, message.state) == ([f"{version.reference}.pdf"], OutboxState.SENT)
