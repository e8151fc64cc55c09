"""Run an organiser's scoring program on files, in a sandbox, without any competition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import sandbox
from scoring import scoring_program


class Command(BaseCommand):
    """Print the scores that a program by the convention of Codabench finds."""

    help = "Run a scoring program (Codabench convention) in a sandbox and print its scores."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the archive and the files that it compares."""
        parser.add_argument("program", type=Path, help="zip archive with the file metadata")
        parser.add_argument("--reference", type=Path, nargs="+", required=True, metavar="FILE")
        parser.add_argument("--predictions", type=Path, nargs="+", required=True, metavar="FILE")
        parser.add_argument(
            "--timeout",
            type=float,
            default=float(settings.EVALUATION_TIMEOUT),
            help="seconds (default: as for evaluations)",
        )
        parser.add_argument("--json", action="store_true", help="print the scores as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the program once."""
        limits = sandbox.Limits(
            seconds=options["timeout"],
            cpu_seconds=max(1, int(options["timeout"])),
            memory=settings.EVALUATION_MEMORY_BYTES,
        )
        try:
            with options["program"].open("rb") as program:
                scores = scoring_program.score(
                    program,
                    reference=options["reference"],
                    predictions=options["predictions"],
                    limits=limits,
                )
        except scoring_program.ProgramFailed as failed:
            raise CommandError("\n".join([str(failed), failed.told]).strip()) from None
        except (scoring_program.ProgramRefused, sandbox.SandboxMissing, OSError) as error:
            raise CommandError(str(error)) from None
        for note in scores.notes:
            self.stderr.write(note)
        if options["json"]:
            self.stdout.write(json.dumps(scores.values))
        else:
            for name, value in scores.values.items():
                self.stdout.write(f"{name}: {value!r}")
