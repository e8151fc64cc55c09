"""Recompute the hash chain of the audit log."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit


class Command(BaseCommand):
    """Print the result; end with an error if an event was changed, removed or inserted."""

    help = "Recompute the hash chain of the audit log."

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and print."""
        report = audit.verify_chain()
        if not report.is_intact:
            message = (
                f"Broken at event {report.first_broken}; {report.events} before it are intact."
            )
            raise CommandError(message)
        self.stdout.write(f"{report.events} events, chain intact, head {report.head}")
