"""Reads about one problem statement: facts that decide, values of the law, its frozen content."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from competition import precheck
from competition.extensions import CheckResult, publication_checks
from competition.models import LegalValue, PreCheck, ReviewMessage
from competition.statement import SECTIONS, TOPICS
from competition.statement.fields import Facts
from competition.states import PhaseKind
from competition.timeline import LIMITS, Window
from core import clock
from core.display import iso_utc

if TYPE_CHECKING:
    from competition.models import Challenge

EU_THRESHOLD = "eu_threshold_services"


def today() -> dt.date:
    """Return the day of the installation's time zone."""
    return timezone.localdate(clock.now())


def legal_values(day: dt.date) -> dict[str, LegalValue]:
    """Return the values of the law in force on a day, by key."""
    return {row.key: row for row in LegalValue.objects.valid_on(day)}


def legal_dates(values: dict[str, LegalValue]) -> dict[str, dt.date]:
    """Return those values that are dates; the pre-check shows from when a duty holds."""
    known = {key.value for key in precheck.LegalKey}
    return {key: dt.date.fromisoformat(row.value) for key, row in values.items() if key in known}


def precheck_of(challenge: Challenge) -> PreCheck | None:
    """Return the stored pre-check, None if nobody began it; read once per instance."""
    try:
        return challenge.precheck
    except PreCheck.DoesNotExist:
        return None


def facts_of(challenge: Challenge, *, values: dict[str, LegalValue] | None = None) -> Facts:
    """Return what decides which questions apply: answers, flags of the pre-check, threshold."""
    stored = precheck_of(challenge)
    threshold = (values if values is not None else legal_values(today())).get(EU_THRESHOLD)
    return Facts(
        answers=challenge.answers,
        flags=frozenset(stored.flags if stored else ()),
        eu_threshold=int(threshold.value) if threshold else None,
    )


def windows_of(challenge: Challenge) -> list[Window]:
    """Return the planned phases in the order of the procedure."""
    kinds = list(PhaseKind)
    windows = [
        Window(
            PhaseKind(phase.kind),
            phase.starts_at,
            phase.ends_at,
            **{name: getattr(phase, name) for name in LIMITS},
        )
        for phase in challenge.phases.all()
    ]
    return sorted(windows, key=lambda window: kinds.index(window.kind))


def content_of(challenge: Challenge) -> dict[str, Any]:
    """Return everything a statement says, in a form that can be stored and hashed.

    All languages and all answers, also the unpublished ones: the frozen version must prove what the
    office saw.
    """
    stored = precheck_of(challenge)
    return {
        "code": challenge.code,
        "agency": challenge.agency.name,
        "competition": challenge.competition.slug,
        "title": {"de": challenge.title_de, "en": challenge.title_en},
        "tagline": {"de": challenge.tagline_de, "en": challenge.tagline_en},
        "wants_concept": challenge.wants_concept,
        "wants_predictions": challenge.wants_predictions,
        "answers": {
            question.key: challenge.answers[question.key]
            for section in SECTIONS
            for question in section.fields
            if question.key in challenge.answers
        },
        "translations": dict(challenge.translations),
        "precheck": {
            "ruleset": stored.ruleset,
            "answers": stored.answers,
            "outcomes": stored.outcomes,
            "flags": stored.flags,
            "reasoning": stored.reasoning,
        }
        if stored
        else None,
        "phases": [
            {
                "kind": window.kind.value,
                "starts_at": iso_utc(window.starts_at),
                "ends_at": iso_utc(window.ends_at),
                "limit_per_day": window.limit_per_day,
                "limit_total": window.limit_total,
                # Named only where they are set, so that older statements keep their hash.
                **{name: window.limits[name] for name in LIMITS[2:] if window.limits[name]},
            }
            for window in windows_of(challenge)
        ],
        "resources": [
            {
                "code": resource.code,
                "file_name": resource.file_name,
                "size": resource.size,
                "sha256": resource.sha256,
                "licence": resource.licence,
                "audience": resource.audience,
            }
            for resource in challenge.resources.order_by("code")
        ],
    }


def open_questions(challenge: Challenge) -> QuerySet[ReviewMessage]:
    """Return the questions of the office that the agency has not answered."""
    return challenge.messages.filter(is_from_office=True, answered_by=None).order_by("sent_at")


def unmet_for_hand_in(challenge: Challenge) -> list[CheckResult]:
    """Return what keeps the statement from being handed in, all apps together."""
    results = [check.run(challenge) for check in publication_checks if check.for_hand_in]
    results += [
        CheckResult(
            passed=False,
            label=_("Question of the office about “%(topic)s”")
            % {"topic": TOPICS.get(message.section, message.section)},
            detail=_("Please answer it before you hand in again."),
            url=f"{reverse('competition:statement-show', args=[challenge.code])}#{anchor(message)}",
        )
        for message in open_questions(challenge)
    ]
    return [result for result in results if not result.passed]


def anchor(message: ReviewMessage) -> str:
    """Return the fragment of a message on the page of its statement."""
    return f"message-{message.pk}"
