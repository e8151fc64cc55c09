"""What a question of the problem statement is: data from which forms and pages are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices

# Flags of the AI Act pre-check that make further answers necessary.
FRIA_REQUIRED = "FRIA_REQUIRED"
DPIA = "DPIA"


class Kind(StrEnum):
    """How a question is answered, and what is stored."""

    TEXT = "text"  # one line; str
    RICH = "rich"  # Markdown; str
    EMAIL = "email"  # str
    NUMBER = "number"  # int, or str with decimal point where decimals are allowed
    CHOICE = "choice"  # the code; str
    MULTI = "multi"  # codes in the order of the choices; list of str
    YES_NO = "yes_no"  # bool
    LIST = "list"  # rows with one column named `text`; list of dict
    TABLE = "table"  # rows; list of dict by column key


class Need(StrEnum):
    """By when an answer is needed; the values are the tiers of the page components."""

    HAND_IN = "submit"  # ● before the statement can be handed in
    PUBLISH = "publish"  # ○ before it can be published
    OPTIONAL = "none"  # never


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides which questions apply: no query hides behind it."""

    answers: Mapping[str, Any]
    flags: frozenset[str] = frozenset()
    eu_threshold: int | None = None

    def is_yes(self, key: str) -> bool:
        """Say whether a yes/no question was answered with yes."""
        return self.answers.get(key) is True

    def one_of(self, key: str, *codes: str) -> bool:
        """Say whether the answer to a choice is one of the codes."""
        return self.answers.get(key) in codes


@dataclass(frozen=True, slots=True)
class Condition:
    """When a question applies: a test, and the words that explain it to the author."""

    words: Any
    holds: Callable[[Facts], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table; text columns carry an English version under `<key>_en`."""

    key: str
    label: Any
    kind: Kind = Kind.TEXT
    hint: Any = ""
    max_length: int = 200
    choices: type[TextChoices] | None = None
    is_required: bool = True
    is_long: bool = False
    unit: Any = ""

    @property
    def is_translatable(self) -> bool:
        """Say whether the column takes an English version."""
        return self.kind is Kind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question: its number in the template (PS-n), its words, and the rules for an answer."""

    number: str
    key: str
    label: Any
    kind: Kind
    why: Any = ""
    example: Any = ""
    need: Need = Need.HAND_IN
    when: Condition | None = None
    max_length: int = 0
    choices: type[TextChoices] | None = None
    columns: tuple[Column, ...] = ()
    row_name: Any = ""
    max_rows: int = 20
    decimals: int = 0
    minimum: int = 0
    maximum: int = 1_000_000_000
    unit: Any = ""
    is_published: bool = True
    published_when: Condition | None = None
    is_translatable: bool = False
    # A column of Challenge holds the answer, not the JSON field.
    is_column: bool = False
    # What the form starts with; it counts only once it was saved.
    preset: Any = None

    @property
    def is_rows(self) -> bool:
        """Say whether the answer consists of rows."""
        return self.kind in {Kind.LIST, Kind.TABLE}

    def applies(self, facts: Facts) -> bool:
        """Say whether the question is to be answered at all."""
        return self.when is None or self.when.holds(facts)

    def is_needed(self, facts: Facts, need: Need) -> bool:
        """Say whether the answer is needed at a tier."""
        return self.need is need and self.applies(facts)

    def is_public(self, facts: Facts) -> bool:
        """Say whether the answer stands on the public page."""
        if not self.is_published or not self.applies(facts):
            return False
        return self.published_when is None or self.published_when.holds(facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page of questions."""

    key: str
    letter: str
    label: Any
    note: Any
    lead: Any
    fields: tuple[Field, ...] = field(default=())
