"""Texts that exist in German and, where somebody wrote it, in English."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils import translation


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the language it is really in, for `lang` attributes (R-53)."""

    text: str
    lang: str

    def __str__(self) -> str:
        """Return the text itself."""
        return self.text


def localised(row: models.Model, field: str) -> Text:
    """Return `<field>_en` on English pages if it is filled, else `<field>_de`."""
    english: str = getattr(row, f"{field}_en")
    if (translation.get_language() or "de").startswith("en") and english:
        return Text(english, "en")
    return Text(getattr(row, f"{field}_de"), "de")
