"""Close the pages during an upgrade, and open them again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import upkeep


class Command(BaseCommand):
    """Turn the maintenance page on or off for every process that shares the data folder."""

    help = "Answer every page with 503 and the maintenance page (on), or serve again (off)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the position of the switch."""
        parser.add_argument("position", choices=["on", "off"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Turn the switch, and say how pages answer now."""
        upkeep.turn(on=options["position"] == "on")
        self.stdout.write(
            "Every page answers 503: maintenance." if upkeep.is_on() else "Pages are served again."
        )
