"""What a team keeps of its result on paper: the feedback letter and the certificate (V-72).

Both are made from the read that the page of the team is made from, in the language of the reader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import display, documents
from scoring.queries import results
from scoring.queries import rubric as rubric_queries

if TYPE_CHECKING:
    import datetime as dt

    from scoring.queries.results import Result, ResultLine
    from submissions.models import Submission


def _language() -> str:
    return (get_language() or settings.LANGUAGE_CODE)[:2]


def _points(value: object, digits: int = 2) -> str:
    return display.number_words(value, digits)  # type: ignore[arg-type]  # a Decimal or None


def outcome_words(result: Result, line: ResultLine) -> str:
    """Say in one sentence how a team has come out."""
    if line.rank is None:
        return line.reason
    words = _("Rank %(rank)s of %(of)s with %(points)s of 100 points.") % {
        "rank": line.rank,
        "of": len(result.ranked),
        "points": _points(line.points, result.digits),
    }
    if result.cut is None:
        return words
    if line.is_cut:
        return words + " " + _("Your submission was not in the final round.")
    return words + " " + _("Your submission was in the final round.")


def _award_words(result: Result, submission: Submission) -> list[list[str]]:
    return [
        [
            words + (f", {display.money_words(award.amount)}" if award.amount else ""),
            award.reason.text,
        ]
        for award, words in results.awards_of(result.decision, submission.entry)
    ]


def _next(result: Result, now: dt.datetime) -> list[str]:
    """Say what happens next, as the page of the team does."""
    decision = result.decision
    if decision.published_at is not None:
        moment = display.moment_words(decision.published_at)
        return [
            _("The result was published on %(moment)s.") % {"moment": moment},
            _("Ranking, reasons and how the result was computed:") + " " + _result_url(result),
        ]
    if decision.is_open_to_objections(now) and decision.objections_until is not None:
        return [
            _(
                "If something is wrong, a captain of your team may object until %(moment)s. The"
                " result is published afterwards."
            )
            % {"moment": display.moment_words(decision.objections_until)}
        ]
    if decision.objections_until != decision.told_at:
        return [_("The period for objections is over. The result is published next.")]
    return [
        _(
            "In this competition there is no period for objections before the publication. The"
            " result is published next."
        )
    ]


def _result_url(result: Result) -> str:
    challenge = result.challenge
    return settings.BASE_URL + reverse(
        "scoring:results-show", args=[challenge.competition.slug, challenge.code]
    )


def letter(submission: Submission, result: Result, line: ResultLine, *, now: dt.datetime) -> bytes:
    """Return the feedback letter: marks by criterion, remarks, rank, computation, what next."""
    challenge, decision, team = result.challenge, result.decision, submission.entry.team
    steps = results.steps(result, line)
    explanation = rubric_queries.explain(result.rubric)
    parts = [_("Points of the jury") + f": {_points(line.jury_points)}"]
    if result.is_combined:
        parts = [
            f"{parts[0]} ({result.jury_words})",
            _("Points of the metric") + f": {_points(line.metric_points)} ({result.metric_words})",
        ]
    tie = [line.tie] if line.tie else []
    if not tie and line.is_tied:
        tie = [_("All published rules leave the points equal, so the rank is shared.")]
    return documents.pdf(
        "letter",
        {
            "lang": _language(),
            "title": _("Your result: %(title)s") % {"title": challenge.title},
            "running": f"{challenge.competition.name} · {challenge.competition.host}",
            "outcome": outcome_words(result, line) + " " + _("Thank you for taking part."),
            "secret": ""
            if decision.published_at is not None
            else _("Confidential until the publication"),
            "facts": [
                [_("Team"), team.name],
                [_("Submission"), submission.reference],
                [_("Problem statement"), f"{challenge.title} ({challenge.code})"],
                [_("Decided"), display.moment_words(decision.decided_at)],
                [
                    _("State of the result"),
                    f"{result.final.code} · {display.grouped_hash(result.final.inputs_sha256)}",
                ],
            ],
            "awards_title": _("Awarded"),
            "awards": _award_words(result, submission),
            "marks_title": _("Your points"),
            "parts": " · ".join(parts),
            "columns": [_("Criterion"), *steps.jurors, result.method.mark, _("Weight")],
            "rows": [
                [row.label, *row.marks, _points(row.mean), display.percent_words(row.weight)]
                for row in steps.rows
            ]
            if steps.jurors
            else [],
            "marks_note": _("J and a number: a juror, without a name."),
            "feedback_title": _("What the jury wrote to you"),
            "feedback": [[item.label, list(item.texts)] for item in results.feedback(submission)],
            "computed_title": _("The computation in words"),
            "computed": [
                *map(str, explanation.formula),
                *([result.metric_sentence] if result.metric_sentence else []),
                *tie,
            ],
            "next_title": _("What happens next"),
            "next": _next(result, now),
            "contact": [_("Questions?"), challenge.competition.contact_email],
        },
    )


def certificate(submission: Submission, result: Result) -> bytes:
    """Return the certificate of a published result: for awards, else for taking part.

    It names the team, no person: who may be named is not known to the platform (R-41).
    """
    challenge, decision, team = result.challenge, result.decision, submission.entry.team
    assert decision.published_at is not None  # noqa: S101  (the view has asked)
    awards = [words for words, _reason in _award_words(result, submission)]
    return documents.pdf(
        "certificate",
        {
            "lang": _language(),
            "title": _("Certificate"),
            "running": str(challenge.competition.name),
            "lead": _("The jury honours the team") if awards else _("This certifies that the team"),
            "team": team.name,
            "organisation": team.organisation,
            "lines": awards or [_("has taken part")],
            "about": _("in the competition for the problem statement"),
            "challenge": str(challenge.title),
            "signed": [
                challenge.competition.host,
                date_format(display.to_zone(decision.published_at), "DATE_FORMAT"),
            ],
            "proof": _("To be checked at %(url)s · result %(code)s, checksum %(hash)s")
            % {
                "url": _result_url(result),
                "code": result.final.code,
                "hash": display.short_hash(result.final.inputs_sha256),
            },
        },
    )
