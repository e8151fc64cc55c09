"""Take submissions along to assess them without a connection, and bring the assessments back."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from django.db import transaction

from core import audit, clock
from core.exceptions import DomainError
from scoring.actions import assessment as assessment_actions
from submissions import documents

if TYPE_CHECKING:
    from accounts.models import User
    from scoring.actions.assessment import Answer
    from scoring.models import Assignment, JurySeat


@transaction.atomic
def take_along(
    seat: JurySeat,
    target: IO[bytes],
    *,
    by: User,
    assignments: Iterable[Assignment],
    files: Mapping[str, bytes],
    now: dt.datetime | None = None,
) -> int:
    """Write a ZIP with the documents of the given assignments and further files; record it.

    Documents have their neutral names. Returns how many went along; the caller has checked that the
    juror may open each.

    Raises:
        Sealed: a document is not opened yet.

    """
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for name, content in files.items():
            packed.writestr(name, content, zipfile.ZIP_DEFLATED)
        for assignment in assignments:
            concept = assignment.submission.concept
            if concept is None:
                continue
            with (
                documents.open_file(concept) as source,
                packed.open(concept.neutral_name, "w", force_zip64=True) as copy,
            ):
                shutil.copyfileobj(source, copy)
            count += 1
    audit.record(
        "jury.kit_taken", target=seat, by=by, data={"documents": count}, now=now or clock.now()
    )
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a form brings back for one submission, checked."""

    assignment: Assignment
    version: int
    answers: Mapping[int, Answer]
    comment: str
    private_note: str


def bring_back(
    brought: Iterable[Brought], *, by: User
) -> tuple[list[Assignment], list[tuple[Assignment, DomainError]]]:
    """Save what came back, each submission by itself; return what was saved, and what was not.

    A refusal of one (saved elsewhere meanwhile, released, closed) keeps no other from being saved.
    """
    saved: list[Assignment] = []
    refused: list[tuple[Assignment, DomainError]] = []
    for sheet in brought:
        try:
            assessment_actions.save(
                sheet.assignment,
                by=by,
                version=sheet.version,
                answers=sheet.answers,
                comment=sheet.comment,
                private_note=sheet.private_note,
            )
        except DomainError as error:
            refused.append((sheet.assignment, error))
        else:
            saved.append(sheet.assignment)
    return saved, refused
