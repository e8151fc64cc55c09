"""What an acceptable answer is: one set of rules for the form, the action and the interface.

Nothing here asks whether an answer is needed: incomplete statements can always be saved. What is
missing is the business of `completeness`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from competition.statement.fields import Column, Field, Kind

# The one key of a row of a LIST.
LIST_COLUMN = "text"
ENGLISH = "_en"

_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
_PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]+)?")
_DIGITS = re.compile(r"[0-9]+")
_YES = frozenset({True, "yes", "true", "True", "1"})
_NO = frozenset({False, "no", "false", "False", "0"})


def list_column(question: Field) -> Column:
    """Return the only column of a LIST, so that lists and tables share all code."""
    return Column(key=LIST_COLUMN, label=question.row_name, max_length=question.max_length)


def columns_of(question: Field) -> tuple[Column, ...]:
    """Return the columns of a question with rows."""
    return question.columns if question.kind is Kind.TABLE else (list_column(question),)


def is_empty(value: Any) -> bool:
    """Say whether nothing was answered; `False` and 0 are answers."""
    return value is None or value in ("", [], {})


def clean_answer(question: Field, raw: Any) -> Any:
    """Return the answer in the form in which it is stored, None if there is none.

    Raises:
        ValidationError: the answer breaks a rule; each message is a sentence for the author.

    """
    if question.is_rows:
        return _clean_rows(question, raw)
    match question.kind:
        case Kind.YES_NO:
            return _clean_yes_no(raw)
        case Kind.MULTI:
            return _clean_multi(question, raw)
        case Kind.CHOICE:
            return _clean_choice(question.choices, raw)
        case Kind.NUMBER:
            return _clean_number(
                raw, question.decimals, minimum=question.minimum, maximum=question.maximum
            )
        case Kind.EMAIL:
            return _clean_email(raw, question.max_length)
    return clean_text(raw, question.max_length, is_line=question.kind is Kind.TEXT)


def clean_translation(question: Field, raw: Any) -> str | None:
    """Return the English version of a text answer, None if there is none.

    Raises:
        ValidationError: it is too long, or the question takes no translation.

    """
    if not question.is_translatable:
        raise ValidationError(_("This answer has no English version."), code="no_translation")
    return clean_text(raw, question.max_length, is_line=question.kind is Kind.TEXT)


def clean_cell(column: Column, raw: Any) -> Any:
    """Return the value of one cell in the form in which it is stored, None if it is empty.

    Raises:
        ValidationError: the value breaks a rule.

    """
    match column.kind:
        case Kind.NUMBER:
            return _clean_number(raw, 0, minimum=0, maximum=1_000_000_000)
        case Kind.CHOICE:
            return _clean_choice(column.choices, raw)
    return clean_text(raw, column.max_length, is_line=not column.is_long)


def clean_text(raw: Any, limit: int, *, is_line: bool = False) -> str | None:
    """Trim, unify line breaks, and check the length; None if nothing is left."""
    if raw is None:
        return None
    text = str(raw).replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in text:
        raise ValidationError(_("Remove the invisible control characters."), code="control")
    if is_line:
        text = " ".join(text.split())
    if len(text) > limit:
        raise ValidationError(
            _("Please shorten the text to %(limit)s characters. It has %(count)s now."),
            code="max_length",
            params={"limit": limit, "count": len(text)},
        )
    return text or None


def parse_number(text: str) -> Decimal:
    """Read a number as people write it: 216.000, 216 000, 3,5 and 3.5; never guess silently.

    One separator with exactly three digits behind it may be a thousand or a fraction: then the
    language of the page decides. German groups with a point, English with a comma.

    Raises:
        ValueError: it is no number.

    """
    compact = re.sub(r"[\s\u00a0\u202f'’]", "", text)
    group, point = (",", ".") if (get_language() or "de").startswith("en") else (".", ",")
    if "." in compact and "," in compact:
        point = max(".", ",", key=compact.rfind)
        group = "," if point == "." else "."
        whole, _sep, fraction = compact.rpartition(point)
        if not _GROUPED.fullmatch(whole) or point in whole or not _DIGITS.fullmatch(fraction):
            raise ValueError(text)
        compact = f"{whole.replace(group, '')}.{fraction}"
    elif compact.count(".") + compact.count(",") > 1:
        if not _GROUPED.fullmatch(compact):
            raise ValueError(text)
        compact = compact.replace(".", "").replace(",", "")
    elif _GROUPED.fullmatch(compact) and group in compact:
        compact = compact.replace(group, "")
    elif _PLAIN.fullmatch(compact):
        compact = compact.replace(",", ".")
    else:
        raise ValueError(text)
    try:
        return Decimal(compact)
    except InvalidOperation as error:
        raise ValueError(text) from error


def _clean_number(raw: Any, decimals: int, *, minimum: int, maximum: int) -> int | str | None:
    if is_empty(raw) or (isinstance(raw, str) and not raw.strip()):
        return None
    try:
        number = parse_number(raw) if isinstance(raw, str) else Decimal(str(raw))
    except (ValueError, InvalidOperation):
        raise ValidationError(
            _("Write a number in digits, for example 1,200."), code="number"
        ) from None
    if _decimals_of(number) > decimals:
        message = (
            _("Write a whole number without decimal places.")
            if decimals == 0
            else _("Write at most %(decimals)s decimal places.")
        )
        raise ValidationError(message, code="decimals", params={"decimals": decimals})
    if not minimum <= number <= maximum:
        raise ValidationError(
            _("Write a number from %(minimum)s to %(maximum)s."),
            code="range",
            params={"minimum": minimum, "maximum": maximum},
        )
    return int(number) if decimals == 0 else f"{number.normalize():f}"


def _decimals_of(number: Decimal) -> int:
    """Count decimal places; idle zeros do not count, except three of them.

    Somebody who writes 216,000 on a German page may mean 216 thousand: that is refused, not cut.
    """
    written, needed = number.as_tuple().exponent, number.normalize().as_tuple().exponent
    if not isinstance(written, int) or not isinstance(needed, int):
        raise TypeError(number)
    return 3 if written == -3 else max(-needed, 0)


def _clean_yes_no(raw: Any) -> bool | None:
    if raw is None or raw == "":
        return None
    if raw in _YES:
        return True
    if raw in _NO:
        return False
    raise ValidationError(_("Choose yes or no."), code="choice")


def _clean_choice(choices: type[TextChoices] | None, raw: Any) -> str | None:
    if is_empty(raw):
        return None
    if choices is None or raw not in choices.values:
        raise ValidationError(_("Choose one of the answers offered."), code="choice")
    return str(raw)


def _clean_multi(question: Field, raw: Any) -> list[str] | None:
    if is_empty(raw):
        return None
    if isinstance(raw, str) or not isinstance(raw, Sequence) or question.choices is None:
        raise ValidationError(_("Choose from the answers offered."), code="choice")
    if set(raw) - set(question.choices.values):
        raise ValidationError(_("Choose from the answers offered."), code="choice")
    return [str(code) for code in question.choices.values if code in raw]


def _clean_email(raw: Any, limit: int) -> str | None:
    text = clean_text(raw, limit, is_line=True)
    if text is None:
        return None
    try:
        validate_email(text)
    except ValidationError:
        raise ValidationError(
            _("Write a complete e-mail address, for example unit@agency.example."), code="email"
        ) from None
    return text


def _clean_rows(question: Field, raw: Any) -> list[dict[str, Any]] | None:
    if is_empty(raw):
        return None
    if isinstance(raw, str) or not isinstance(raw, Sequence):
        raise ValidationError(_("Rows are expected here."), code="rows")
    rows: list[dict[str, Any]] = []
    problems: list[ValidationError] = []
    for number, given in enumerate(raw, start=1):
        row = _clean_row(question, given, number, problems)
        if row:
            rows.append(row)
    if len(rows) > question.max_rows:
        problems.append(
            ValidationError(
                _("At most %(limit)s entries are possible here."),
                code="max_rows",
                params={"limit": question.max_rows},
            )
        )
    if problems:
        raise ValidationError(problems)
    return rows or None


def _clean_row(
    question: Field, given: Any, number: int, problems: list[ValidationError]
) -> dict[str, Any]:
    cells: Mapping[str, Any] = given if isinstance(given, Mapping) else {LIST_COLUMN: given}
    row: dict[str, Any] = {}
    for column in columns_of(question):
        keys = [column.key, column.key + ENGLISH] if column.is_translatable else [column.key]
        for key in keys:
            try:
                value = clean_cell(column, cells.get(key))
            except ValidationError as error:
                problems.append(
                    ValidationError(
                        _("Entry %(number)s, %(column)s: %(message)s"),
                        code="row",
                        params={
                            "number": number,
                            "column": str(column.label),
                            "message": " ".join(error.messages),
                        },
                    )
                )
            else:
                if value is not None:
                    row[key] = value
    return row
