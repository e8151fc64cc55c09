"""A benchmark may be measured by a program of its organiser; each change is a new version of it."""

from __future__ import annotations

import contextlib
import logging
from typing import IO, TYPE_CHECKING, Final

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competition.models import Challenge
from core import audit, clock, sandbox, storage
from core.exceptions import DomainError
from scoring import scoring_program
from scoring.models import Benchmark, BenchmarkVersion, Evaluation, ScoringProgram
from scoring.queries import scoring_program as queries
from scoring.queries.benchmark import content_of
from scoring.states import EvaluationState

if TYPE_CHECKING:
    import datetime as dt

    from accounts.models import User

_log = logging.getLogger(__name__)
LARGEST: Final = 20_000_000  # bytes of an archive


class ProgramNotTaken(DomainError):
    """The program cannot be used; nothing was changed."""


def attach(
    benchmark: Benchmark,
    *,
    by: User,
    archive: IO[bytes] | File[bytes],
    reason: str = "",
    now: dt.datetime | None = None,
) -> ScoringProgram:
    """Let a program compute the values from now on; everything is evaluated anew.

    Raises:
        ProgramNotTaken: there is no sandbox, the archive is no program, or the benchmark has
            changed meanwhile.

    """
    if why := sandbox.refusal():
        _log.warning("A scoring program was refused: %s", why)
        raise ProgramNotTaken(
            "no_sandbox",
            _(
                "Scoring programs are refused on this installation, because it has no sandbox "
                "(bubblewrap) in which they could run."
            ),
        )
    try:
        command = scoring_program.command_of(archive)
    except scoring_program.ProgramRefused as refused:
        raise ProgramNotTaken("no_program", _sentence(refused)) from None
    archive.seek(0)
    stored = storage.store(
        storage.GROUND_TRUTH,
        archive,
        folder=benchmark.challenge.code,
        suffix=".zip",
        limit=LARGEST,
    )
    try:
        return _save(benchmark, by=by, reason=reason, now=now, stored=stored, command=command)
    except Exception:
        # No row names it. Where the key may only write, it stays as an orphan, no more.
        with contextlib.suppress(Exception):
            storage.delete(storage.GROUND_TRUTH, stored.key)
        raise


def detach(
    benchmark: Benchmark, *, by: User, reason: str = "", now: dt.datetime | None = None
) -> ScoringProgram | None:
    """Let the platform compute the values again; None if it does so already.

    Raises:
        ProgramNotTaken: the benchmark has changed meanwhile.

    """
    if queries.in_force(benchmark) is None:
        return None
    return _save(benchmark, by=by, reason=reason, now=now, stored=None, command="")


@transaction.atomic
def _save(
    benchmark: Benchmark,
    *,
    by: User,
    reason: str,
    now: dt.datetime | None,
    stored: storage.StoredFile | None,
    command: str,
) -> ScoringProgram:
    moment = now or clock.now()
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=benchmark.challenge_id)
    locked = Benchmark.objects.get(pk=benchmark.pk)
    if locked.version != benchmark.version:
        raise ProgramNotTaken(
            "stale_version",
            _("Somebody else saved the benchmark in the meantime. Reload the page."),
        )
    if not challenge.is_editable and not reason.strip():
        raise ProgramNotTaken(
            "reason", _("Give the public reason: the statement has left the agency's desk.")
        )
    locked.version += 1
    locked.changed_at = moment
    locked.change_reason = "" if challenge.is_editable else reason.strip()[:500]
    locked.save(update_fields=["version", "changed_at", "change_reason"])
    row = ScoringProgram.objects.create(
        benchmark=locked,
        benchmark_version=locked.version,
        key=stored.key if stored else "",
        size=stored.size if stored else 0,
        sha256=stored.sha256 if stored else "",
        command=command[:500],
        uploaded_at=moment,
        uploaded_by=by,
    )
    truth = locked.truth
    assert truth is not None  # noqa: S101  (every benchmark has labels)
    BenchmarkVersion.objects.create(
        benchmark=locked,
        number=locked.version,
        content=content_of(locked),
        truth=truth,
        reason=locked.change_reason,
        made_at=moment,
        made_by=by,
    )
    # What still waits is measured by the version in force when it starts.
    Evaluation.objects.filter(benchmark=locked, state=EvaluationState.QUEUED).update(
        benchmark_version=locked.version
    )
    audit.record(
        "benchmark.program_changed",
        target=locked,
        by=by,
        reason=locked.change_reason,
        data={
            "challenge": challenge.code,
            "version": locked.version,
            "program_sha256": row.sha256 or None,
        },
        now=moment,
    )
    benchmark.version = locked.version
    return row


def _sentence(refused: scoring_program.ProgramRefused) -> object:
    """Return what is wrong with an archive in the language of the page."""
    return _SENTENCES[refused.code]


_SENTENCES: Final = {
    "damaged": _("The file is no zip archive, or it is damaged."),
    "no_metadata": _("The archive has no file metadata at its top; it has to name the command."),
    "no_command": _("The file metadata has no line that begins with “command:”."),
    "escapes": _("The archive holds a link, an encrypted file, or one outside of its folder."),
    "too_many": _("The archive holds too many files, or unpacks to too much."),
}
