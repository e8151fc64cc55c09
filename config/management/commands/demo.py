"""Make the demo: one fictitious edition with real data; a second run keeps what is there."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import translation

from competition.models import Competition
from config.demo import report, story
from core import clock, outbox


class Command(BaseCommand):
    """Write the demo data and print boards, addresses and accounts."""

    help = "Write the demo data (demo mode only) and print boards, addresses and accounts."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, tell the story if it was not told yet, print."""
        if not settings.DEMO:
            message = "The demo needs AUSLOBUNG_DEMO=1. Use an installation of its own for it."
            raise CommandError(message)
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        if Competition.objects.filter(slug=story.SLUG).exists():
            self.stdout.write("The demo exists already; everything was kept.")
        elif Competition.objects.exists():
            message = "This installation has competitions of its own; the demo leaves it alone."
            raise CommandError(message)
        else:
            story.tell(clock.now(), lambda line: self.stdout.write(f"  {line}"))
            outbox.send_waiting(limit=2_000)
        with translation.override("en"):
            self._print()

    def _print(self) -> None:
        for title, table in report.boards(story.SLUG):
            self.stdout.write(f"\n{title}\n{table}")
        self.stdout.write("\nAddresses")
        with translation.override(settings.LANGUAGE_CODE):
            for label, path in report.addresses(story.SLUG):
                self.stdout.write(f"  {settings.BASE_URL}{path}  {label}")
        login = reverse("account_login")
        self.stdout.write(f"\nAccounts (one click at {settings.BASE_URL}{login})")
        self.stdout.write(report.accounts())
