"""Mail through the outbox: once, after the commit, with a memory of failures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from core import outbox
from core.models import OutboxMessage, OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.core.mail import EmailMessage

pytestmark = pytest.mark.django_db


def _queue(key: str = "k", **fields: object) -> OutboxMessage | None:
    values: dict[str, object] = {"subject": "Hello", "body": "Text", "language": "en", **fields}
    return outbox.queue_text("test", to="cem@example.org", key=key, **values)  # type: ignore[arg-type]


def test_message_goes_out_after_the_commit_only(
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        _queue()
        assert mail.outbox == []

    assert [message.subject for message in mail.outbox] == ["Hello"]
    assert OutboxMessage.objects.get().state == OutboxState.SENT


def test_same_key_is_written_once() -> None:
    first, second = _queue(), _queue()

    assert (first is not None, second, OutboxMessage.objects.count()) == (True, None, 1)


def test_message_is_never_sent_twice() -> None:
    message = _queue()
    assert message is not None

    results = [outbox.send(message.pk), outbox.send(message.pk)]

    assert (results, len(mail.outbox)) == ([True, False], 1)


def test_line_break_in_a_subject_cannot_start_a_header() -> None:
    message = _queue(subject="Hi\r\nBcc: everyone@example.org")
    assert message is not None

    assert message.subject == "Hi Bcc: everyone@example.org"


def test_confidential_body_is_erased_once_sent() -> None:
    message = _queue(is_confidential=True, body="Code 493 027")
    assert message is not None

    outbox.send(message.pk)

    message.refresh_from_db()
    assert (mail.outbox[0].body, message.body) == ("Code 493 027", "")


class _Refusing(EmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise ConnectionRefusedError("no server")


def test_failure_is_kept_and_tried_again_by_the_sweep(settings: object) -> None:
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}._Refusing"}}  # type: ignore[attr-defined]
    message = _queue()
    assert message is not None

    sent = outbox.send_waiting()

    message.refresh_from_db()
    assert (sent, message.state, message.attempts, message.error) == (
        0,
        OutboxState.QUEUED,
        1,
        "no server",
    )


def test_message_is_given_up_after_the_last_attempt(settings: object) -> None:
    settings.MAILERS = {"default": {"BACKEND": f"{__name__}._Refusing"}}  # type: ignore[attr-defined]
    message = _queue()
    assert message is not None

    for _attempt in range(outbox.MAX_ATTEMPTS):
        outbox.send_waiting()

    message.refresh_from_db()
    assert (message.state, message.attempts) == (OutboxState.FAILED, outbox.MAX_ATTEMPTS)
