"""Where people work, as far as an address or the name of an organisation tells (Q-22, Q-23)."""

from __future__ import annotations

from collections.abc import Iterable

# An address there says nothing about where somebody works. The last three belong to nobody.
PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "1und1.de", "aol.com", "arcor.de", "freenet.de", "gmail.com", "gmx.at", "gmx.ch",
        "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "hotmail.de", "icloud.com",
        "live.com", "live.de", "mail.de", "mailbox.org", "me.com", "msn.com", "online.de",
        "outlook.com", "outlook.de", "posteo.de", "proton.me", "protonmail.com", "t-online.de",
        "tuta.io", "tutanota.com", "web.de", "yahoo.com", "yahoo.de",
        "example.com", "example.net", "example.org",
    }
)  # fmt: skip


def mail_domain(address: str) -> str:
    """Return the domain of an address if it tells where somebody works, else an empty text."""
    domain = address.rpartition("@")[2].strip().lower()
    return "" if domain in PUBLIC_MAIL_DOMAINS else domain


def organisation_key(name: str) -> str:
    """Return the form in which organisations are compared: case and spaces do not count."""
    return " ".join(name.split()).casefold()


def is_one_of(organisation: str, organisations: Iterable[str]) -> bool:
    """Say whether somebody's organisation is one of those behind a team."""
    key = organisation_key(organisation)
    return bool(key) and key in map(organisation_key, organisations)
