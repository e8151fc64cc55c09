"""Tasks of the answering side: wake-ups that may come twice."""

from django.tasks import task

from submissions.actions import scan


@task(queue_name="default")
def scan_file(file_id: int) -> None:
    """Ask the malware scanner about one file, unless it has been asked already."""
    scan.scan(file_id)
