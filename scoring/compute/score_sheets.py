"""Read marks (CSV) and a rubric (TOML) as people write them, exactly, with all problems at once.

Numbers are taken digit by digit from the text and never pass through a binary float. A problem says
the line as an editor counts it.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from scoring.compute.panel import MOST_DIGITS, PanelCriterion, PanelRubric, Scale
from scoring.compute.schema import Aggregation, Method, Rounding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

    from scoring.compute.panel import Sheets

COLUMNS: Final = ("submission", "juror", "criterion", "mark")
SEPARATORS: Final = (",", ";", "\t")
PROBLEMS_KEPT: Final = 20
NUMBER: Final = re.compile(r"[+-]?\d{1,12}([.,]\d{1,12})?")
RUBRIC_KEYS: Final = frozenset({"scale", "aggregate", "rounding", "digits", "method", "criterion"})
CRITERION_KEYS: Final = frozenset({"key", "weight", "min", "max"})
LARGEST: Final = 10**12


class SheetError(ValueError):
    """Marks or rubric cannot be used; `problems` are English sentences, one for each finding."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


# ---- rubric ----------------------------------------------------------------------------------
def read_rubric(text: str) -> PanelRubric:
    """Read a rubric: scale, aggregate, rounding, digits, method, and the [[criterion]] tables.

    Raises:
        SheetError: it is no TOML, a key is unknown, or a value does not fit.

    """
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise SheetError([f"The rubric is not valid TOML: {error}."]) from error
    problems = [f"“{key}” is not a key of a rubric." for key in sorted(set(data) - RUBRIC_KEYS)]
    scale = _choice(data, "scale", Scale.POINTS, problems)
    aggregation = _choice(data, "aggregate", Aggregation.JUROR_FIRST, problems)
    rounding = _choice(data, "rounding", Rounding.AT_END, problems)
    method = _choice(data, "method", Method.WEIGHTED_MEAN, problems)
    digits = data.get("digits", 2)
    if not _is_whole(digits) or not 0 <= digits <= MOST_DIGITS:
        problems.append(f"digits: a whole number from 0 to {MOST_DIGITS} is needed.")
    rows = data.get("criterion", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise SheetError([*problems, "The rubric needs at least one [[criterion]]."])
    criteria = [_criterion(row, at, scale, problems) for at, row in enumerate(rows, start=1)]
    keys = [criterion.key for criterion in criteria]
    problems += [
        f"The criterion “{key}” stands in the rubric more than once."
        for key in sorted({key for key in keys if key and keys.count(key) > 1})
    ]
    if not problems and not any(criterion.counted for criterion in criteria):
        problems.append("At least one criterion needs a weight above 0.")
    if problems:
        raise SheetError(problems)
    return PanelRubric(
        criteria=tuple(criteria),
        scale=scale,
        aggregation=aggregation,
        rounding=rounding,
        digits=digits,
        method=method,
    )


def plain_rubric(sheets: Sheets, *, digits: int = 2) -> PanelRubric:
    """Return the rubric of marks that come without one: points, every criterion weighs 1."""
    keys = sorted({key for own in sheets.values() for sheet in own.values() for key in sheet})
    return PanelRubric(criteria=tuple(PanelCriterion(key=key) for key in keys), digits=digits)


def _choice[Kind: StrEnum](
    data: dict[str, Any], key: str, default: Kind, problems: list[str]
) -> Kind:
    kinds = type(default)
    value = data.get(key, default.value)
    if isinstance(value, str) and value in list(kinds):
        return kinds(value)
    problems.append(f"{key}: one of {', '.join(f'“{kind.value}”' for kind in kinds)} is needed.")
    return default


def _criterion(row: dict[str, Any], at: int, scale: Scale, problems: list[str]) -> PanelCriterion:
    key = row.get("key")
    name = f"Criterion {at}"
    if not isinstance(key, str) or not key.strip():
        problems.append(f"{name}: key is missing.")
        key = ""
    else:
        key = key.strip()
        name = f"Criterion “{key}”"
    problems += [
        f"{name}: “{unknown}” is not a key of a criterion."
        for unknown in sorted(set(row) - CRITERION_KEYS)
    ]
    weight = _number(row, "weight", name, problems)
    low = _number(row, "min", name, problems)
    high = _number(row, "max", name, problems)
    if weight is not None and weight < 0:
        problems.append(f"{name}: a weight is at least 0.")
    if low is not None and high is not None and high <= low:
        problems.append(f"{name}: max has to be above min.")
    if scale is Scale.PERCENT and not {"min", "max"} <= set(row):
        problems.append(f"{name}: the scale “percent” needs min and max.")
    return PanelCriterion(
        key=key, weight=Fraction(1) if weight is None else weight, low=low, high=high
    )


def _number(row: dict[str, Any], field: str, name: str, problems: list[str]) -> Fraction | None:
    if field not in row:
        return None
    value = row[field]
    if _is_whole(value) and abs(value) <= LARGEST:
        return Fraction(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= LARGEST:
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent >= -MOST_DIGITS:
            return Fraction(value)
    problems.append(f"{name}: {field} is no usable number.")
    return None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# ---- marks -----------------------------------------------------------------------------------
def read_marks(
    content: bytes, rubric: PanelRubric | None = None
) -> dict[str, dict[str, dict[str, Fraction]]]:
    """Read a long table (submission, juror, criterion, mark) as sheets by submission and juror.

    An empty mark and an absent row are the same: missing. Submissions and jurors that appear with
    empty marks only are kept, without a mark. Semicolons, tabs and decimal commas are read as such
    if the file keeps to them; further columns are left aside.

    Raises:
        SheetError: the header does not fit, or lines cannot be used; the first problems are named.

    """
    rows = _rows(content)
    header_line, header = next(rows, (0, []))
    names = [cell.strip().casefold() for cell in header]
    missing = [column for column in COLUMNS if names.count(column) != 1]
    if missing:
        wanted = ", ".join(COLUMNS)
        raise SheetError(
            [f"Line {max(header_line, 1)}: the header needs each of {wanted} exactly once."]
        )
    places = [names.index(column) for column in COLUMNS]
    known = None if rubric is None else {c.key: c for c in rubric.criteria}
    sheets: dict[str, dict[str, dict[str, Fraction]]] = {}
    first_line: dict[tuple[str, str, str], int] = {}
    problems: list[str] = []
    sign: tuple[str, int] | None = None
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            problems.append(f"Line {line}: {len(cells)} columns instead of {len(names)}.")
            continue
        submission, juror, criterion, text = (cells[at].strip() for at in places)
        if not (submission and juror and criterion):
            problems.append(f"Line {line}: submission, juror and criterion cannot be empty.")
            continue
        place = (submission, juror, criterion)
        if place in first_line:
            problems.append(
                f"Line {line}: {juror} has marked {submission} in {criterion} already, "
                f"in line {first_line[place]}."
            )
            continue
        first_line[place] = line
        if known is not None and criterion not in known:
            problems.append(f"Line {line}: the rubric has no criterion “{criterion}”.")
            continue
        sheet = sheets.setdefault(submission, {}).setdefault(juror, {})
        if not text:
            continue
        mark = _mark(text)
        if mark is None:
            problems.append(f"Line {line}: “{text[:40]}” is not a number.")
            continue
        used = next((character for character in text if character in ".,"), "")
        if used and sign is None:
            sign = (used, line)
        elif used and sign is not None and used != sign[0]:
            problems.append(f"Line {line}: “{text}” has another decimal sign than line {sign[1]}.")
            continue
        if known is not None and not known[criterion].holds(mark):
            problems.append(f"Line {line}: {text} lies outside the scale of {criterion}.")
            continue
        sheet[criterion] = mark
    if not first_line and not problems:
        problems.append("The file has no marks.")
    if problems:
        left = len(problems) - PROBLEMS_KEPT
        raise SheetError(
            problems[:PROBLEMS_KEPT] + ([f"{left} more lines have problems."] if left > 0 else [])
        )
    return sheets


def _rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (physical line, cells); the line is the one on which a row begins."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise SheetError(["The file is neither UTF-8 nor Windows-1252."]) from None
    if "\0" in text:
        raise SheetError(["The file is not a text file."])
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise SheetError([f"Line {begins}: the row cannot be read ({error})."]) from error


def _mark(text: str) -> Fraction | None:
    if not NUMBER.fullmatch(text):
        return None
    try:
        return Fraction(Decimal(text.replace(",", ".")))
    except InvalidOperation:
        return None
