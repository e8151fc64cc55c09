"""What the office sees of the opening of sealed documents."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from competition.models import Challenge
from submissions import deadlines
from submissions.models import DocumentKey, Opening, SubmissionFile

if TYPE_CHECKING:
    from competition.models import Competition


def opening_of(challenge: Challenge) -> Opening | None:
    """Return the opening of a problem statement, done or begun."""
    return (
        Opening.objects.filter(challenge=challenge)
        .select_related("first_by", "second_by", "challenge__competition")
        .first()
    )


def has_sealed_documents(challenge: Challenge) -> bool:
    """Say whether something is sealed that the opening would make readable."""
    return DocumentKey.objects.to_be_opened(challenge).exists()


def can_be_opened(challenge: Challenge, now: dt.datetime) -> bool:
    """Say whether nothing can come in any more, the grace for uploads included."""
    phase = deadlines.window(challenge)
    return phase is not None and now >= phase.ends_at + deadlines.grace()


def awaiting_opening(competition: Competition, now: dt.datetime) -> list[Challenge]:
    """Return the problem statements of a competition whose documents the office has to open."""
    sealed = DocumentKey.objects.sealed().values("storage_key")
    files = SubmissionFile.objects.of_versions_in().filter(
        submission__entry__challenge__competition=competition, key__in=sealed
    )
    challenges = (
        Challenge.objects.filter(pk__in=files.values("submission__entry__challenge"))
        .select_related("competition")
        .prefetch_related("phases")
    )
    return [challenge for challenge in challenges if can_be_opened(challenge, now)]
