"""The data and model card and the self-check of a version: questions, gaps, and words.

Whether teams are asked at all, and whether they must answer, the problem statement says (PS-51).
The self-check asks the questions of the AI Act pre-check about the team's own solution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from competition import precheck
from competition.statement.answers import is_empty
from competition.statement.choices import Extra
from competition.statement.fields import Field, Kind, Need

if TYPE_CHECKING:
    from competition.models import Challenge
    from competition.precheck import LegalDates, Result


def _question(key: str, label: Any, why: Any, *, need: Need = Need.HAND_IN) -> Field:
    return Field(
        number="", key=key, label=label, kind=Kind.RICH, why=why, need=need, max_length=1_000
    )


CARD: Final = (
    _question(
        "purpose",
        _("Purpose: what is it for, and what is it not for?"),
        _("Who uses it, in which step of the work. Name uses that you advise against."),
    ),
    _question(
        "model",
        _("Model: what does it consist of?"),
        _("Methods, pre-trained models and libraries, with version and licence."),
    ),
    _question(
        "data",
        _("Data: what was it trained and tested with?"),
        _("Origin, licence, personal data; also data that is not from the problem statement."),
    ),
    _question(
        "quality",
        _("Quality: how good is it, and for whom less?"),
        _("How you measured, with which result; differences between groups; typical errors."),
    ),
    _question(
        "limits",
        _("Limits: when does it fail?"),
        _("Inputs or situations in which nobody should rely on it."),
    ),
    _question(
        "oversight",
        _("Oversight: who checks it, and how?"),
        _("How a person notices an error, corrects it, and can switch the solution off."),
    ),
    _question(
        "energy",
        _("Resources: what does it need to run?"),
        _("Hardware, computing time and, if known, energy for training and for operation."),
        need=Need.OPTIONAL,
    ),
)


def asks_card(challenge: Challenge) -> bool:
    """Say whether teams are asked for a data and model card."""
    return bool(challenge.answer("model_card"))


def needs_card(challenge: Challenge) -> bool:
    """Say whether nobody can hand in without the card."""
    return bool(challenge.answer("model_card") == Extra.NEEDED)


def asks_self_check(challenge: Challenge) -> bool:
    """Say whether teams are asked for the self-check."""
    return bool(challenge.answer("self_check"))


def needs_self_check(challenge: Challenge) -> bool:
    """Say whether nobody can hand in without the self-check."""
    return bool(challenge.answer("self_check") == Extra.NEEDED)


def open_questions(card: Mapping[str, Any]) -> list[Field]:
    """Return the questions of the card that must be answered and are not."""
    return [
        question
        for question in CARD
        if question.need is Need.HAND_IN and is_empty(card.get(question.key))
    ]


def lines(card: Mapping[str, Any]) -> list[tuple[Any, str]]:
    """Return questions and answers of the card, in order; unanswered ones are left out."""
    return [
        (question.label, card[question.key])
        for question in CARD
        if not is_empty(card.get(question.key))
    ]


def result(answers: Mapping[str, Any], legal: LegalDates | None = None) -> Result:
    """Return what follows from the answers of the self-check: outcome, duties, open questions."""
    return precheck.classify(answers, ruleset=precheck.RULESET, legal=legal or {})
