"""Where higher apps take part in the forming of teams and the handing in of a submission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.registry import Registry

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User
    from competition.models import Challenge, Competition
    from submissions.models import Submission

# Returns a sentence (lazy) that says why the person may not be in a team of the competition, or
# None. Apps register who decides about what teams hand in: office, agencies, jury.
type ParticipationBar = Callable[[User, Competition], Any | None]
participation_bars: Registry[ParticipationBar] = Registry()


def participation_bar(user: User, competition: Competition) -> Any | None:
    """Return why the person may not be in a team of this competition; None if nothing bars it."""
    reasons = (bar(user, competition) for bar in participation_bars)
    return next((reason for reason in reasons if reason), None)


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One group of equal findings in a file, in words (J-57, J-58).

    `lines` are physical lines as an editor counts them, the first ones of `total`. `value` is what
    stands in the first line, `suggestion` what may have been meant; `values` and `suggestions` say
    the same of every line, or are empty. Where something stands twice, `first_lines` are the lines
    in which it stood first.
    """

    title: Any
    code: str = ""
    advice: Any = ""
    column: str = ""
    lines: Sequence[int] = ()
    total: int = 1
    value: str = ""
    suggestion: str = ""
    values: Sequence[str] = ()
    suggestions: Sequence[str] = ()
    first_lines: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """What a check of an uploaded file found.

    Every text is stored in each language of the product, so texts must be lazy. Sentences with
    figures become lazy with `django.utils.functional.lazy(function, str)(argument)`.
    """

    ok: bool
    # What was found on the whole: "899 rows, 2 columns, all ids found."
    sentences: Sequence[Any] = ()
    # How the file was read where a choice had to be made: "Semicolon and decimal comma."
    notes: Sequence[Any] = ()
    problems: Sequence[FileProblem] = ()
    # Figures for programs; only what JSON can hold.
    summary: dict[str, Any] = field(default_factory=dict)


# (challenge, open binary stream) → report, or None if the challenge has no format to check by.
# Run at upload and again at hand-in.
type PredictionCheck = Callable[[Challenge, Any], FileReport | None]
prediction_checks: Registry[PredictionCheck] = Registry()


# Returns those of the given versions that wait for their evaluation or are being evaluated. A limit
# of versions at once counts them, so it must hold from the commit that hands a version in.
type WaitingFilter = Callable[[QuerySet[Submission]], QuerySet[Submission]]
waiting_filters: Registry[WaitingFilter] = Registry()


class SubmissionPlace(StrEnum):
    """Where on a team's page a contribution is shown."""

    SUBMISSION_RESULT = "submission_result"  # evaluation state and score of one version
    ENTRY_SUMMARY = "entry_summary"  # standing of the team in the challenge
    PREDICTIONS_UPLOAD = "predictions_upload"  # beside the upload of a prediction file


@dataclass(frozen=True, slots=True)
class SubmissionSlot:
    """A higher app's part of a team's page; `build` returns (template, context) or None."""

    key: str
    place: SubmissionPlace
    build: Callable[[HttpRequest, Submission], tuple[str, dict[str, Any]] | None]
    order: int = 100


submission_slots: Registry[SubmissionSlot] = Registry()


@dataclass(frozen=True, slots=True)
class Part:
    """A template of a higher app and its context."""

    template: str
    context: dict[str, Any]


def submission_parts(
    place: SubmissionPlace, request: HttpRequest, submission: Submission
) -> list[Part]:
    """Return what the higher apps show at a place of the team's page, in order."""
    built = (slot.build(request, submission) for slot in submission_slots if slot.place == place)
    return [Part(*part) for part in built if part is not None]


# Returns the files that an app adds to the bundle of a published result (VE-14), by their path in
# it. What is not published yet must not be in it, nor anything about a person.
type BundlePart = Callable[[Challenge], Mapping[str, bytes]]
bundle_parts: Registry[BundlePart] = Registry()
