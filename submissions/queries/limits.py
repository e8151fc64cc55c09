"""How large a file may be: what the problem statement says, and what the installation allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from submissions.validators import FILE_RULES

if TYPE_CHECKING:
    from competition.models import Challenge
    from submissions.states import FileKind

# As everywhere on the pages: 1 MB is a million bytes.
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The largest size in bytes, and the number of pages that the statement asks to keep."""

    size: int
    pages: int | None


def limits_of(challenge: Challenge, kind: FileKind) -> FileLimits:
    """Return the limits of a file: what the statement says, at most what the installation allows.

    The statement lists documents with a format in words; those count whose format names the type
    of the kind, such as "PDF/A" for the concept. Of several the most generous one counts, since
    one file of a kind is uploaded and nobody can know which of them it is.
    """
    rule = FILE_RULES[kind]
    suffix = re.compile(rf"\b{re.escape(rule.suffix.removeprefix('.'))}\b", re.IGNORECASE)
    rows = [
        row
        for row in challenge.answer("deliverables") or []
        if suffix.search(str(row.get("format") or ""))
    ]
    megabytes = _most_generous(rows, "megabytes")
    size = rule.limit if megabytes is None else min(rule.most, megabytes * _MEGABYTE)
    return FileLimits(size, _most_generous(rows, "pages"))


def _most_generous(rows: list[dict[str, Any]], column: str) -> int | None:
    """Return the highest limit, None where a document has none."""
    numbers = [int(row.get(column) or 0) for row in rows]
    return max(numbers) if numbers and all(numbers) else None
