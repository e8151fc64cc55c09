"""Say how the queue of evaluations stands, for people and for monitoring."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from scoring.queries import evaluation as queries


class Command(BaseCommand):
    """Print length and age of the queue, faults and processes; fail if it stands still."""

    help = "Say how the queue of evaluations stands; ends with an error if nobody works it off."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how long the oldest run may wait."""
        parser.add_argument(
            "--patience", type=int, default=600, help="seconds that a run may wait (default 600)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line each, then judge."""
        now = clock.now()
        queue = queries.whole_queue(now)
        age = int((now - queue.oldest).total_seconds()) if queue.oldest else 0
        seen_at = queue.workers.seen_at
        silent = f"{int((now - seen_at).total_seconds())} s ago" if seen_at else "never"
        for line in (
            f"waiting: {queue.waiting}",
            f"oldest: {age} s",
            f"running: {queue.running}",
            f"faults: {queue.faults}",
            f"processes: {queue.workers.processes}",
            f"last sign of a worker: {silent}",
        ):
            self.stdout.write(line)
        if not queue.workers.processes:
            message = "No process for evaluations gives a sign of life: start manage.py worker."
            raise CommandError(message)
        if age > options["patience"]:
            message = f"A run has waited for {age} s, more than {options['patience']} s."
            raise CommandError(message)
