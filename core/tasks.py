"""Tasks of the kernel."""

from django.tasks import task

from core import outbox


@task(queue_name="mails")
def send_mail(message_id: int) -> None:
    """Send one message of the outbox."""
    outbox.send(message_id)
