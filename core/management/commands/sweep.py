"""Repair what a crash, a lost signal or a full queue left behind."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import maintenance


class Command(BaseCommand):
    """Run every registered step once; safe at any time, also twice at once."""

    help = "Repair what a crash or a lost signal left behind. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep and print what each step did."""
        results = maintenance.sweep()
        for result in results:
            outcome = f"failed: {result.error}" if result.error else str(result.count)
            self.stdout.write(f"{result.step.label}: {outcome}")
        if failed := [result.step.key for result in results if result.error]:
            message = f"Steps that failed: {', '.join(failed)}. The log says why."
            raise CommandError(message)
