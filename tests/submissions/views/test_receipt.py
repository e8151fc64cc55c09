"""The receipt in the hands of a team: document, mail once more, state in the log."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import time_machine
from django.urls import reverse
from pypdf import PdfReader

from competition.models import Phase
from core import clock
from core.models import AuditEvent, OutboxMessage
from submissions.actions import receipt as actions
from submissions.actions import seal as seal_actions
from submissions.actions import submission as submission_actions
from submissions.actions import upload
from submissions.deadlines import grace
from submissions.models import Submission
from submissions.states import FileKind
from tests.factories import break_audit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def concept_is_wanted(world) -> None:
    world.challenge.wants_concept = True
    world.challenge.save()


@pytest.fixture
def receipt(world, pdf):
    draft = world.draft()
    upload.attach_file(draft, by=world.cem, kind=FileKind.CONCEPT, file=pdf)
    return submission_actions.hand_in(draft, by=world.cem, key="k", declared=True)


def url(receipt, name: str) -> str:
    return reverse(f"submissions:{name}", args=[receipt.submission.code])


def text_of(response) -> str:
    reader = PdfReader(io.BytesIO(response.content))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


# ---- document ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [("de", "Eingangsbestätigung", "Fristgerecht"), ("en", "Receipt", "On time")],
)
def test_document_says_everything_in_the_language_of_the_page(
    sign_in, world, receipt, language, title, words
):
    client = sign_in(world.dora)
    client.cookies["django_language"] = language
    prefix = "/en" if language == "en" else ""
    address = f"{prefix}/submissions/{receipt.submission.code}/receipt.pdf"

    response = client.get(address)

    found = text_of(response)
    file = receipt.submission.files.get()
    assert response["Content-Disposition"].endswith(f'"{receipt.submission.reference}.pdf"')
    assert b"pdfuaid" in response.content
    assert PdfReader(io.BytesIO(response.content)).metadata.title.startswith(title)
    for part in (
        words,
        receipt.submission.reference,
        receipt.payload["received_at_utc"],
        receipt.payload["deadline_utc"],
        world.team.name,
        "Cem Captain",
        file.original_name,
        world.challenge.competition.contact_email,
    ):
        assert part in found, part
    for long in (file.sha256, receipt.payload["leaf_hash"]):
        assert long in found.replace(" ", "")


def test_document_prints_names_literally(sign_in, world, receipt):
    type(world.team).objects.filter(pk=world.team.pk).update(name='#panic() $x$ *b* \\ "q"')

    found = text_of(sign_in(world.cem).get(url(receipt, "receipt-pdf")))

    assert "#panic() $x$ *b*" in found


def test_document_outlives_the_account(sign_in, world, receipt):
    Submission.objects.update(handed_in_by=None)

    assert "gelöschte Person" in text_of(sign_in(world.cem).get(url(receipt, "receipt-pdf")))


# ---- mail ----------------------------------------------------------------------------------------


def test_receipt_is_sent_to_who_asks_and_audited(sign_in, world, receipt):
    OutboxMessage.objects.all().delete()

    response = sign_in(world.dora).post(url(receipt, "receipt-send"), follow=True)

    mail = OutboxMessage.objects.get()
    assert (mail.recipient, mail.template) == (world.dora.email, "receipt")
    assert receipt.payload["leaf_hash"] in mail.body
    assert "Cem Captain" in mail.body
    assert f"unterwegs an {world.dora.email}" in response.text
    event = AuditEvent.objects.get(action="receipt.sent_again")
    assert (event.actor, event.target_key) == (world.dora.pk, str(receipt.submission.pk))


def test_receipt_is_sent_again_after_a_pause_only(world, receipt):
    now = clock.now()
    tick = dt.timedelta(microseconds=1)

    sent = [
        actions.send_again(receipt, by=world.cem, now=now + wait)
        for wait in (dt.timedelta(), actions.PAUSE - tick, actions.PAUSE)
    ]

    assert sent == [True, False, True]
    assert actions.send_again(receipt, by=world.dora, now=now + tick)


def test_page_says_that_the_mail_was_sent_a_moment_ago(sign_in, world, receipt):
    client = sign_in(world.cem)
    client.post(url(receipt, "receipt-send"))

    response = client.post(url(receipt, "receipt-send"), follow=True)

    assert "vor weniger als 5 Minuten" in response.text


def test_nothing_is_sent_if_the_audit_fails(world, receipt):
    OutboxMessage.objects.all().delete()
    break_audit()

    with pytest.raises(Exception, match="sequence"):
        actions.send_again(receipt, by=world.cem)

    assert not OutboxMessage.objects.exists()


def test_stranger_cannot_have_it_sent(sign_in, world, receipt):
    assert sign_in(world.emil).post(url(receipt, "receipt-send")).status_code == 404


# ---- page ----------------------------------------------------------------------------------------


def test_page_shows_leaf_and_root(sign_in, world, receipt):
    client = sign_in(world.cem)
    before = client.get(url(receipt, "receipt-show")).text
    seal = seal_actions.at_deadline(world.challenge, now=Phase.objects.get().ends_at + grace())

    after = client.get(url(receipt, "receipt-show")).text

    leaf_hash = receipt.payload["leaf_hash"]
    assert leaf_hash[:8] in before
    assert "Noch ist keine Wurzel veröffentlicht." in before
    assert f"Enthalten in Wurzel {seal.number}" in after
    assert f"?leaf={leaf_hash}&amp;root=1" in after


def test_withdrawn_version_is_in_the_root_but_did_not_count(sign_in, world, receipt):
    submission_actions.withdraw(receipt.submission, by=world.cem)
    seal_actions.at_deadline(world.challenge, now=Phase.objects.get().ends_at + grace())

    text = sign_in(world.cem).get(url(receipt, "receipt-show")).text

    assert "Zur Frist zählte eine andere Fassung oder keine." in text


def test_receipt_within_the_grace_shows_both_times(sign_in, world, pdf):
    begun = clock.now()
    Phase.objects.update(ends_at=begun + dt.timedelta(seconds=5))
    draft = world.draft()
    arrived = begun + dt.timedelta(seconds=60)
    file = upload.attach_file(draft, by=world.cem, kind=FileKind.CONCEPT, file=pdf)
    type(file).objects.update(begun_at=begun, uploaded_at=arrived)

    receipt = submission_actions.hand_in(draft, by=world.cem, key="k", declared=True, now=arrived)
    with time_machine.travel(arrived):
        text = sign_in(world.cem).get(url(receipt, "receipt-show")).text

    assert receipt.payload["upload_begun_at_utc"] is not None
    assert "Upload begonnen" in text
    assert "innerhalb der Nachfrist" in text
