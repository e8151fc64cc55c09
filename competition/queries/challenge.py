"""Reads for the public page of one problem statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from competition.models import PhaseChange, Resource
from competition.models.bilingual import Text
from competition.queries.statement import facts_of
from competition.statement import SECTIONS
from competition.statement.choices import Licence, PrizeKind
from competition.statement.display import ShownAnswer, ShownSection, shown
from competition.states import Audience

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from accounts.models import User
    from competition.models import Challenge


# -- what to hand in, what to win -----------------------------------------------------------------


def prize_amounts(challenge: Challenge) -> list[int]:
    """Return the amounts of money among the prizes, the highest first."""
    rows = challenge.answer("prizes") or []
    return sorted((int(row["amount"]) for row in rows if row.get("amount")), reverse=True)


def other_prizes(challenge: Challenge) -> list[str]:
    """Return the kinds of prizes beside money, such as a pilot contract, each once."""
    labels = {str(value): str(label) for value, label in PrizeKind.choices}
    kinds = [row.get("kind") for row in challenge.answer("prizes") or []]
    return [labels[kind] for kind in dict.fromkeys(kinds) if kind in labels and kind != "money"]


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A document to hand in and its limits in words."""

    name: Text
    limits: str


def deliverables(challenge: Challenge) -> list[Deliverable]:
    """Return what teams hand in: the table of the statement, else the two kinds of files."""
    found = [_deliverable(row) for row in challenge.answer("deliverables") or []]
    if found:
        return found
    lang = get_language() or "de"
    wanted = [
        (challenge.wants_concept, _("Concept"), "PDF"),
        (challenge.wants_predictions, _("Prediction file"), "CSV"),
    ]
    return [Deliverable(Text(name, lang), kind) for is_wanted, name, kind in wanted if is_wanted]


def _deliverable(row: dict[str, Any]) -> Deliverable:
    english = row.get("name_en") if (get_language() or "de").startswith("en") else ""
    pages, megabytes = row.get("pages"), row.get("megabytes")
    limits = [
        str(row.get("format") or ""),
        ngettext("%(count)s page", "%(count)s pages", int(pages)) % {"count": pages}
        if pages
        else "",
        _("at most %(number)s MB") % {"number": megabytes} if megabytes else "",
    ]
    return Deliverable(
        name=Text(english, "en") if english else Text(str(row.get("name") or ""), "de"),
        limits=", ".join(limit for limit in limits if limit),
    )


# -- the text of a statement ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadSection:
    """A section for reading: long answers one after the other, short ones as facts below them."""

    key: str
    label: str
    long: tuple[ShownAnswer, ...]
    short: tuple[ShownAnswer, ...]


# What everybody reads first; the rest stands folded below the scoring.
_FIRST = ("problem", "goal", "data")
_THEN = ("competition", "law", "constraints", "transfer", "basics")
# These stand elsewhere on the page.
_ELSEWHERE = frozenset({"title", "tagline", "easy_summary", "contact", "wants", "data_given"})


def statement_texts(challenge: Challenge) -> tuple[list[ReadSection], list[ReadSection]]:
    """Return the published sections: those about the problem, and those about the conditions."""
    facts = facts_of(challenge)
    sections = {
        section.key: _read(section) for section in shown(challenge, SECTIONS, facts, is_public=True)
    }
    return (
        [sections[key] for key in _FIRST if key in sections],
        [found for key in _THEN if (found := sections.get(key)) and (found.long or found.short)],
    )


def _read(section: ShownSection) -> ReadSection:
    answers = [answer for answer in section.answers if answer.key not in _ELSEWHERE]
    return ReadSection(
        key=section.key,
        label=section.label,
        long=tuple(answer for answer in answers if answer.is_rich or answer.rows),
        short=tuple(answer for answer in answers if not (answer.is_rich or answer.rows)),
    )


def licence_words(challenge: Challenge) -> str:
    """Return the name of the licence of the data, empty where none is given."""
    code = challenge.answer("data_licence")
    if not code:
        return ""
    return {str(value): str(label) for value, label in Licence.choices}.get(code, str(code))


# -- files and deadlines --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of the data table, and for whom it is where this person may not have it."""

    resource: Resource
    is_open: bool
    needs: str


def _needs(resource: Resource) -> str:
    if resource.audience == Audience.PARTICIPANTS:
        return _("for teams that accepted the terms")
    return _("with an account")


def files(challenge: Challenge, user: User | AnonymousUser) -> list[FileLine]:
    """Return all files of a statement; those the person may not download say who may."""
    allowed = set(
        Resource.objects.visible_to(user).filter(challenge=challenge).values_list("pk", flat=True)
    )
    return [
        FileLine(
            resource, resource.pk in allowed, "" if resource.pk in allowed else _needs(resource)
        )
        for resource in challenge.resources.all()
    ]


def deadline_changes(challenge: Challenge) -> QuerySet[PhaseChange]:
    """Return the public log of moved deadlines, the latest first."""
    return PhaseChange.objects.filter(phase__challenge=challenge).select_related("phase")
