"""Try out storages, mail, scanner and time-stamping authority as the product will use them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import probes


class Command(BaseCommand):
    """Print one line per service and one sentence per problem; end with an error if any."""

    help = "Try out storages, mail server, scanner and time-stamping authority."

    def handle(self, *args: Any, **options: Any) -> None:
        """Try and print."""
        wrong = 0
        for probe in probes.all_of_them():
            wrong += len(probe.problems)
            self.stdout.write(f"{'WRONG' if probe.problems else 'works'} {probe.label}")
            for sentence in probe.problems:
                self.stdout.write(f"      {sentence}")
        if wrong:
            message = f"{wrong} problems found. See docs/operations.md and docs/object-store.md."
            raise CommandError(message)
