"""Tasks of the answering side: wake-ups that may come twice."""

from django.tasks import task

from submissions.actions import scan
from submissions.actions import stamp as stamp_actions


@task(queue_name="default")
def scan_file(file_id: int) -> None:
    """Ask the malware scanner about one file, unless it has been asked already."""
    scan.scan(file_id)


@task(queue_name="default")
def stamp(seal_id: int) -> None:
    """Ask for the time stamp of one root, unless it has one already."""
    stamp_actions.stamp(seal_id)
