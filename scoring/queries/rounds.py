"""Reads about the two rounds of a jury: how they were published, and who is in the final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.compute import rounds
from scoring.models import Cut, Finalist, Jury

if TYPE_CHECKING:
    from competition.models import Challenge
    from scoring.models import Rubric


def finalists_of(jury: Jury) -> set[int] | None:
    """Return the entries in the final, None before the cut and where there is one round."""
    if not jury.is_final:
        return None
    return set(Finalist.objects.filter(cut__jury=jury).values_list("entry", flat=True))


def finalists_before(challenge: Challenge, rubric: Rubric) -> set[int] | None:
    """Return the same for whoever has the statement; one round costs no query."""
    if not rubric.has_final:
        return None
    cut = Cut.objects.filter(jury__challenge=challenge).first()
    return None if cut is None else set(cut.finalists.values_list("entry", flat=True))


def cut_before(challenge: Challenge) -> Cut | None:
    """Return the cut before a result, None where there is none."""
    jury = Jury.objects.filter(challenge=challenge).first()
    return None if jury is None else cut_of(jury)


def cut_of(jury: Jury) -> Cut | None:
    """Return the cut with its finalists, None while there is none."""
    return (
        Cut.objects.filter(jury=jury)
        .select_related("snapshot", "made_by")
        .prefetch_related("finalists")
        .first()
    )


def plan_words(rubric: Rubric) -> list[str]:
    """Say how the two rounds go, as it was published; nothing where there is one."""
    if not rubric.has_final:
        return []
    places = rubric.final_threshold or 0
    if rubric.final_rule == rounds.PLACES:
        goes_on = ngettext(
            "At least the first place goes on to the final round.",
            "At least the first %(count)s places go on to the final round.",
            places,
        ) % {"count": places}
    else:
        goes_on = ngettext(
            "Whatever reaches at least %(count)s point goes on to the final round.",
            "Whatever reaches at least %(count)s points goes on to the final round.",
            places,
        ) % {"count": places}
    return [
        ngettext(
            "The jury assesses in two rounds. In the first one at least %(count)s juror assesses"
            " each submission, and all are ranked by the same rule.",
            "The jury assesses in two rounds. In the first one at least %(count)s jurors assess"
            " each submission, and all are ranked by the same rule.",
            rubric.min_assessments,
        )
        % {"count": rubric.min_assessments},
        goes_on
        + " "
        + _(
            "Equal places stay together. The chair of the jury may draw the line lower and take up"
            " single submissions from below it, always with a reason that is published."
        ),
        _(
            "In the final round every member of the jury who has no conflict of interest assesses"
            " every finalist. The marks of the first round count on, nobody marks the same"
            " submission twice. Whatever is not in the final keeps its points of the first round"
            " and ranks behind all finalists."
        ),
    ]
