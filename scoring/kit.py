"""The take-along kit of a juror: the scoring form, written and read again (J-93).

It is a spreadsheet, and the same as a page that writes JSON, for devices without one.

Every line carries the version of the assessment that it was made from, so that nothing is
overwritten that was saved meanwhile (Q-18). What comes back is a stranger's file: it is measured
before it is unpacked, formulas count as their last value, and nothing is believed but the cells of
the columns that we wrote.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from core.exceptions import DomainError

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

FORM_NAME: Final = "bewertung.xlsx"
PAGE_NAME: Final = "bewertung.html"
ANSWER_NAME: Final = "bewertung.json"
LARGEST: Final = 5_000_000  # bytes of a form that comes back
_UNPACKED: Final = 30_000_000
_MEMBERS: Final = 100
_ROWS: Final = 5_000
_TEXT: Final = 4_000
OVERALL: Final = "comment"
PRIVATE: Final = "private_note"
CANNOT_JUDGE: Final = "x"
# Names of the columns, in the hidden first row: the program reads them, people read the second row.
_COLUMNS: Final = (
    "pseudonym",
    "title",
    "criterion",
    "levels",
    "mark",
    "text",
    "submission",
    "version",
    "key",
)
_WIDTHS: Final = (18, 30, 34, 10, 10, 70, 12, 9, 14)
_FIRST_LINE: Final = 3


class KitRefused(DomainError):
    """A form that cannot be read; nothing was changed."""

    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class KitLine:
    """One line of the form: a criterion of a submission, or one of its two texts."""

    pseudonym: str
    title: str
    submission: str
    version: int
    key: str
    label: str
    levels: Sequence[int] = ()
    may_abstain: bool = False
    mark: str = ""
    text: str = ""
    anchors: Sequence[Anchor] = ()

    @property
    def marks(self) -> list[str]:
        """Return what may stand in the column of the mark."""
        return [*map(str, self.levels), *([CANNOT_JUDGE] if self.may_abstain else [])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What earns a level, for the second sheet."""

    criterion: str
    level: int
    text: str


@dataclass(slots=True)
class KitSheet:
    """What came back for one submission: values by name of a field, and the row of each."""

    version: int
    values: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)


# -- writing ---------------------------------------------------------------------------------------


def write(target: IO[bytes], lines: Iterable[KitLine], anchors: Iterable[Anchor]) -> None:
    """Write the form: a line for each criterion and text, and the anchors beside it."""
    from openpyxl import Workbook  # noqa: PLC0415  (heavy)
    from openpyxl.styles import Alignment, PatternFill  # noqa: PLC0415  (heavy)

    book = Workbook()
    # Who made it is nobody's business, and the library is no author.
    book.properties.creator = ""
    sheet: Worksheet = book.active  # type: ignore[assignment]  # a new book has one
    sheet.title = _("Assessment")
    sheet.append(list(_COLUMNS))
    sheet.append(
        [
            _("Submission"),
            _("Title"),
            _("Criterion"),
            _("Levels"),
            _("Level"),
            _("Comment"),
            _("Code"),
            _("Version"),
            _("Line"),
        ]
    )
    editable = PatternFill("solid", fgColor="FFF6DC")
    for number, line in enumerate(lines, start=_FIRST_LINE):
        values = (
            line.pseudonym,
            line.title,
            line.label,
            _scale(line),
            int(line.mark) if line.mark.isdecimal() else line.mark,
            line.text,
            line.submission,
            line.version,
            line.key,
        )
        for column, value in enumerate(values, start=1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a text that begins with "=" stays a text
            cell.alignment = Alignment(vertical="top", wrap_text=column in {2, 3, 6})
        for name in ("mark", "text"):
            if name == "text" or line.levels:
                sheet.cell(number, _COLUMNS.index(name) + 1).fill = editable
        if line.levels:
            _offer(sheet, number, line.marks)
    _shape(sheet, _WIDTHS, head=2)
    sheet.row_dimensions[1].hidden = True
    sheet.freeze_panes = "D3"
    levels = book.create_sheet(_("Levels"))
    levels.append([_("Criterion"), _("Level"), _("What earns it")])
    for anchor in anchors:
        levels.append([anchor.criterion, anchor.level, anchor.text])
    for row in levels.iter_rows(min_row=2):
        for found in row:
            if isinstance(found.value, str):
                found.data_type = "s"
            found.alignment = Alignment(vertical="top", wrap_text=True)
    _shape(levels, (34, 8, 90), head=1)
    book.save(target)


def _shape(sheet: Worksheet, widths: Sequence[int], *, head: int) -> None:
    from openpyxl.styles import Font  # noqa: PLC0415  (heavy)

    for letter, width in zip("ABCDEFGHI", widths, strict=False):
        sheet.column_dimensions[letter].width = width
    for cell in sheet[head]:
        cell.font = Font(bold=True)


def _scale(line: KitLine) -> str:
    if not line.levels:
        return ""
    scale = f"{line.levels[0]}–{line.levels[-1]}"
    return f"{scale}, {CANNOT_JUDGE}" if line.may_abstain else scale


def _offer(sheet: Worksheet, row: int, marks: Sequence[str]) -> None:
    """Let the spreadsheet offer the levels, and say so where something else is typed."""
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415  (heavy)

    choice = DataValidation(type="list", formula1=f'"{",".join(marks)}"', allow_blank=True)
    choice.error = _("Choose one of: %(marks)s.") % {"marks": ", ".join(marks)}
    choice.showErrorMessage = True
    sheet.add_data_validation(choice)
    choice.add(sheet.cell(row, _COLUMNS.index("mark") + 1))


# -- reading ---------------------------------------------------------------------------------------


def read(source: IO[bytes]) -> dict[str, KitSheet]:
    """Return what stands in a form that came back, by the code of the submission.

    Raises:
        KitRefused: it is no such form, too large, or a submission has two versions in it.

    """
    from openpyxl import load_workbook  # noqa: PLC0415  (heavy)

    source.seek(0)
    if source.read(1) == b"{":
        return _read_page(source)
    _measure(source)
    try:
        book = load_workbook(source, read_only=True, data_only=True)
        rows = next(
            (
                rows
                for sheet in book.worksheets
                if (rows := _rows_of(sheet)) and rows[0][: len(_COLUMNS)] == list(_COLUMNS)
            ),
            None,
        )
    except DomainError:
        raise
    except Exception as error:  # nobody can know what a damaged spreadsheet makes it raise
        raise _unreadable() from error
    if rows is None:
        raise _unreadable()
    sheets: dict[str, KitSheet] = {}
    for number, cells in enumerate(rows[_FIRST_LINE - 1 :], start=_FIRST_LINE):
        line = dict(zip(_COLUMNS, cells, strict=False))
        if any(line.get(name) for name in ("submission", "key")):
            _take(sheets, number, line)
    return sheets


def _unreadable() -> KitRefused:
    return KitRefused(
        "no_kit",
        _(
            "This is not the scoring form of your take-along kit, or it is damaged. Choose the"
            " file %(name)s from the kit, saved as an Excel file, or the file %(answer)s that the"
            " page of the kit has written."
        )
        % {"name": FORM_NAME, "answer": ANSWER_NAME},
    )


def _read_page(source: IO[bytes]) -> dict[str, KitSheet]:
    """Read what the page of the kit wrote."""
    source.seek(0)
    try:
        found = json.loads(source.read(LARGEST + 1))["sheets"]
        return {
            str(code)[:20]: KitSheet(
                version=_whole(sheet["version"]),
                values={str(name): _short(value) for name, value in sheet["values"].items()},
            )
            for code, sheet in found.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable() from error


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise ValueError(value)
    return value


def _short(value: object) -> str:
    if not isinstance(value, str) or len(value) > _TEXT:
        raise ValueError(value)
    return value.replace("\r\n", "\n")


def _measure(source: IO[bytes]) -> None:
    """Refuse what would be huge when it is unpacked, before anything is."""
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _unreadable() from error
    if len(members) > _MEMBERS or sum(member.file_size for member in members) > _UNPACKED:
        raise KitRefused(
            "kit_too_large", _("The form is much larger than the one of your take-along kit.")
        )
    source.seek(0)


def _rows_of(sheet: Any) -> list[list[str]]:
    """Return the cells as texts; reading stops behind the most rows that a form can have."""
    return [
        [_text(value) for value in row]
        for row in sheet.iter_rows(max_row=_ROWS, max_col=len(_COLUMNS), values_only=True)
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _take(sheets: dict[str, KitSheet], number: int, line: Mapping[str, str]) -> None:
    version, key = line.get("version", ""), line.get("key", "")
    if not version.isdecimal() or len(version) > 9:
        raise KitRefused(
            "no_version",
            _("Row %(row)s: the version is missing. Leave the columns on the right as they are.")
            % {"row": number},
        )
    sheet = sheets.setdefault(line.get("submission", "")[:20], KitSheet(int(version)))
    if sheet.version != int(version) or key in sheet.rows:
        raise KitRefused(
            "two_versions",
            _("Row %(row)s: this line of the submission stands twice in the form.")
            % {"row": number},
        )
    sheet.rows[key] = number
    text = line.get("text", "").replace("\r\n", "\n")
    if len(text) > _TEXT:
        raise KitRefused(
            "text_too_long",
            _("Row %(row)s: the text is longer than %(limit)s characters.")
            % {"row": number, "limit": _TEXT},
        )
    if key in {OVERALL, PRIVATE}:
        sheet.values[key] = text
    else:
        sheet.values[f"mark_{key}"] = line.get("mark", "").strip().casefold()[:20]
        sheet.values[f"comment_{key}"] = text
