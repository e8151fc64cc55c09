"""The jury's parts of pages of lower apps, its publication checks, and the bar for teams."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from competition.extensions import (
    CheckResult,
    Contribution,
    Duty,
    Figure,
    Need,
    Place,
    PublicationCheck,
    Slot,
    duty_bars,
    freezers,
    publication_checks,
    slots,
)
from core import display
from scoring.actions import rubric as rubric_actions
from scoring.models import Assignment, Benchmark, Jury, JurySeat
from scoring.queries import jury as jury_queries
from scoring.queries import notice as notice_queries
from scoring.queries import rubric as queries
from scoring.states import AssessmentState, JuryState
from submissions.extensions import (
    SubmissionPlace,
    SubmissionSlot,
    participation_bars,
    submission_slots,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from accounts.models import User
    from competition.models import Challenge, Competition
    from scoring.models import Rubric
    from submissions.models import Submission

GROUP = gettext_lazy("Jury and rubric")


# -- publication -----------------------------------------------------------------------------------


@freezers.register
def freeze_rubric(challenge: Challenge, by: User) -> Mapping[str, Any]:
    """Freeze the rubric with the statement (R-8)."""
    return rubric_actions.freeze(challenge, by=by)


def _rubric(challenge: Challenge) -> Rubric | None:
    """Return the rubric if it has criteria."""
    rubric = queries.of(challenge)
    return rubric if rubric is not None and rubric.criteria.all() else None


def _has_benchmark(challenge: Challenge) -> bool:
    return Benchmark.objects.filter(challenge=challenge).exists()


def _url(challenge: Challenge) -> str:
    return reverse("scoring:rubric-edit", args=[challenge.code])


def _is_judged(challenge: Challenge) -> CheckResult:
    return CheckResult(
        passed=_rubric(challenge) is not None or _has_benchmark(challenge),
        label=_("It is said how submissions are judged"),
        detail=_("By a rubric for the jury, by a metric, or by both."),
        url=_url(challenge),
    )


def _weights_are_full(challenge: Challenge) -> CheckResult:
    rubric = _rubric(challenge)
    total = queries.weight_sum(rubric) if rubric is not None else queries.FULL
    return CheckResult(
        passed=total == queries.FULL,
        label=_("The weights of the criteria add up to 100 %"),
        detail=""
        if total == queries.FULL
        else _("They add up to %(sum)s.") % {"sum": display.percent_words(total)},
        url=_url(challenge),
    )


def _texts_are_there(challenge: Challenge) -> CheckResult:
    rubric = _rubric(challenge)
    missing = queries.missing_texts(rubric) if rubric is not None else []
    return CheckResult(
        passed=not missing,
        label=_("Every criterion has a description and an anchor text for each level"),
        detail=" ".join(missing),
        url=_url(challenge),
    )


def _shares_fit(challenge: Challenge) -> CheckResult:
    rubric = _rubric(challenge)
    has_metric = _has_benchmark(challenge)
    if rubric is None:
        return CheckResult(
            passed=True, label=_("Shares of jury and metric fit"), url=_url(challenge)
        )
    if rubric.jury_weight == 0:
        # The decision ranks by the jury's score, alone or with the metric.
        detail = _("The jury counts nothing. Give it a share, or remove the rubric.")
    elif rubric.metric_weight and not has_metric:
        detail = _("The metric counts %(share)s, but there is no benchmark.") % {
            "share": display.percent_words(rubric.metric_weight)
        }
    else:
        detail = ""
    return CheckResult(
        passed=not detail,
        label=_("Shares of jury and metric fit"),
        detail=detail,
        url=_url(challenge),
    )


# Criteria belong to what the office reviews (T-2); the metric may be set up until the publication.
for _key, _run, _order, _for_hand_in in (
    ("judged", _is_judged, 300, True),
    ("rubric_weights", _weights_are_full, 310, True),
    ("rubric_texts", _texts_are_there, 320, True),
    ("rubric_shares", _shares_fit, 330, False),
):
    publication_checks.register(
        PublicationCheck(key=_key, run=_run, order=_order, group=GROUP, for_hand_in=_for_hand_in)
    )


# -- public page -----------------------------------------------------------------------------------


def _how_it_is_judged(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    rubric = _rubric(challenge)
    if rubric is None:
        return None
    return Contribution(
        "scoring/public/_how_it_is_judged.html",
        {
            "rubric": rubric,
            "explanation": queries.explain(rubric),
            "count": len(rubric.criteria.all()),
            "versions": queries.published_versions(rubric),
            "objection_days": challenge.competition.objection_days,
        },
    )


def _scoring_tab(request: HttpRequest, challenge: Challenge) -> Contribution | None:
    if _rubric(challenge) is None:
        return None
    return Contribution(
        "", {"label": _("Scoring"), "url": f"{challenge.get_absolute_url()}#scoring"}
    )


# -- agency ----------------------------------------------------------------------------------------


def _rubric_task(request: HttpRequest, challenge: Challenge) -> Contribution:
    rubric = _rubric(challenge)
    if rubric is None:
        status = _("Not begun")
    elif queries.is_complete(rubric):
        status = _("Complete")
    else:
        status = _("In progress")
    return Contribution(
        "",
        {
            "key": "rubric",
            "label": _("Rubric for the jury"),
            "url": _url(challenge),
            "status": status,
            "is_done": rubric is not None and queries.is_complete(rubric),
            "note": _("Criteria, weights, levels with anchor texts"),
        },
    )


# -- office ----------------------------------------------------------------------------------------


def _jury_url(challenge: Challenge) -> str:
    return reverse("scoring:jury-manage", args=[challenge.competition.slug, challenge.code])


def _office_summary(request: HttpRequest, challenge: Challenge) -> Contribution:
    jury = Jury.objects.filter(challenge=challenge).first()
    rows = jury_queries.progress(jury, jury_queries.seats_of(jury)) if jury is not None else []
    return Contribution(
        "scoring/office/_jury_summary.html",
        {
            "jury": jury,
            "url": _jury_url(challenge),
            "seats": len(rows),
            "sum": jury_queries.totals(rows),
        },
    )


def _office_needs(request: HttpRequest, competition: Competition) -> Contribution:
    """Tell the cockpit what waits in the juries of a competition."""
    juries = list(
        Jury.objects.filter(
            challenge__competition=competition,
            state__in=[JuryState.PREPARING, JuryState.ASSESSING, JuryState.CUTTING],
        ).select_related("challenge__competition")
    )
    items = []
    for jury in juries:
        title = str(jury.challenge)
        unsure = jury_queries.count_unsettled(jury)
        if unsure:
            items.append(
                Need(
                    label=ngettext(
                        "%(count)s conflict of interest to settle",
                        "%(count)s conflicts of interest to settle",
                        unsure,
                    )
                    % {"count": unsure},
                    url=f"{_jury_url(jury.challenge)}#conflicts",
                    note=_("%(title)s: until then the submissions stay closed to these jurors.")
                    % {"title": title},
                )
            )
        named = notice_queries.count_waiting([jury])
        if named:
            items.append(
                Need(
                    label=ngettext(
                        "%(count)s person named by a team to compare with the jury",
                        "%(count)s persons named by teams to compare with the jury",
                        named,
                    )
                    % {"count": named},
                    url=reverse(
                        "scoring:notice-settle", args=[competition.slug, jury.challenge.code]
                    ),
                    note=title,
                )
            )
        short = jury_queries.count_short(jury)
        if short and jury.state == JuryState.ASSESSING:
            items.append(
                Need(
                    label=ngettext(
                        "%(count)s submission lacks a juror",
                        "%(count)s submissions lack a juror",
                        short,
                    )
                    % {"count": short},
                    url=f"{_jury_url(jury.challenge)}#assignments",
                    note=_("%(title)s: somebody has stepped back.") % {"title": title},
                    is_urgent=True,
                )
            )
    return Contribution("", {"items": items})


def _office_figures(request: HttpRequest, competition: Competition) -> Contribution:
    """Tell the cockpit how much of the assigned work is released; recused pairs do not count."""
    assigned = Assignment.objects.filter(seat__jury__challenge__competition=competition)
    counts = (
        assigned.in_the_running()
        .of_the_round()
        .not_recused()
        .aggregate(
            total=Count("pk"),
            done=Count(
                "pk",
                Q(assessment__state__in=[AssessmentState.RELEASED, AssessmentState.LOCKED]),
            ),
        )
    )
    share = Decimal(counts["done"]) / counts["total"] if counts["total"] else None
    return Contribution(
        "",
        {
            "items": [
                Figure(
                    value=display.share_words(share, 0),
                    label=_("Assessed"),
                    note=_("%(done)s of %(total)s") % counts,
                )
            ]
        },
    )


slots.register(Slot("rubric", Place.CHALLENGE_MAIN, _how_it_is_judged, order=50))
slots.register(Slot("scoring_tab", Place.CHALLENGE_TABS, _scoring_tab, order=10))
slots.register(Slot("rubric_task", Place.AGENCY_TASKS, _rubric_task, order=20))
slots.register(Slot("jury_summary", Place.OFFICE_CHALLENGE, _office_summary, order=40))


def _office_cockpit(request: HttpRequest, competition: Competition) -> Contribution | None:
    """Show the office how far the jurors are, in numbers."""
    cockpit = jury_queries.cockpit(competition)
    if not cockpit.juries:
        return None
    columns = [
        {"title": jury.challenge.title, "url": _jury_url(jury.challenge)} for jury in cockpit.juries
    ]
    return Contribution(
        "scoring/office/_cockpit_jury.html", {"cockpit": cockpit, "columns": columns}
    )


def _notices(request: HttpRequest, submission: Submission) -> tuple[str, dict[str, Any]] | None:
    """Lead a team to the persons who should not judge it, until the jury has decided (Q-21)."""
    if not request.user.has_perm("scoring.name_conflicts", submission):
        return None
    return (
        "scoring/team/_notices.html",
        {
            "count": notice_queries.given_by(submission).count(),
            "url": reverse("scoring:notice-list", args=[submission.code]),
        },
    )


submission_slots.register(
    SubmissionSlot("notices", SubmissionPlace.ENTRY_SUMMARY, _notices, order=60)
)
slots.register(Slot("jury_figures", Place.OFFICE_FIGURES, _office_figures, order=40))
slots.register(Slot("jury_cockpit", Place.OFFICE_COCKPIT, _office_cockpit, order=40))
slots.register(Slot("jury_needs", Place.OFFICE_NEEDS, _office_needs, order=40))


# -- teams -----------------------------------------------------------------------------------------


@participation_bars.register
def jurors_do_not_compete(user: User, competition: Competition) -> Any | None:
    """Keep jurors of a competition out of its teams (R-13)."""
    if JurySeat.objects.filter(user=user, jury__challenge__competition=competition).exists():
        return gettext_lazy("Members of a jury in this competition cannot be in one of its teams.")
    return None


@duty_bars.register
def jurors_do_not_organise(user: User, competition: Competition, duty: Duty) -> Any | None:
    """Keep jurors of a competition out of its office (R-14); agencies may have a seat."""
    seats = JurySeat.objects.filter(user=user, jury__challenge__competition=competition)
    if duty != Duty.OFFICE or not seats.exists():
        return None
    return gettext_lazy(
        "This person is in a jury of the competition. Whoever judges in it does not organise it."
    )
