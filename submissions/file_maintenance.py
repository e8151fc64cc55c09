"""Stored files that no row names: left by a process that was killed between file and commit."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final

from django.core.cache import cache

from core import staging, storage
from core.maintenance import SweepStep, sweep_steps
from submissions.models import SubmissionFile

_log = logging.getLogger(__name__)

# Nothing is in the making for so long; whatever is older and has no row was never acknowledged.
KEPT: Final = dt.timedelta(hours=24)
# Every file is looked at, so not each time the sweep runs.
_EVERY: Final = dt.timedelta(hours=1)


def unnamed_files(*, before: dt.datetime) -> list[str]:
    """Return the keys of files that were stored before a moment and that no row names."""
    # First what is stored, then what is named: a file gets its row after it was stored.
    stored = set(storage.written_before(storage.SUBMISSIONS, before))
    named = SubmissionFile.objects.values_list("key", flat=True)
    unnamed = stored.difference(named.iterator())
    return sorted(key for key in unnamed if not key.startswith(f"{staging.FOLDER}/"))


def remove_unnamed(now: dt.datetime) -> int:
    """Remove files that were stored a day ago and got no row; return how many."""
    if not cache.add("submissions.unnamed_files", True, _EVERY.total_seconds()):  # noqa: FBT003
        return 0
    keys = unnamed_files(before=now - KEPT)
    for key in keys:
        _log.warning("The file %s is removed: no row names it.", key)
        storage.delete(storage.SUBMISSIONS, key)
    return len(keys)


sweep_steps.register(
    SweepStep("unnamed_files", "Stored files removed that no row names", remove_unnamed, 70)
)
