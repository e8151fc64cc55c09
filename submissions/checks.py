"""Running the registered checks over an uploaded file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from submissions import reports
from submissions.extensions import prediction_checks

if TYPE_CHECKING:
    from typing import IO

    from competition.models import Challenge


def check_predictions(challenge: Challenge, stream: IO[bytes]) -> dict[str, Any]:
    """Return the report of all checks in the form in which it is stored; empty without a check."""
    found = []
    for check in prediction_checks:
        stream.seek(0)
        found.append(check(challenge, stream))
    return reports.stored([report for report in found if report is not None])
