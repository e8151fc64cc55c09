"""The standing pages of every installation and the texts that stand there until somebody edits them."""

from __future__ import annotations

SLUGS = (
    "imprint",
    "privacy",
    "accessibility",
    "plain-language",
    "sign-language",
    "contact",
    "how-it-works",
)
