"""Prove over the live data what the product promises."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import maintenance


class Command(BaseCommand):
    """Run every registered proof; end with an error if a promise is broken."""

    help = "Prove over the live data what the product promises. Reads only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the keys of single proofs."""
        parser.add_argument("keys", nargs="*", metavar="KEY", help="only these proofs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check and print one line per proof, and one per breach."""
        chosen = [
            i for i in maintenance.invariants if not options["keys"] or i.key in options["keys"]
        ]
        if unknown := set(options["keys"]) - {invariant.key for invariant in chosen}:
            message = f"There is no proof called {', '.join(sorted(unknown))}."
            raise CommandError(message)
        broken = 0
        for invariant in chosen:
            violations = list(invariant.violations())
            broken += len(violations)
            self.stdout.write(f"{'BROKEN' if violations else 'holds '} {invariant.label}")
            for sentence in violations:
                self.stdout.write(f"       {sentence}")
            for sentence in invariant.unproven():
                self.stdout.write(f"       not proven: {sentence}")
        if broken:
            message = f"{broken} breaches found."
            raise CommandError(message)
        self.stdout.write(f"{len(chosen)} promises hold.")
