"""What a draft consists of, and what it still lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.display import number_words, size_words
from submissions import cards, footprint, guard, reports
from submissions.states import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from competition.models import Challenge
    from submissions.models import Submission, SubmissionFile


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the task list."""

    key: str
    label: str
    url: str
    note: str
    status: str
    tone: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing without which a draft cannot be handed in, and where it is added."""

    sentence: str
    url: str

    def __str__(self) -> str:
        """Return the sentence."""
        return self.sentence


def wanted_kinds(challenge: Challenge) -> list[FileKind]:
    """Return the kinds of files a problem statement asks for, in the order of the pages."""
    wanted = {
        FileKind.CONCEPT: challenge.wants_concept,
        FileKind.PREDICTIONS: challenge.wants_predictions,
    }
    return [kind for kind in FileKind if wanted[kind]]


def tasks(submission: Submission) -> list[Task]:
    """Return the tasks of a draft in the order of the page; the declaration is not among them.

    The captain declares on the check page, with the very click that hands in.
    """
    return [
        _text_task(submission),
        *(_file_task(submission, kind) for kind in wanted_kinds(submission.entry.challenge)),
        *_card_tasks(submission),
    ]


def is_ready(submission: Submission) -> bool:
    """Say whether nothing but the declaration is missing."""
    return not missing(submission)


def missing(submission: Submission) -> list[Missing]:
    """Return what a draft still lacks, each as a sentence that says what to do."""
    return list(_missing(submission))


def _missing(submission: Submission) -> Iterator[Missing]:
    text_url = reverse("submissions:submission-edit", args=[submission.code])
    if not submission.title:
        yield Missing(_("Give your solution a title."), text_url)
    if not submission.summary:
        yield Missing(_("Write the summary."), text_url)
    sentences = {
        FileKind.CONCEPT: _("Upload the concept as a PDF."),
        FileKind.PREDICTIONS: _("Upload the prediction file."),
    }
    for kind in wanted_kinds(submission.entry.challenge):
        url = upload_url(submission, kind)
        file = submission.file(kind)
        if file is None:
            yield Missing(sentences[kind], url)
        elif has_problems(file):
            yield Missing(
                _("Correct “%(name)s”: the file check found problems.")
                % {"name": file.original_name},
                url,
            )
        elif file.is_blocked:
            yield Missing(
                _("Replace “%(name)s”: malware was found in it.") % {"name": file.original_name},
                url,
            )
        elif file.awaits_scan:
            yield Missing(
                _("Wait until “%(name)s” has been checked for malware.")
                % {"name": file.original_name},
                url,
            )

    challenge = submission.entry.challenge
    if cards.needs_card(challenge) and (open_ones := cards.open_questions(submission.card)):
        yield Missing(
            ngettext(
                "Answer the question of the data and model card that is open.",
                "Answer the %(count)s questions of the data and model card that are open.",
                len(open_ones),
            )
            % {"count": len(open_ones)},
            reverse("submissions:submission-card", args=[submission.code]),
        )
    if footprint.is_needed(challenge) and (unsaid := footprint.open_fields(submission.card)):
        yield Missing(
            _("Declare the footprint of your solution: %(fields)s.")
            % {"fields": ", ".join(str(field.label) for field in unsaid)},
            reverse("submissions:submission-card", args=[submission.code]),
        )
    if cards.needs_self_check(challenge) and not cards.result(submission.self_check).is_complete:
        yield Missing(
            _("Answer all questions of the self-check."),
            reverse("submissions:submission-self-check", args=[submission.code]),
        )


def upload_url(submission: Submission, kind: FileKind) -> str:
    """Return the page on which a file of a kind is uploaded."""
    return reverse("submissions:file-upload", args=[submission.code, kind.value])


def has_problems(file: SubmissionFile) -> bool:
    """Say whether the file check refused the file."""
    return bool(file.report) and not file.report["ok"]


def _text_task(submission: Submission) -> Task:
    parts = [
        _("%(count)s of %(limit)s characters")
        % {"count": number_words(len(submission.summary)), "limit": number_words(3_000)},
        _("link to code given") if submission.link else _("no link to code (optional)"),
    ]
    is_begun = bool(submission.title or submission.summary or submission.link)
    is_done = bool(submission.title and submission.summary)
    if is_done:
        status, tone = _("Done"), ""
    elif is_begun:
        status, tone = (
            (_("Summary is missing"), "warn")
            if submission.title
            else (_("Title is missing"), "warn")
        )
    else:
        status, tone = _("Not started yet"), "neutral"
    return Task(
        key="text",
        label=_("Title and summary"),
        url=reverse("submissions:submission-edit", args=[submission.code]),
        note=" · ".join(parts if is_begun else parts[:1]),
        status=status,
        tone=tone,
        is_done=is_done,
    )


def _file_task(submission: Submission, kind: FileKind) -> Task:
    labels = {
        FileKind.CONCEPT: _("Concept (PDF)"),
        FileKind.PREDICTIONS: _("Prediction file (CSV)"),
    }
    file = submission.file(kind)
    note = _("No file yet") if file is None else _file_note(file)
    if file is None:
        status, tone = _("Not started yet"), "neutral"
    elif has_problems(file):
        status, tone = _("Look at the problems"), "bad"
    elif file.is_blocked:
        status, tone = _("Blocked: malware found"), "bad"
    elif file.awaits_scan:
        status, tone = _("Being checked for malware"), "warn"
    elif guard.needs_decision(file):
        status, tone = _("Look at the hints"), "warn"
    else:
        status, tone = _("Done"), ""
    return Task(
        key=kind.value,
        label=labels[kind],
        url=upload_url(submission, kind),
        note=note,
        status=status,
        tone=tone,
        is_done=file is not None
        and not (has_problems(file) or file.is_blocked or file.awaits_scan)
        and not guard.needs_decision(file),
    )


def _card_tasks(submission: Submission) -> Iterator[Task]:
    challenge = submission.entry.challenge
    if cards.asks_card(challenge):
        total = len(cards.CARD)
        yield _answers_task(
            "card",
            _("Data and model card"),
            reverse("submissions:submission-card", args=[submission.code]),
            note=_("%(done)s of %(total)s questions answered")
            % {"done": len(submission.card_lines), "total": total},
            is_begun=bool(submission.card),
            is_done=not cards.open_questions(submission.card),
            is_needed=cards.needs_card(challenge),
        )
    if footprint.is_asked(challenge):
        declared = len(submission.footprint_lines)
        yield _answers_task(
            "footprint",
            _("Footprint of the solution"),
            reverse("submissions:submission-card", args=[submission.code]) + "#footprint",
            note=_("%(done)s of %(total)s values declared")
            % {"done": declared, "total": len(footprint.FIELDS)},
            is_begun=bool(declared),
            is_done=not footprint.open_fields(submission.card),
            is_needed=footprint.is_needed(challenge),
        )
    if cards.asks_self_check(challenge):
        outcome = submission.self_check_outcome
        yield _answers_task(
            "self_check",
            _("Self-check for responsible AI"),
            reverse("submissions:submission-self-check", args=[submission.code]),
            note=str(outcome.label) if outcome else "",
            is_begun=bool(submission.self_check),
            is_done=cards.result(submission.self_check).is_complete,
            is_needed=cards.needs_self_check(challenge),
        )


def _answers_task(
    key: str, label: str, url: str, *, note: str, is_begun: bool, is_done: bool, is_needed: bool
) -> Task:
    if is_done:
        status, tone = _("Done"), ""
    elif is_begun:
        status, tone = _("Not complete yet"), "warn"
    elif is_needed:
        status, tone = _("Not started yet"), "neutral"
    else:
        status, tone = _("Voluntary"), ""
    return Task(key, label, url, note, status, tone, is_done or not (is_needed or is_begun))


def _file_note(file: SubmissionFile) -> str:
    report = reports.in_words(file.report)
    parts = [file.original_name, size_words(file.size)]
    if report is not None:
        parts.append(_("file check without errors") if report.ok else _("file check with errors"))
    if file.guard.get("total") and not guard.needs_decision(file):
        parts.append(_("hints seen and left as they are"))
    return " · ".join(parts)
