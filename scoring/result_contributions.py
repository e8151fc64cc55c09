"""The result's parts of pages of lower apps: tab, home page, office, and the team's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.context import PAGES_OF_LINES
from competition.extensions import Contribution, Need, Place, Slot, slots
from core import display
from scoring.actions import final_boards
from scoring.models import Decision, Jury, LeaderboardRow
from scoring.queries import results as queries
from scoring.queries import rubric as rubric_queries
from scoring.queries.board import decimal_of
from scoring.queries.publication import current_snapshot
from scoring.states import BoardKind, JuryState
from submissions.extensions import (
    SubmissionPlace,
    SubmissionSlot,
    bundle_parts,
    submission_slots,
)

if TYPE_CHECKING:
    from django.http import HttpRequest

    from competition.models import Challenge, Competition
    from submissions.models import Submission

SHOWN_ON_HOME = 3


def _published(challenge: Challenge) -> Decision | None:
    return (
        Decision.objects.filter(challenge=challenge, published_at__isnull=False)
        .select_related("snapshot")
        .first()
    )


def _url(name: str, challenge: Challenge) -> str:
    return reverse(f"scoring:{name}", args=[challenge.competition.slug, challenge.code])


# -- public ----------------------------------------------------------------------------------------


def _results_tab(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if _published(challenge) is None:
        return None
    url = _url("results-show", challenge)
    return Contribution("", {"label": _("Result"), "url": url, "current": request.path == url})


def _result_summary(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Show the first ranks of the result that was published last, on the home page."""
    decision = _published(challenge)
    if decision is None:
        return None
    rows = LeaderboardRow.objects.filter(
        snapshot=current_snapshot(decision), rank__lte=SHOWN_ON_HOME
    ).select_related("entry__team")
    return Contribution(
        "scoring/public/_result_summary.html",
        {
            "rows": [(row.rank, row.entry.team.name, decimal_of(row.score)) for row in rows],
            "digits": current_snapshot(decision).header["digits"],
            "url": _url("results-show", challenge),
        },
    )


def _result_link(_request: HttpRequest, challenge: Challenge) -> Contribution:
    """Lead from the list of all results to this one."""
    return Contribution("", {"url": _url("results-show", challenge)})


# -- office ----------------------------------------------------------------------------------------


_BEFORE_THE_MEETING = frozenset({JuryState.PREPARING, JuryState.ASSESSING, JuryState.CUTTING})


def _office_decision(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    """Say how far the decision is; the office publishes what the jury has decided."""
    jury = Jury.objects.filter(challenge=challenge).first()
    if jury is None or jury.state in _BEFORE_THE_MEETING:
        return None
    decision = queries.decision_of(challenge)
    return Contribution(
        "scoring/office/_decision_summary.html",
        {
            "jury": jury,
            "decision": decision,
            "publish_url": reverse("scoring:results-publish", args=[challenge.code])
            if request.user.has_perm("scoring.publish_results", jury)
            else "",
            "results_url": _url("results-show", challenge)
            if decision is not None and decision.published_at
            else "",
        },
    )


def _office_needs(request: HttpRequest, competition: Competition) -> Contribution:
    """Tell the cockpit which decisions wait for their publication."""
    waiting = Decision.objects.filter(
        challenge__competition=competition, published_at=None
    ).select_related("challenge")
    return Contribution(
        "",
        {
            "items": [
                Need(
                    label=_("A decision waits for its publication"),
                    url=reverse("scoring:results-publish", args=[decision.challenge.code]),
                    note=str(decision.challenge),
                    since=decision.decided_at,
                )
                for decision in waiting
            ]
        },
    )


slots.register(Slot("results_tab", Place.CHALLENGE_TABS, _results_tab, order=5))
slots.register(Slot("result_summary", Place.RESULT_SUMMARY, _result_summary, order=10))
slots.register(Slot("result_link", Place.RESULT_LINK, _result_link, order=10))
slots.register(Slot("decision", Place.OFFICE_CHALLENGE, _office_decision, order=50))
slots.register(Slot("decision_needs", Place.OFFICE_NEEDS, _office_needs, order=50))

PAGES_OF_LINES.update(
    dict.fromkeys(("scoring:results-show", "scoring:results-explain"), "competition:result-list")
)


# -- the team's own page ---------------------------------------------------------------------------


def _points(text: Any, digits: int = 2) -> str:
    return display.number_words(decimal_of(text), digits)


def _counts(decision: Decision, weight: str) -> str:
    share = display.percent_words(decimal_of(current_snapshot(decision).header.get(weight)))
    return _("count %(share)s of the total") % {"share": share}


def _of_words(decision: Decision) -> str:
    header = current_snapshot(decision).header
    jury = header.get("jury", header)
    return rubric_queries.method_words(jury["method"], jury["aggregate"]).of


def _own_result(request: HttpRequest, submission: Submission) -> tuple[str, dict[str, Any]] | None:
    """Show a team its rank, points and the jury's comments once the result is public."""
    challenge = submission.entry.challenge
    decision = _published(challenge)
    if decision is None:
        return _told_result(request, submission)
    snapshot = current_snapshot(decision)
    row = LeaderboardRow.objects.filter(snapshot=snapshot, submission=submission).first()
    if row is None:
        return None
    is_combined = snapshot.kind == BoardKind.COMBINED
    of = LeaderboardRow.objects.filter(snapshot=snapshot, rank__isnull=False).count()
    explain = f"{_url('results-explain', challenge)}?team={submission.entry.team.code}"
    return (
        "scoring/team/_own_result.html",
        {
            "row": row,
            "of": of,
            "points": row.score,
            "points_words": _points(row.score, snapshot.header["digits"]),
            "jury_words": _points(row.columns.get("jury_points")),
            "metric_words": _points(row.columns.get("metric_points")),
            "jury_note": _counts(decision, "jury_weight"),
            "metric_note": _counts(decision, "metric_weight"),
            "of_words": _of_words(decision),
            "is_combined": is_combined,
            "awards": queries.awards_of(decision, submission.entry),
            "feedback": queries.feedback(submission),
            "explain_url": explain,
            "letter_url": reverse("scoring:team-result", args=[submission.code]),
            "results_url": _url("results-show", challenge),
        },
    )


def _told_result(request: HttpRequest, submission: Submission) -> tuple[str, dict[str, Any]] | None:
    """Lead a team that was told its result to it, before the publication."""
    if not request.user.has_perm("scoring.read_own_result", submission):
        return None
    decision = submission.entry.challenge.decision
    if not LeaderboardRow.objects.filter(
        snapshot=current_snapshot(decision), submission=submission
    ).exists():
        return None
    return (
        "scoring/team/_told_result.html",
        {
            "decision": decision,
            "has_period": decision.objections_until != decision.told_at,
            "url": reverse("scoring:team-result", args=[submission.code]),
        },
    )


submission_slots.register(
    SubmissionSlot("own_result", SubmissionPlace.SUBMISSION_RESULT, _own_result, order=5)
)


# -- the bundle of proofs --------------------------------------------------------------------------


@bundle_parts.register
def _bundle(challenge: Challenge) -> dict[str, bytes]:
    """Add the published ranking and decision with the leaf that commits to them."""
    decision = queries.decision_of(challenge)
    if decision is None or decision.published_at is None:
        return {}
    errata = decision.amendments.filter(is_erratum=True).count()
    return queries.bundle_files(
        [
            queries.result(decision, final_boards.of_decision(decision, number), version=number)
            for number in range(1, errata + 2)
        ]
    )
