"""What a solution takes to make and to run, as its team declares it: fields, gaps, and words.

Whether teams are asked at all, and whether they must answer, the problem statement says. The
answers lie with those of the data and model card, so that both are one page, one saved state and
one part of the receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext_lazy as _

from competition.statement.answers import is_empty
from competition.statement.choices import Extra
from competition.statement.fields import Field, Kind, Need
from core.display import number_words

if TYPE_CHECKING:
    from competition.models import Challenge


def _amount(key: str, label: Any, unit: Any, why: Any) -> Field:
    return Field(
        number="", key=key, label=label, kind=Kind.NUMBER, why=why, need=Need.HAND_IN, unit=unit,
        decimals=2,
    )  # fmt: skip


FIELDS: Final = (
    _amount(
        "train_energy",
        _("Energy for training"),
        _("kWh"),
        _("All runs for this version, also those that failed. 0 if nothing was trained."),
    ),
    _amount(
        "train_hours",
        _("Computing time for training"),
        _("hours"),
        _("Of all devices together, if you do not know the energy."),
    ),
    _amount(
        "use_energy",
        _("Energy for 1,000 cases"),
        _("Wh"),
        _("What the finished solution takes to answer 1,000 cases."),
    ),
    _amount(
        "use_cost",
        _("Cost of 1,000 cases"),
        _("euros"),
        _("Computing, licences and services, at prices of today."),
    ),
    _amount(
        "size",
        _("Size of the model"),
        _("million parameters"),
        _("Of all models together that run; 0 for rules without parameters."),
    ),
    Field(
        number="",
        key="licence",
        label=_("Licence of the solution"),
        kind=Kind.TEXT,
        why=_("Of code and model, such as EUPL-1.2; say if parts have another one."),
        max_length=120,
    ),
    Field(
        number="",
        key="services",
        label=_("Services of third parties"),
        kind=Kind.RICH,
        why=_(
            "What runs elsewhere: which service, where, and which data goes there. Write “none” if "
            "everything runs on site. Name neither your team nor your organisation."
        ),
        max_length=600,
    ),
)
BY_KEY: Final = {field.key: field for field in FIELDS}
CHOICES: Final = [(field.key, field.label) for field in FIELDS]
# Of these one is enough.
EITHER: Final = (("train_energy", "train_hours"), ("use_energy", "use_cost"))


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared value; empty where nothing was declared."""

    key: str
    label: Any
    text: str

    @property
    def is_prose(self) -> bool:
        """Say whether the team wrote it in its own words, in the language of the competition."""
        return BY_KEY[self.key].kind is not Kind.NUMBER


def is_asked(challenge: Challenge) -> bool:
    """Say whether teams are asked to declare the footprint of their solution."""
    return bool(challenge.answer("footprint"))


def is_needed(challenge: Challenge) -> bool:
    """Say whether nobody can hand in without it."""
    return bool(challenge.answer("footprint") == Extra.NEEDED)


def open_fields(answers: Mapping[str, Any]) -> list[Field]:
    """Return the fields that must be declared and are not; of a pair the first stands for both."""
    given = {key for key in BY_KEY if not is_empty(answers.get(key))}
    given |= {key for pair in EITHER if given & set(pair) for key in pair}
    seconds = {pair[1] for pair in EITHER}
    return [field for field in FIELDS if field.key not in given | seconds]


def words(key: str, answers: Mapping[str, Any]) -> str:
    """Write one declared value with its unit; empty where nothing was declared."""
    field, value = BY_KEY[key], answers.get(key)
    if is_empty(value):
        return ""
    if field.kind is not Kind.NUMBER:
        return str(value)
    _whole, _point, fraction = str(value).partition(".")
    return f"{number_words(value, len(fraction))} {field.unit}"


def lines(answers: Mapping[str, Any]) -> list[Declared]:
    """Return what was declared, in order."""
    return [
        Declared(field.key, field.label, words(field.key, answers))
        for field in FIELDS
        if not is_empty(answers.get(field.key))
    ]


def row(fields: list[Field], answers: Mapping[str, Any]) -> list[Declared]:
    """Return what is declared of these fields, empty where nothing is."""
    return [Declared(field.key, field.label, words(field.key, answers)) for field in fields]


def columns(cards: list[Mapping[str, Any]]) -> list[Field]:
    """Return the fields of which at least one solution declares something."""
    return [field for field in FIELDS if any(not is_empty(card.get(field.key)) for card in cards)]


def values(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was declared for programs: numbers as they were stored, missing is empty."""
    return {key: answers.get(key, "") for key in BY_KEY}


def table(cards: list[Mapping[str, Any]]) -> list[tuple[Field, list[str]]]:
    """Return field by field what several solutions declare; fields that all leave open are out."""
    return [(field, [words(field.key, card) for card in cards]) for field in columns(cards)]
