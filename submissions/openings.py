"""The record of an opening: what is signed, and how it reads on paper."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import display, documents, signing
from core.display import iso_utc
from submissions import deadlines
from submissions.models import LateAttempt, Submission
from submissions.states import FileKind, SubmissionState

if TYPE_CHECKING:
    from submissions.models import Opening

SCHEMA: Final = "auslobung-opening/1"


def record_of(opening: Opening) -> dict[str, Any]:
    """Return the record that is signed: what was found, when it had arrived, what came too late.

    Neither code nor name of a submission stands in it: the office must not join the times of the
    teams with what the jury reads before the decision (R-20). A team finds its own lines by the
    SHA-256 on its receipt.
    """
    challenge = opening.challenge
    phase = deadlines.window(challenge)
    assert phase is not None  # noqa: S101  (nothing is handed in without a window)
    assert opening.opened_at is not None  # noqa: S101  (the action has set it)
    versions = (
        Submission.objects.for_challenge(challenge)
        .exclude(state=SubmissionState.DRAFT)
        .prefetch_related("files")
        .order_by("handed_in_at", "pk")
    )
    late = LateAttempt.objects.filter(submission__entry__challenge=challenge)
    return {
        "schema": SCHEMA,
        "issuer": settings.BASE_URL,
        "key_id": signing.key_id(),
        "competition": challenge.competition.slug,
        "challenge": challenge.code,
        "deadline_utc": iso_utc(phase.ends_at),
        "opened_at_utc": iso_utc(opening.opened_at),
        "confirmed_by": [
            {"name": str(opening.first_by), "at_utc": iso_utc(opening.first_at)},
            {"name": str(opening.second_by), "at_utc": iso_utc(opening.opened_at)},
        ],
        "versions": [_version(version) for version in versions],
        "late_attempts": [
            iso_utc(at)
            for at in late.order_by("attempted_at").values_list("attempted_at", flat=True)
        ],
    }


def _version(version: Submission) -> dict[str, Any]:
    assert version.handed_in_at is not None  # noqa: S101  (a constraint of the table)
    return {
        "received_at_utc": iso_utc(version.handed_in_at),
        "is_withdrawn": version.state == SubmissionState.WITHDRAWN,
        "files": [
            {"kind": file.kind, "size": file.size, "sha256": file.sha256}
            for file in version.files.all()
        ],
    }


def pdf_of(opening: Opening) -> bytes:
    """Return the record to be filed, in the language of the reader."""
    record = opening.record
    facts = [[_("Deadline"), _moment(record["deadline_utc"])]]
    facts += [
        [_("Confirmed by"), f"{person['name']}, {_moment(person['at_utc'])}"]
        for person in record["confirmed_by"]
    ]
    facts += [
        [_("Opened"), _moment(record["opened_at_utc"])],
        [_("Versions received"), display.number_words(len(record["versions"]))],
        [_("Late attempts"), display.number_words(len(record["late_attempts"]))],
        [_("Checksum of the record"), display.grouped_hash(opening.record_sha256)],
        [_("Signature"), f"Ed25519 {record['key_id']}: {opening.signature}"],
    ]
    return documents.pdf(
        "opening",
        {
            "lang": get_language() or "de",
            "title": _("Record of the opening"),
            "subtitle": f"{opening.challenge.code} · {opening.challenge.title}",
            "running": str(opening.challenge.competition),
            "facts": facts,
            "columns": [_("Received"), _("File"), _("Bytes"), "SHA-256"],
            "rows": [row for version in record["versions"] for row in _rows(version)],
            "late": [_moment(at) for at in record["late_attempts"]],
            "late_title": _("Late attempts"),
        },
    )


def _rows(version: dict[str, Any]) -> list[list[str]]:
    received = _moment(version["received_at_utc"])
    if version["is_withdrawn"]:
        received += f" ({_('withdrawn, stays sealed')})"
    files = version["files"] or [{}]
    return [
        [
            received if number == 0 else "",
            str(FileKind(file["kind"]).label) if file else "–",
            display.number_words(file["size"]) if file else "",
            display.grouped_hash(file["sha256"]) if file else "",
        ]
        for number, file in enumerate(files)
    ]


def _moment(text: str) -> str:
    return display.moment_words(dt.datetime.fromisoformat(text))
