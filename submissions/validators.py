"""Checks of what teams type and upload; shared by models, forms and actions."""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.exceptions import UploadRefused
from submissions.states import FileKind

if TYPE_CHECKING:
    from collections.abc import Sequence

# Control characters, and those that turn the direction of text round them (Cf): a name with them
# looks like another one, or breaks a line of a mail.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def validate_line(text: str) -> None:
    """Refuse line breaks and invisible characters in a name.

    Raises:
        ValidationError: there is one.

    """
    if any(unicodedata.category(character) in _INVISIBLE for character in text):
        raise ValidationError(
            gettext_lazy(
                "The text contains a line break or an invisible character. Type it again without."
            ),
            code="invisible",
        )


@dataclass(frozen=True, slots=True)
class FileRule:
    """What a file of a kind must look like."""

    suffix: str
    limit_bytes: int
    # Where nobody gave the file a usable name.
    default_name: str
    # The strict reader of prediction files takes no more, whatever the statement says.
    is_fixed: bool = False

    @property
    def limit(self) -> int:
        """Return the largest size in bytes where the statement names none."""
        return min(self.limit_bytes, int(settings.UPLOAD_MAX_BYTES))

    @property
    def most(self) -> int:
        """Return the largest size in bytes that a statement may allow."""
        return self.limit if self.is_fixed else int(settings.UPLOAD_MAX_BYTES)


FILE_RULES: Final = {
    FileKind.CONCEPT: FileRule(".pdf", 20_000_000, "concept.pdf"),
    FileKind.PREDICTIONS: FileRule(".csv", 10_000_000, "predictions.csv", is_fixed=True),
}
NAME_LENGTH: Final = 120
_PDF: Final = b"%PDF-"
_NOT_TEXT: Final = (_PDF, b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def clean_file_name(name: str, rule: FileRule) -> str:
    """Return a name that is safe to store, show and send in a header.

    Folders, control characters and characters that turn the direction of text are dropped; a long
    name keeps its beginning and its suffix.
    """
    normal = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    visible = "".join(c for c in normal if unicodedata.category(c) not in _INVISIBLE)
    text = " ".join(visible.replace('"', "").split()).strip(". ")
    if not text or text.casefold() == rule.suffix.removeprefix("."):
        return rule.default_name
    if len(text) > NAME_LENGTH:
        text = text[: NAME_LENGTH - len(rule.suffix)].rstrip(". ") + rule.suffix
    return text


def kind_of_name(name: str, wanted: Sequence[FileKind], default: FileKind) -> FileKind:
    """Return for which of the wanted kinds a file is, by its suffix; several come at once."""
    folded = name.casefold()
    return next((kind for kind in wanted if folded.endswith(FILE_RULES[kind].suffix)), default)


def check_announced(name: str, size: int, kind: FileKind, *, limit: int) -> str:
    """Check what is said about a file before it is read; return its cleaned name.

    Raises:
        UploadRefused: with what is wrong, the limit, and what to do.

    """
    rule = FILE_RULES[kind]
    name = clean_file_name(name, rule)
    if not name.casefold().endswith(rule.suffix):
        raise UploadRefused(
            "wrong_suffix",
            _("“%(name)s” does not end in %(suffix)s. Choose a file of this type.")
            % {"name": name, "suffix": rule.suffix},
        )
    if not size:
        raise UploadRefused(
            "empty", _("“%(name)s” is empty. Choose a file with content.") % {"name": name}
        )
    if size > limit:
        raise UploadRefused(
            "too_large",
            _("“%(name)s” is larger than %(limit)s MB. Choose a smaller file.")
            % {"name": name, "limit": limit // 1_000_000},
        )
    return name


def check_head(head: bytes, *, name: str, kind: FileKind) -> None:
    """Check the first bytes of a file: those of a PDF must be a PDF's, and a CSV must be text.

    What the file calls itself, and what the browser said about it, is not believed.

    Raises:
        UploadRefused: with what is wrong and what to do.

    """
    if kind == FileKind.CONCEPT and not head.startswith(_PDF):
        raise UploadRefused(
            "not_a_pdf",
            _("“%(name)s” is not a PDF inside. Export your document as PDF and upload that file.")
            % {"name": name},
        )
    if kind == FileKind.PREDICTIONS and _is_binary(head):
        raise UploadRefused(
            "not_text",
            _(
                "“%(name)s” is not a text file inside. In your spreadsheet program choose"
                " “Save as” and the format “CSV UTF-8”."
            )
            % {"name": name},
        )


def _is_binary(head: bytes) -> bool:
    # Text in UTF-16 has NUL bytes too; the strict reader explains it better than we could here.
    return head.startswith(_NOT_TEXT) or (b"\0" in head and not head.startswith(_UTF_16))
