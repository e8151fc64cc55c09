"""What is still missing or contradicts itself, in sentences; pure functions over the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from competition.statement.answers import columns_of, is_empty
from competition.statement.choices import (
    DataAccess,
    Deliverable,
    Eligible,
    Personal,
    Territory,
)
from competition.statement.conditions import is_design_competition
from competition.statement.fields import Facts, Field, Need, Section

if TYPE_CHECKING:
    from competition.models import Challenge

# Both languages are needed for these before publication: lists and mails are made from them.
BILINGUAL_COLUMNS = ("title", "tagline")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that keeps a statement back: where it is, until when it is needed, in words."""

    section: str
    field: str
    need: Need
    sentence: str

    @property
    def anchor(self) -> str:
        """Return the question; its English version stands beside it."""
        return self.field.removesuffix("_en")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a section is: answers given and needed, per tier."""

    submit_done: int
    submit_total: int
    publish_done: int
    publish_total: int

    @property
    def is_ready(self) -> bool:
        """Say whether nothing is missing for handing in."""
        return self.submit_done == self.submit_total

    @property
    def is_complete(self) -> bool:
        """Say whether nothing is missing at all."""
        return self.is_ready and self.publish_done == self.publish_total


def answer_of(challenge: Challenge, question: Field) -> Any:
    """Return the stored answer, from its column or from the JSON field; None if there is none."""
    if not question.is_column:
        return challenge.answers.get(question.key)
    if question.key == "wants":
        wanted = {
            Deliverable.CONCEPT: challenge.wants_concept,
            Deliverable.PREDICTIONS: challenge.wants_predictions,
        }
        return [code.value for code, is_wanted in wanted.items() if is_wanted] or None
    return getattr(challenge, f"{question.key}_de") or None


def translation_of(challenge: Challenge, question: Field) -> str:
    """Return the English version of a text answer, empty if nobody wrote one."""
    if question.is_column:
        text: str = getattr(challenge, f"{question.key}_en")
        return text
    return str(challenge.translations.get(question.key) or "")


def gaps_of_answer(question: Field, value: Any) -> list[str]:
    """Return the sentences that say what an answer still lacks; empty when it is complete."""
    if is_empty(value):
        return [_("“%(label)s” is not answered yet.") % {"label": question.label}]
    if not question.is_rows:
        return []
    return [
        _("“%(label)s”, entry %(number)s: “%(column)s” is missing.")
        % {"label": question.label, "number": number, "column": column.label}
        for number, row in enumerate(value, start=1)
        for column in columns_of(question)
        if column.is_required and is_empty(row.get(column.key))
    ]


def gaps_of_section(challenge: Challenge, section: Section, facts: Facts) -> Iterator[Gap]:
    """Yield what a section lacks, in the order of its questions, both tiers."""
    for question in section.fields:
        if question.need is Need.OPTIONAL or not question.applies(facts):
            continue
        for sentence in gaps_of_answer(question, answer_of(challenge, question)):
            yield Gap(section.key, question.key, question.need, sentence)
        if question.key in BILINGUAL_COLUMNS and not translation_of(challenge, question):
            yield Gap(
                section.key,
                f"{question.key}_en",
                Need.PUBLISH,
                _("“%(label)s”: the English version is missing.") % {"label": question.label},
            )
    for gap in contradictions(facts):
        if gap.section == section.key:
            yield gap


def missing(
    challenge: Challenge, sections: tuple[Section, ...], facts: Facts, *, need: Need
) -> list[Gap]:
    """Return what is missing at a tier; for PUBLISH everything that is needed for HAND_IN too."""
    wanted = {Need.HAND_IN} if need is Need.HAND_IN else {Need.HAND_IN, Need.PUBLISH}
    return [
        gap
        for section in sections
        for gap in gaps_of_section(challenge, section, facts)
        if gap.need in wanted
    ]


def progress_of(challenge: Challenge, section: Section, facts: Facts) -> Progress:
    """Count the answers of a section; one question with several gaps counts once."""
    open_fields = {
        need: {gap.field for gap in gaps_of_section(challenge, section, facts) if gap.need is need}
        for need in (Need.HAND_IN, Need.PUBLISH)
    }
    totals = {
        need: sum(question.is_needed(facts, need) for question in section.fields)
        for need in (Need.HAND_IN, Need.PUBLISH)
    }
    totals[Need.PUBLISH] += sum(question.key in BILINGUAL_COLUMNS for question in section.fields)
    return Progress(
        submit_done=totals[Need.HAND_IN] - len(open_fields[Need.HAND_IN]),
        submit_total=totals[Need.HAND_IN],
        publish_done=totals[Need.PUBLISH] - len(open_fields[Need.PUBLISH]),
        publish_total=totals[Need.PUBLISH],
    )


def contradictions(facts: Facts) -> Iterator[Gap]:
    """Yield answers that cannot stand beside each other; each names the one to change."""
    for section, key, sentence in _contradictions(facts):
        yield Gap(section, key, Need.HAND_IN, sentence)


def _contradictions(facts: Facts) -> Iterator[tuple[str, str, str]]:
    if is_design_competition(facts):
        yield from _design_competition(facts)
    if facts.is_yes("special_cat") and facts.one_of("personal", Personal.NO):
        yield (
            "data",
            "personal",
            _("Special categories are personal data: change one of the two answers."),
        )
    if facts.one_of("personal", Personal.YES) and facts.one_of("data_access", DataAccess.OPEN):
        yield (
            "data",
            "data_access",
            _("Personal data cannot be open to everyone: choose another access."),
        )
    value = facts.answers.get("est_value")
    prizes = sum(
        row.get("amount") or 0
        for row in facts.answers.get("prizes") or []
        if isinstance(row.get("amount"), int)
    )
    if isinstance(value, int) and value < prizes:
        yield (
            "law",
            "est_value",
            _("The estimated value is lower than the sum of the prizes (EUR %(sum)s).")
            % {"sum": prizes},
        )


def _design_competition(facts: Facts) -> Iterator[tuple[str, str, str]]:
    if facts.answers.get("anonymity") is False:
        yield (
            "competition",
            "anonymity",
            _("A design competition must be anonymous (§ 72(2) VgV): answer yes."),
        )
    eligible = set(facts.answers.get("eligibility") or [])
    if eligible and (eligible == {Eligible.NATURAL} or Eligible.NATURAL not in eligible):
        yield (
            "competition",
            "eligibility",
            _(
                "A design competition must be open to natural and to legal persons (§ 71(2) VgV): "
                "choose both."
            ),
        )
    if facts.one_of("territory", Territory.GERMANY):
        yield (
            "competition",
            "territory",
            _("A design competition may not be restricted to one country (§ 71(2) VgV)."),
        )
