"""What the strict reader found, in words: one sentence per finding, and what to do about it.

Everything quoted comes from the file itself or from what is published with the challenge. The form
of the whole line (J-58): `Line 4,711, column “prob”: “0,83” is not a number. Did you mean 0.83?
(11,999 more lines alike)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.utils.functional import lazy
from django.utils.translation import gettext, gettext_lazy, gettext_noop, ngettext

from core.display import number_words, size_words
from scoring.compute.schema import Problem, ProblemKey, Severity
from submissions.extensions import FileProblem

K = ProblemKey

# Findings whose sentence does not depend on a count.
TITLES: Final[dict[ProblemKey, str]] = {
    K.READ_AS_WINDOWS_1252: gettext_noop("The file is not UTF-8 and was read as Windows-1252."),
    K.UTF_16: gettext_noop("The file is encoded as UTF-16, which is not accepted."),
    K.NUL_BYTES: gettext_noop("The file holds zero bytes, so it is no text file."),
    K.UNKNOWN_ENCODING: gettext_noop("The encoding of the file cannot be recognised."),
    K.QUOTING: gettext_noop("The quotation marks do not match."),
    K.ROW_WIDTH: gettext_noop(
        "A row has another number of columns: %(found)s instead of %(expected)s."
    ),
    K.BLANK_LINE: gettext_noop("There are blank lines between the rows."),
    K.BYTE_ORDER_MARK: gettext_noop("The file begins with a byte order mark, which was skipped."),
    K.HEADER_MISSING: gettext_noop("The line with the column names is missing."),
    K.COLUMN_MISSING: gettext_noop("The column “%(column)s” is missing."),
    K.COLUMN_UNKNOWN: gettext_noop("The column “%(value)s” is unknown."),
    K.COLUMN_DUPLICATE: gettext_noop("The column “%(value)s” is there more than once."),
    K.ID_NOT_NORMALISED: gettext_noop("The id “%(value)s” is spelt with other characters."),
    K.ID_DUPLICATE: gettext_noop("The id “%(value)s” is there more than once."),
    K.DECIMAL_COMMA_READ: gettext_noop("Numbers have a decimal comma and were read that way."),
    K.DECIMAL_COMMA: gettext_noop("“%(value)s” is not a number."),
    K.DECIMAL_POINT: gettext_noop("“%(value)s” has a decimal point, the other numbers a comma."),
    K.NOT_FINITE: gettext_noop("“%(value)s” is not a finite number."),
    K.NOT_A_NUMBER: gettext_noop("“%(value)s” is not a number."),
    K.OUT_OF_RANGE: gettext_noop("“%(value)s” is outside the allowed range."),
    K.LABEL_UNKNOWN: gettext_noop("The label “%(value)s” is unknown."),
    K.ROW_COUNT: gettext_noop("The file has %(found)s rows; %(expected)s are expected."),
    K.TOO_MANY_BYTES: gettext_noop("The file is larger than %(size)s."),
    K.TOO_MANY_ROWS: gettext_noop("The file has more than %(maximum)s rows."),
    K.TOO_MANY_COLUMNS: gettext_noop(
        "The file has %(found)s columns; at most %(maximum)s are read."
    ),
    K.FIELD_TOO_LONG: gettext_noop("A field is longer than %(maximum)s characters."),
    K.EMPTY: gettext_noop("The file is empty."),
    K.NO_ROWS: gettext_noop("The file has column names but no rows."),
    K.NOT_A_CSV_FILE: gettext_noop("This is a %(format)s file, not a CSV file."),
    K.SPREADSHEET: gettext_noop("This is a spreadsheet (%(format)s), not a CSV file."),
    K.LIST_TOO_LONG: gettext_noop("A list has more than %(maximum)s entries."),
    K.LIST_MALFORMED: gettext_noop("“%(value)s” is not a list."),
    K.SHARES_SUM: gettext_noop("The probabilities of a row add up to %(value)s instead of 1."),
}

ADVICE: Final[dict[ProblemKey, str]] = {
    K.READ_AS_WINDOWS_1252: gettext_noop("Saving it as “CSV UTF-8” is safer for umlauts."),
    K.UTF_16: gettext_noop("Save it as “CSV UTF-8”."),
    K.NUL_BYTES: gettext_noop("Export the table once more as “CSV UTF-8”."),
    K.UNKNOWN_ENCODING: gettext_noop("Save it as “CSV UTF-8”."),
    K.QUOTING: gettext_noop(
        "Put text that holds a separator between two quotation marks, and write a quotation mark "
        "within it twice."
    ),
    K.ROW_WIDTH: gettext_noop("Each row needs as many columns as the first line has."),
    K.BLANK_LINE: gettext_noop("Remove them."),
    K.HEADER_MISSING: gettext_noop("The first line must be: %(columns)s"),
    K.COLUMN_MISSING: gettext_noop("The first line must be: %(columns)s"),
    K.COLUMN_UNKNOWN: gettext_noop("Only these columns are expected: %(columns)s"),
    K.COLUMN_DUPLICATE: gettext_noop("Each column may be there once."),
    K.IDS_MISSING: gettext_noop("Each id of the task file needs a row. Missing: %(ids)s"),
    K.ID_UNKNOWN: gettext_noop("Use the ids of the task file as they are."),
    K.ID_EMPTY: gettext_noop("Each row needs an id of the task file."),
    K.ID_NOT_NORMALISED: gettext_noop("Copy the ids from the task file without changing them."),
    K.ID_DUPLICATE: gettext_noop("It is first in line %(first_line)s. Each id may be there once."),
    K.DECIMAL_COMMA: gettext_noop(
        "The file mixes decimal commas and decimal points: the first comma is in line %(line)s, "
        "the first point in line %(other_line)s. Write one of them."
    ),
    K.DECIMAL_POINT: gettext_noop(
        "The file mixes decimal commas and decimal points: the first point is in line %(line)s, "
        "the first comma in line %(other_line)s. Write one of them."
    ),
    K.VALUE_MISSING: gettext_noop(
        "Each row needs a prediction, also where your method is not sure."
    ),
    K.NOT_A_NUMBER: gettext_noop("Write numbers without units, spaces or separators of thousands."),
    K.NOT_FINITE: gettext_noop(
        "Infinite values and values that are no number cannot be evaluated."
    ),
    K.LABEL_UNKNOWN: gettext_noop("Allowed: %(labels)s"),
    K.ROW_COUNT: gettext_noop("Each id of the task file needs exactly one row."),
    K.TOO_MANY_BYTES: gettext_noop(
        "A prediction file holds the ids and the predictions, nothing else."
    ),
    K.TOO_MANY_ROWS: gettext_noop("A prediction file holds one row for each id of the task file."),
    K.TOO_MANY_COLUMNS: gettext_noop(
        "A prediction file holds the ids and the predictions, nothing else."
    ),
    K.FIELD_TOO_LONG: gettext_noop("Check whether a quotation mark is missing."),
    K.EMPTY: gettext_noop("Choose the file with your predictions."),
    K.NO_ROWS: gettext_noop("Choose the file with your predictions."),
    K.NOT_A_CSV_FILE: gettext_noop("Unpack or export the table and upload it as “CSV UTF-8”."),
    K.SPREADSHEET: gettext_noop("Open it and save it as “CSV UTF-8”, then upload that file."),
    K.LIST_TOO_LONG: gettext_noop("Keep the best ones."),
    K.LIST_MALFORMED: gettext_noop(
        "Write the entries one after the other with a bar between them and no spaces, each entry "
        "once: a|b|c"
    ),
    K.SHARES_SUM: gettext_noop(
        "They may be off by %(tolerance)s at most. Divide each by their sum."
    ),
}

_DECIMAL_COMMA_SPLITS: Final = gettext_noop(
    "A decimal comma seems to split a number into two columns. Separate the columns by semicolons, "
    "or write numbers with a decimal point."
)
_DELIMITER_CHANGES: Final[dict[str, str]] = {
    "comma": gettext_noop(
        "The separator changes in line %(line)s to a comma. Use one in the whole file."
    ),
    "semicolon": gettext_noop(
        "The separator changes in line %(line)s to a semicolon. Use one in the whole file."
    ),
    "tab": gettext_noop(
        "The separator changes in line %(line)s to a tab. Use one in the whole file."
    ),
}
_LOOKS_LIKE_PER_CENT: Final = gettext_noop("Your values look like per cent.")
_WRITE_A_POINT: Final = gettext_noop("Write numbers with a decimal point.")
SLIPS: Final[dict[str, str]] = {
    "spaces": gettext_noop(
        "There are spaces around the ids. Use them as they are in the task file."
    ),
    "leading_zeros": gettext_noop(
        "The leading zeros of the ids are lost. Keep the column as text."
    ),
    "decimals": gettext_noop("The ids became decimal numbers. Keep the column as text."),
    "case": gettext_noop(
        "The ids differ in upper and lower case. Use them as they are in the task file."
    ),
}

# What each code stands for, for the page that explains the check. Never change one: programs and
# instructions of teams name them.
RULES: Final[tuple[tuple[str, Any], ...]] = (
    ("E01", gettext_lazy("Encoding: UTF-8, or Windows-1252 as German Excel writes it")),
    ("E02", gettext_lazy("Separator, quotation marks and number of columns, the same in each row")),
    ("E03", gettext_lazy("Byte order mark: skipped")),
    ("E04", gettext_lazy("Column names: exactly those expected, in any order")),
    ("E05", gettext_lazy("Ids that are missing")),
    ("E06", gettext_lazy("Ids that the task file does not have")),
    ("E07", gettext_lazy("Ids that stand in the file more than once")),
    ("E08", gettext_lazy("Numbers: finite, with one decimal sign in the whole file")),
    ("E09", gettext_lazy("Numbers outside the allowed range")),
    ("E10", gettext_lazy("Labels that are not on the list")),
    ("E11", gettext_lazy("Number of rows")),
    ("E12", gettext_lazy("Size of the file, of a field, number of rows and columns")),
    ("E13", gettext_lazy("A file without rows")),
    ("E14", gettext_lazy("Archives, documents and other files that are no CSV file")),
    ("E15", gettext_lazy("Spreadsheets that were not saved as CSV")),
    ("E16", gettext_lazy("Lists: entries with a bar between them, each once")),
    ("E17", gettext_lazy("Probabilities of the classes: in each row they add up to 1")),
)


def title(problem: Problem) -> str:
    """Return what is wrong, as one sentence in the active language."""
    counted = _COUNTED.get(problem.key)
    text = counted(problem) if counted else gettext(TITLES[problem.key])
    return text % _words(problem)


def advice(problem: Problem) -> str:
    """Return what to do about it, in the active language; empty where the title says it all."""
    key = problem.key
    if key is K.OUT_OF_RANGE:
        allowed = _range(problem.params.get("minimum"), problem.params.get("maximum"))
        if problem.suggestion.get("cause") == "percent":
            return f"{allowed} {gettext(_LOOKS_LIKE_PER_CENT)}"
        return allowed
    text = ADVICE.get(key, "")
    if key is K.ROW_WIDTH and problem.suggestion.get("cause") == "decimal_comma":
        text = _DECIMAL_COMMA_SPLITS
    if key is K.ROW_WIDTH and problem.suggestion.get("cause") == "delimiter":
        text = _DELIMITER_CHANGES[str(problem.suggestion["delimiter"])]
    if key is K.DECIMAL_COMMA and problem.params.get("other_line") is None:
        text = _WRITE_A_POINT
    if key is K.ID_UNKNOWN:
        text = SLIPS.get(str(problem.suggestion.get("cause")), text)
    return gettext(text) % _words(problem) if text else ""


def suggestion(problem: Problem) -> str:
    """Return what may have been meant: a value, an id or a column; else nothing."""
    given = (problem.suggestion.get(name) for name in ("value", "id", "column"))
    first = problem.suggestions[0] if problem.suggestions else ""
    return next((str(meant) for meant in given if meant is not None), first)


def sentence(problem: Problem) -> str:
    """Return the whole line for lists and mails: place, sentence, guess, and how many more."""
    parts = [title(problem)]
    if meant := suggestion(problem):
        parts.append(gettext("Did you mean %(suggestion)s?") % {"suggestion": meant})
    if (more := problem.total - 1) > 0 and problem.lines:
        words = ngettext("(%(count)s more line alike)", "(%(count)s more lines alike)", more)
        parts.append(words % {"count": number_words(more)})
    place = _place(problem)
    return f"{place} {' '.join(parts)}" if place else " ".join(parts)


def file_problem(problem: Problem) -> FileProblem:
    """Return a finding for pages of lower apps; its texts follow the language of the reader."""
    return FileProblem(
        title=_lazy_title(problem),
        code=problem.code,
        advice=_lazy_advice(problem),
        column=problem.column or "",
        lines=problem.lines,
        total=problem.total,
        value=problem.value or "",
        suggestion=suggestion(problem),
        values=problem.values,
        suggestions=problem.suggestions,
        first_lines=first_lines(problem),
    )


def first_lines(problem: Problem) -> tuple[int, ...]:
    """Return, beside each line of a repeated id, the line in which the id stood first."""
    given = problem.params.get("first_lines")
    return tuple(int(line) for line in given) if isinstance(given, tuple) else ()


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Return the findings that refuse a file."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def notes(problems: Iterable[Problem]) -> list[Problem]:
    """Return how a file was read where a choice had to be made."""
    return [problem for problem in problems if problem.severity is Severity.NOTE]


def lazy_title(problem: Problem) -> Any:
    """Return the sentence so that it follows the language in which it is shown."""
    return _lazy_title(problem)


def _ids_missing(problem: Problem) -> str:
    return ngettext("%(total)s id is missing.", "%(total)s ids are missing.", problem.total)


def _id_unknown(problem: Problem) -> str:
    return ngettext(
        "The id “%(value)s” is unknown.",
        "%(total)s rows have an unknown id, the first is “%(value)s”.",
        problem.total,
    )


def _id_empty(problem: Problem) -> str:
    return ngettext("%(total)s row has no id.", "%(total)s rows have no id.", problem.total)


def _value_missing(problem: Problem) -> str:
    return ngettext(
        "%(total)s row has no prediction.", "%(total)s rows have no prediction.", problem.total
    )


def _delimiter(problem: Problem) -> str:
    if problem.params.get("delimiter") == "tab":
        return gettext("Columns are separated by tabs.")
    return gettext("Columns are separated by semicolons.")


_COUNTED: Final[dict[ProblemKey, Callable[[Problem], str]]] = {
    K.IDS_MISSING: _ids_missing,
    K.ID_UNKNOWN: _id_unknown,
    K.ID_EMPTY: _id_empty,
    K.VALUE_MISSING: _value_missing,
    K.DELIMITER_DETECTED: _delimiter,
}


def _place(problem: Problem) -> str:
    if not problem.lines:
        return ""
    line = number_words(problem.lines[0])
    if problem.column and problem.key != K.COLUMN_MISSING:
        return gettext("Line %(line)s, column “%(column)s”:") % {
            "line": line,
            "column": problem.column,
        }
    return gettext("Line %(line)s:") % {"line": line}


def _range(minimum: Any, maximum: Any) -> str:
    if minimum is None:
        return gettext("Allowed are values up to %(maximum)s.") % {"maximum": figure(maximum)}
    if maximum is None:
        return gettext("Allowed are values from %(minimum)s.") % {"minimum": figure(minimum)}
    return gettext("Allowed are values from %(minimum)s to %(maximum)s.") % {
        "minimum": figure(minimum),
        "maximum": figure(maximum),
    }


def figure(value: float) -> str:
    """Write a limit with the digits that it has."""
    text = f"{value:.12g}"
    if "e" in text:
        return text
    return number_words(text, len(text.partition(".")[2]))


def _words(problem: Problem) -> dict[str, str]:
    """Return everything that a sentence may name."""
    words = {
        "value": problem.value or "",
        "column": problem.column or "",
        "total": number_words(problem.total),
        "line": number_words(problem.lines[0]) if problem.lines else "",
        "first_line": "",
        "size": "",
    }
    for name, item in problem.params.items():
        if isinstance(item, tuple):
            words[name] = _listed(name, item, problem)
        elif isinstance(item, int | float):
            words[name] = figure(item)
        else:
            words[name] = str(item or "")
    if problem.key is K.TOO_MANY_BYTES:
        words["size"] = size_words(int(str(problem.params["maximum"])))
    if "first_lines" in problem.params:
        words["first_line"] = words["first_lines"].partition(",")[0]
    if problem.key in {K.NOT_A_CSV_FILE, K.SPREADSHEET}:
        words["format"] = str(problem.params["format"]).upper()
    return words


def _listed(name: str, items: tuple[Any, ...], problem: Problem) -> str:
    if name == "columns":
        return ",".join(items)
    listed = ", ".join(str(item) for item in items)
    total = {"labels": problem.params.get("label_count"), "ids": problem.total}.get(name)
    more = int(str(total)) - len(items) if total is not None else 0
    if more <= 0:
        return listed
    words = ngettext("%(list)s and %(count)s more", "%(list)s and %(count)s more", more)
    return words % {"list": listed, "count": number_words(more)}


_lazy_title = lazy(title, str)
_lazy_advice = lazy(advice, str)
