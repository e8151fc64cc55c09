"""What the receipt of a version says, for its page and its document."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from competition.states import PhaseKind
from core import display, documents

if TYPE_CHECKING:
    from competition.models import Challenge
    from submissions.models import Receipt, Submission, SubmissionFile


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens after handing in, and when."""

    when: str
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """A receipt with everything around it."""

    submission: Submission
    receipt: Receipt
    files: tuple[SubmissionFile, ...]
    replaces: int | None
    steps: tuple[NextStep, ...]

    @property
    def challenge(self) -> Challenge:
        """Return the problem statement."""
        return self.submission.entry.challenge

    @property
    def total_size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def on_time(self) -> str:
        """Say how long before the deadline it arrived, or that it came within the grace."""
        if self.receipt.on_time_by > dt.timedelta():
            return _("On time: %(duration)s before the deadline") % {
                "duration": display.duration_words(self.receipt.on_time_by)
            }
        return _("On time: the upload was begun before the deadline and arrived within the grace")


def receipt_page(submission: Submission) -> ReceiptPage:
    """Put together the receipt of a version that is in."""
    earlier = submission.entry.submissions.filter(
        number__lt=submission.number, handed_in_at__isnull=False
    )
    return ReceiptPage(
        submission=submission,
        receipt=submission.receipt,
        files=tuple(submission.files.all()),
        replaces=max(earlier.values_list("number", flat=True), default=None),
        steps=tuple(_steps(submission)),
    )


def _steps(submission: Submission) -> list[NextStep]:
    challenge = submission.entry.challenge
    steps = []
    if challenge.wants_predictions:
        steps.append(
            NextStep(
                _("Now"),
                _("The prediction file is evaluated, as a rule within a minute."),
                submission.get_absolute_url(),
            )
        )
    deadline = display.moment_words(submission.receipt.deadline_at, "short")
    steps.append(
        NextStep(
            _("until %(moment)s") % {"moment": deadline},
            _(
                "You can hand in a new version or withdraw this one. After that nothing can be"
                " changed."
            ),
        )
    )
    steps.append(
        NextStep(
            _("after the deadline"),
            _("All leaves are sealed with one root. You get it by e-mail, and it is public."),
            reverse("submissions:proof-show", args=[challenge.competition.slug, challenge.code]),
        )
    )
    if assessment := challenge.phase(PhaseKind.ASSESSMENT):
        days = (assessment.starts_at, assessment.ends_at)
        steps.append(
            NextStep(
                " – ".join(display.moment_words(day, "day") for day in days),
                _("The jury assesses blind, without your names."),
            )
        )
    if deliberation := challenge.phase(PhaseKind.DELIBERATION):
        steps.append(
            NextStep(
                _("until %(moment)s")
                % {"moment": display.moment_words(deliberation.ends_at, "day")},
                _(
                    "The jury decides. Afterwards the result is published with the points and the"
                    " reasons."
                ),
            )
        )
    return steps


def receipt_pdf(page: ReceiptPage) -> bytes:
    """Return the receipt as a document in the language of the reader."""
    receipt, payload = page.receipt, page.receipt.payload
    submission, challenge = page.submission, page.challenge
    title = _("Receipt %(reference)s") % {"reference": submission.reference}
    by = submission.handed_in_by
    facts = [
        (_("Received"), _both(receipt.issued_at)),
        (_("Deadline"), _both(receipt.deadline_at)),
        (_("Team"), submission.entry.team.name),
        (_("Handed in by"), by.display_name if by else _("deleted person")),
        (_("Version"), str(submission.number)),
        (_("Problem statement"), f"{challenge.title} ({challenge.code})"),
        (_("Competition"), str(challenge.competition.name)),
    ]
    if submission.upload_begun_at:
        facts.insert(1, (_("Upload begun"), _both(submission.upload_begun_at)))
    return documents.pdf(
        "receipt",
        {
            "lang": (get_language() or settings.LANGUAGE_CODE)[:2],
            "title": title,
            "running": settings.INSTANCE_NAME,
            "on_time": page.on_time,
            "facts": [list(fact) for fact in facts],
            "files_title": _("Files"),
            "files_head": [_("File"), _("Bytes"), "SHA-256"],
            "files": [
                [file.original_name, display.number_words(file.size), _groups(file.sha256)]
                for file in page.files
            ],
            "no_files": _("This version has no files."),
            "text_hash": [
                _("SHA-256 of title, summary and link:"),
                _groups(payload["text_sha256"]),
            ],
            "steps_title": _("What happens next"),
            "steps": [[step.when, step.text] for step in page.steps],
            "proof_title": _("Signature"),
            "proof": [
                [_("Method and key"), f"Ed25519 · {payload['issuer']} · {receipt.key_id}"],
                [_("Signature"), _groups(receipt.signature)],
                [_("Leaf of the log"), _groups(payload["leaf_hash"])],
            ],
            "note": _(
                "This sheet is for reading. What is signed is the JSON file of the receipt; it can"
                " be checked at %(url)s."
            )
            % {"url": settings.BASE_URL + reverse("submissions:receipt-verify")},
            "contact": [_("Questions?"), challenge.competition.contact_email],
        },
    )


def _both(at: dt.datetime) -> str:
    """Write a moment in the local zone and in UTC."""
    return f"{display.moment_words(at)} · {display.iso_utc(at)}"


def _groups(text: str) -> str:
    """Let long texts break: groups of eight."""
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))
