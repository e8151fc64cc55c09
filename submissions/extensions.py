"""Where higher apps take part in the handing in of a submission."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.registry import Registry

if TYPE_CHECKING:
    from django.http import HttpRequest

    from competition.models import Challenge
    from submissions.models import Submission


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a check of an uploaded file found: sentences for people, a summary to store."""

    ok: bool
    sentences: Sequence[Any] = ()
    notes: Sequence[Any] = ()
    summary: dict[str, Any] = field(default_factory=dict)


# (challenge, open binary stream) → report; run at upload and again at hand-in.
type PredictionCheck = Callable[[Challenge, Any], FileReport]
prediction_checks: Registry[PredictionCheck] = Registry()


class SubmissionPlace(StrEnum):
    """Where on a team's page a contribution is shown."""

    SUBMISSION_RESULT = "submission_result"  # evaluation state and score of one version
    ENTRY_SUMMARY = "entry_summary"  # standing of the team in the challenge


@dataclass(frozen=True, slots=True)
class SubmissionSlot:
    """A higher app's part of a team's page; `build` returns (template, context) or None."""

    key: str
    place: SubmissionPlace
    build: Callable[[HttpRequest, Submission], tuple[str, dict[str, Any]] | None]
    order: int = 100


submission_slots: Registry[SubmissionSlot] = Registry()
