"""Mail through a table: written with the change that causes it, sent after commit, never twice."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from core import clock
from core.models import OutboxMessage, OutboxState
from core.queue import enqueue_on_commit
from core.registry import Registry

MAX_ATTEMPTS = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a mail."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """What goes with all mails of a template; made anew whenever one is sent, and never stored."""

    template: str
    make: Callable[[OutboxMessage], Attached | None]


attachments: Registry[Attachment] = Registry()


def queue(
    template: str,
    *,
    to: str,
    key: str,
    language: str,
    context: Mapping[str, Any] | None = None,
    topic: str = "",
    is_confidential: bool = False,
    now: dt.datetime | None = None,
) -> OutboxMessage | None:
    """Write a message to the outbox; return None if one with the same key exists already.

    `templates/emails/<template>.txt` holds the subject in its first line, then an empty line, then
    the text. The key names template, recipient and object, such as `receipt:S-7K4Q2M:3:12`. The
    topic is the slug of the competition whose office may watch the delivery. The text of a
    confidential message (it holds a token) is erased once it is sent.
    """
    with translation.override(language):
        text = render_to_string(
            f"emails/{template}.txt",
            {**(context or {}), "base_url": settings.BASE_URL, "instance": settings.INSTANCE_NAME},
        )
    subject, _blank, body = text.strip().partition("\n")
    return queue_text(
        template,
        to=to,
        key=key,
        language=language,
        subject=subject,
        body=body.strip(),
        topic=topic,
        is_confidential=is_confidential,
        now=now,
    )


def queue_text(
    template: str,
    *,
    to: str,
    key: str,
    language: str,
    subject: str,
    body: str,
    is_confidential: bool = False,
    topic: str = "",
    now: dt.datetime | None = None,
) -> OutboxMessage | None:
    """Write a message whose text exists already (sign-in codes come from allauth)."""
    message, created = OutboxMessage.objects.get_or_create(
        key=key,
        defaults={
            "template": template,
            "topic": topic,
            "recipient": to,
            "language": language,
            # One line: a line break in a subject would start a new mail header.
            "subject": " ".join(subject.split())[:200],
            "body": body,
            "is_confidential": is_confidential,
            "created_at": now or clock.now(),
        },
    )
    if not created:
        return None
    enqueue_on_commit("core.tasks.send_mail", message_id=message.pk)
    return message


def send(message_id: int) -> bool:
    """Send one message now; return whether it went out. Safe to call twice.

    A failure is stored with its text and tried again by the sweep, up to MAX_ATTEMPTS times.
    """
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update(no_key=True).get(pk=message_id)
        if message.state == OutboxState.SENT:
            return False
        message.attempts += 1
        try:
            mail = EmailMessage(
                subject=message.subject,
                body=message.body,
                to=[message.recipient],
                reply_to=[settings.MAIL_REPLY_TO] if settings.MAIL_REPLY_TO else None,
                headers={
                    "Auto-Submitted": "auto-generated",
                    "Content-Language": message.language,
                },
            )
            for file in _attached(message):
                mail.attach(file.name, file.content, file.content_type)
            mail.send()
        except OSError as error:  # refused connections, time-outs and SMTP errors
            message.error = str(error)[:2_000]
            if message.attempts >= MAX_ATTEMPTS:
                _mark(message, OutboxState.FAILED)
            message.save(update_fields=["attempts", "error"])
            return False
        message.sent_at = clock.now()
        message.error = ""
        if message.is_confidential:
            message.body = ""
        _mark(message, OutboxState.SENT)
        message.save(update_fields=["attempts", "error", "sent_at", "body"])
        return True


def _attached(message: OutboxMessage) -> Iterator[Attached]:
    """Yield what goes with a mail. One that cannot be made does not keep the mail back."""
    for attachment in attachments:
        if attachment.template != message.template:
            continue
        try:
            with transaction.atomic():
                file = attachment.make(message)
        except Exception:  # noqa: BLE001  (logged; the text says the same)
            _log.exception("Nothing could be attached to the mail %s.", message.pk)
            continue
        if file is not None:
            yield file


def _mark(message: OutboxMessage, state: OutboxState) -> None:
    # Delivery is bookkeeping of the platform, not a decision: no audit event, hence no move().
    OutboxMessage.objects.filter(pk=message.pk).update(state=state)


def retry_failed(topic: str) -> int:
    """Queue the failed messages of a topic again, with a fresh count of tries; return how many."""
    failed = OutboxMessage.objects.filter(topic=topic, state=OutboxState.FAILED)
    keys = list(failed.select_for_update(no_key=True).values_list("pk", flat=True))
    OutboxMessage.objects.filter(pk__in=keys).update(state=OutboxState.QUEUED, attempts=0, error="")
    for key in keys:
        enqueue_on_commit("core.tasks.send_mail", message_id=key)
    return len(keys)


def send_waiting(limit: int = 200) -> int:
    """Send what is still queued, oldest first; return how many went out (for the sweep)."""
    waiting = OutboxMessage.objects.filter(state=OutboxState.QUEUED).order_by("created_at")
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    return sum(send(key) for key in keys)
