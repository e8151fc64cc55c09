"""Whether pages are closed for maintenance: a file in the data folder, no row of the database.

Every process that shares the folder sees the switch at once, without a restart.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def _switch() -> Path:
    folder: Path = settings.DATA_DIR
    return folder / "maintenance"


def is_on() -> bool:
    """Say whether every page answers that we are working on the service."""
    return _switch().exists()


def turn(*, on: bool) -> None:
    """Close or open the pages; turning twice does no harm."""
    if on:
        _switch().touch()
    else:
        _switch().unlink(missing_ok=True)
