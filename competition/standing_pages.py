"""The standing pages of every installation, and their texts until somebody edits them."""

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
