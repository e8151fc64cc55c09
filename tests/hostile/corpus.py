"""Files made to harm, or merely odd, and what the strict reader says about each.

Small ones lie in `files/` as they are; big ones and bombs are made here. All are written for one
format: the columns `id` and `p`, a probability for each of ten ids.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from scoring.compute.schema import PredictionFormat, PredictionKind

FOLDER: Final = Path(__file__).parent / "files"
IDS: Final = ("007", "9007199254740993", "ä1", *(f"r{number:02}" for number in range(4, 11)))
FORMAT: Final = PredictionFormat(id_column="id", target_column="p", kind=PredictionKind.PROBABILITY)
SIZE: Final = 9_999_000  # just below the cap, where slowness would show

# Every file and the codes of its errors; without one it is accepted.
SMALL: Final[dict[str, str]] = {
    "bidirectional.csv": "E05 E06",
    "blank_lines.csv": "E02",
    "bom_twice.csv": "E04",
    "duplicate_ids.csv": "E07 E11",
    "empty.csv": "E13",
    "equal_columns.csv": "E04 E05 E11",
    "formulas.csv": "E05 E06 E08",
    "good.csv": "",
    "good_any_order.csv": "",
    "good_cr_only.csv": "",
    "good_german_excel.csv": "",
    "good_tabs.csv": "",
    "good_windows_1252.csv": "",
    "id_decomposed.csv": "E05 E06",
    "id_with_line_break.csv": "E05 E06",
    "invalid_utf_8.csv": "E01",
    "json.csv": "E14",
    "markup_in_cells.csv": "E02 E06",
    "missing_ids.csv": "E05 E11",
    "missing_words.csv": "E08",
    "mixed_decimals.csv": "E08",
    "mixed_separators.csv": "E02",
    "no_header.csv": "E04",
    "not_finite.csv": "E08",
    "nul_bytes.csv": "E01",
    "numbers_lost.csv": "E05 E06",
    "old_excel.csv": "E15",
    "only_header.csv": "E13",
    "only_spaces.csv": "E13",
    "other_numbers.csv": "E08",
    "out_of_range.csv": "E09",
    "parquet.csv": "E14",
    "pickle.csv": "E14",
    "polyglot_html.csv": "E14",
    "polyglot_pdf.csv": "E14",
    "ragged_rows.csv": "E02",
    "separator_line_of_excel.csv": "E04 E11",
    "shifted_index.csv": "E02 E11",
    "text_after_quote.csv": "E02",
    "thousands.csv": "E08",
    "unclosed_quote.csv": "E02",
    "unknown_ids.csv": "E05 E06",
    "utf_16.csv": "E01",
    "utf_16_without_mark.csv": "E01",
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file of the corpus."""

    name: str
    make: Callable[[], bytes]
    codes: str  # of the errors, in order and once each
    is_heavy: bool = False  # about a second of work, so not sent through every page

    @property
    def is_good(self) -> bool:
        """Whether the file is accepted."""
        return not self.codes


def _filled(head: str, body: str) -> bytes:
    """Return a file of nearly the largest size that repeats one text."""
    return (head + body * ((SIZE - len(head)) // len(body.encode()))).encode()


def _columns(name: str) -> bytes:
    header = ",".join(name.format(number) for number in range(200_000))
    return f"{header}\n1,2\n".encode()


def _zip(*names: str) -> bytes:
    """Return an archive that unpacks to a thousand times its size."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, _ZEROS)
    return stream.getvalue()


def _numbered(row: str) -> bytes:
    rows = "".join(row.format(number) for number in range(600_000))
    return f"id,p\n{rows}".encode()


_ZEROS: Final = b"0" * 20_000_000
BIG: Final = (
    Hostile("200,000 equal columns", partial(_columns, "a"), "E12"),
    Hostile("200,000 distinct columns", partial(_columns, "a{}"), "E12"),
    Hostile("zip bomb", partial(_zip, "predictions.csv"), "E14"),
    Hostile("xlsx bomb", partial(_zip, "[Content_Types].xml", "xl/s.xml"), "E15"),
    Hostile("gzip bomb", lambda: gzip.compress(_ZEROS), "E14"),
    Hostile("field of a megabyte", lambda: b"id,p\n" + b"x" * 1_000_000 + b",0.5\n", "E12"),
    Hostile("column name of a megabyte", lambda: b"x" * 1_000_000 + b",p\n007,0.5\n", "E12"),
    Hostile(
        "a million rows", lambda: b"id,p\n" + b"007,0.5\n" * 1_000_001, "E07 E12", is_heavy=True
    ),
    Hostile("quotes", partial(_filled, "id,p\n", '"'), "E12"),
    Hostile("pairs of quotes", partial(_filled, "id,p\n", '""'), "E12"),
    Hostile("quotes over lines", partial(_filled, "id,p\n", '"\n'), "E02 E12", is_heavy=True),
    Hostile("cells over lines", partial(_filled, "id,p\n", '"\n"\n'), "E02 E12", is_heavy=True),
    Hostile("separators", partial(_filled, "id,p\n", ","), "E02 E11"),
    Hostile("line ends", partial(_filled, "id,p\n", "\n"), "E12", is_heavy=True),
    Hostile("carriage returns", partial(_filled, "id,p\n", "\r"), "E12", is_heavy=True),
    Hostile("one id", partial(_filled, "id,p\n", "007,0.1234\n"), "E05 E07 E11", is_heavy=True),
    Hostile("unknown ids", partial(_numbered, "x{},0.5\n"), "E05 E06 E11", is_heavy=True),
    Hostile(
        "numbers that are none", partial(_numbered, "{0},{0}x\n"), "E05 E06 E08 E11", is_heavy=True
    ),
    Hostile("endless cell", partial(_filled, "id,p\n", "x"), "E12"),
    Hostile("wide rows", partial(_filled, "id,p\n", "007,1,2\n"), "E02 E12", is_heavy=True),
    Hostile("accents", partial(_filled, "id,p\n", "\u00e4\u0308"), "E12"),
    Hostile("too large", lambda: b"id,p\n" + b"007,0.5\n" * 1_300_000, "E12"),
)


@cache
def corpus() -> tuple[Hostile, ...]:
    """Return all files, small ones first."""
    small = (Hostile(name, (FOLDER / name).read_bytes, codes) for name, codes in SMALL.items())
    return (*small, *BIG)
