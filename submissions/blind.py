"""Words that tell who is behind a submission, and where they stand in a text (J-61, TH-12).

Pure: no Django, no files. The process that reads documents (`submissions.pdf_program`) imports
nothing else of this app.

Texts are compared in a folded form: one form of each letter, no capitals, "ä" as "ae", accents
dropped. So "Müller" is found as "MUELLER" and "Mueller". Between the parts of a name anything may
stand that is neither letter nor digit: "Fuchs & Söhne" is found as "fuchs-soehne". A genitive "s"
may follow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from typing import Final
from urllib.parse import urlsplit

CONTEXT: Final = 40  # characters shown on each side of what was found
_SHORTEST_NAME: Final = 4
_SHORTEST_PART: Final = 5

_UMLAUTS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ø": "oe", "ł": "l"}
)
_TOKEN: Final = re.compile(r"[^\W_]+")
# A word that was divided at the end of a line.
_DIVIDED: Final = re.compile(r"(?<=\w)[-\u00ad\u2010]\s*\n\s*(?=\w)")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words of names that many organisations share: alone they tell nothing.
_GENERIC: Final = _set(
    "academy akademie analytics angewandte anstalt applied association berlin bundesamt bundesweit"
    " center centre college company consulting daten deutsche deutscher deutsches deutschland"
    " department digital digitale example fachhochschule fakultaet foundation forschung"
    " freie fuer german germany gesellschaft group gruppe gmbh hochschule information informatik"
    " informationstechnik innovation institut institute international kontakt labor laboratory"
    " landesamt lehrstuhl limited office paedagogische private research school science sciences"
    " service software solutions staatliche stadt stiftung student students studierende systeme"
    " systems team technical technik technische technischen technologie technologies technology"
    " test universitaet university verband verein verwaltung wissenschaft wissenschaften zentrum"
    " admin contact hello info mail post webmaster"
)
_FREE_MAIL: Final = _set(
    "aol.com arcor.de freenet.de gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com hotmail.com"
    " hotmail.de icloud.com live.com live.de mail.de mailbox.org me.com msn.com outlook.com"
    " outlook.de posteo.de posteo.net proton.me protonmail.com t-online.de tutanota.com vodafone.de"
    " web.de yahoo.com yahoo.de"
)
# Where the first part of a path is the name of a person or organisation.
_CODE_HOSTS: Final = _set(
    "bitbucket.org codeberg.org github.com gitlab.com huggingface.co kaggle.com"
)


class Source(StrEnum):
    """Where a word comes from, which the page says with each finding."""

    TEAM = "team"
    PERSON = "person"
    ORGANISATION = "organisation"
    MAIL = "mail"
    LINK = "link"


class Place(StrEnum):
    """Where something was found."""

    FILE_NAME = "file_name"
    PROPERTY = "property"
    EMBEDDED = "embedded"
    COMMENT_AUTHOR = "comment_author"
    COMMENT = "comment"
    LINK = "link"
    PAGE = "page"
    FIELD = "field"


# What a cleaned copy takes away.
CLEANABLE: Final = frozenset(
    {Place.FILE_NAME, Place.PROPERTY, Place.EMBEDDED, Place.COMMENT_AUTHOR}
)


@dataclass(frozen=True, slots=True)
class Word:
    """A folded phrase. A name that may be an everyday word counts with a capital only."""

    tokens: tuple[str, ...]
    source: Source
    needs_capital: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One hit: what stands in the text, with what surrounds it."""

    word: Word
    found: str
    before: str
    after: str


def fold(text: str) -> str:
    """Return the form in which texts are compared."""
    if text.isascii():
        return text.casefold()
    composed = unicodedata.normalize("NFKC", text).translate(_UMLAUTS)
    letters = unicodedata.normalize("NFKD", composed)
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in folded form."""
    return tuple(_TOKEN.findall(fold(text)))


class Words:
    """The words of one submission, ready to be searched for."""

    def __init__(self, words: Iterable[Word]) -> None:
        """Keep each phrase once, as the first one has it."""
        self._known: dict[str, Word] = {}
        for word in words:
            self._known.setdefault("".join(word.tokens), word)

    def __iter__(self) -> Iterator[Word]:
        """Return the words."""
        return iter(self._known.values())

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        # The longest first: a whole name is found before its parts.
        phrases = sorted(self._known.values(), key=lambda word: -sum(map(len, word.tokens)))
        choices = "|".join(r"[\W_]*".join(map(re.escape, word.tokens)) for word in phrases)
        return re.compile(rf"(?<![^\W\d_])(?:({choices})s?)(?![^\W\d_])") if choices else None

    def without(self, text: str) -> Words:
        """Return those that do not stand in a text, such as that of the problem statement."""
        common = {match.word for match in self.search(text, is_prose=False)}
        return Words(word for word in self if word not in common)

    def search(self, text: str, *, is_prose: bool = True) -> Iterator[Match]:
        """Yield what stands in a text, in order.

        In prose a name that may be an everyday word ("Kurz", "Wolf") needs its capital.
        """
        if self._pattern is None:
            return
        text = unicodedata.normalize("NFKC", _DIVIDED.sub("", text))
        folded = fold(text)
        ends: list[int] | None = None
        for hit in self._pattern.finditer(folded):
            word = self._known["".join(_TOKEN.findall(hit[1]))]
            if ends is None:
                ends = _ends_of_letters(text)
            start, end = _index(ends, hit.start()), _index(ends, hit.end() - 1) + 1
            found = text[start:end]
            if is_prose and word.needs_capital and not found[0].isupper():
                continue
            yield Match(
                word,
                _flat(found),
                _flat(text[max(0, start - CONTEXT) : start], keep_end=True),
                _flat(text[end : end + CONTEXT], keep_start=True),
            )


def _ends_of_letters(text: str) -> list[int]:
    """Return, for every character of a text, where its folded form ends."""
    return list(accumulate(len(fold(character)) for character in text))


def _index(ends: Sequence[int], folded_index: int) -> int:
    """Return the character to which a place in the folded text belongs."""
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        if ends[middle] > folded_index:
            high = middle
        else:
            low = middle + 1
    return low


def _flat(text: str, *, keep_start: bool = False, keep_end: bool = False) -> str:
    """Write a piece of a page in one line, without what cannot be seen."""
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    line = " ".join(visible.split())
    head = " " if keep_start and visible[:1].isspace() else ""
    tail = " " if keep_end and visible[-1:].isspace() else ""
    return f"{head}{line}{tail}" if line else head or tail


# -- whose words ----------------------------------------------------------------------------------


def words_of_team(name: str) -> Iterator[Word]:
    """Yield the name of a team, also without the word "Team" before it."""
    tokens = tokens_of(name)
    for phrase in dict.fromkeys((tokens, tokens[1:] if tokens[:1] == ("team",) else tokens)):
        if sum(map(len, phrase)) >= _SHORTEST_NAME and not _GENERIC.issuperset(phrase):
            yield Word(phrase, Source.TEAM, needs_capital=len(phrase) == 1)


def words_of_person(name: str) -> Iterator[Word]:
    """Yield the name of a person in both orders, and each part that is long enough."""
    tokens = tokens_of(name)
    parts = [tokens_of(part) for part in name.split()]
    if len(parts) > 1:
        yield Word(tokens, Source.PERSON)
        yield Word(sum([parts[-1], *parts[:-1]], ()), Source.PERSON)
    # "Müller-Lüdenscheidt" stands on either side of a line end, and each half may stand alone.
    for part in dict.fromkeys((*parts, *((token,) for token in tokens))):
        if sum(map(len, part)) >= _SHORTEST_NAME:
            yield Word(part, Source.PERSON, needs_capital=len(part) == 1)


def words_of_organisation(name: str) -> Iterator[Word]:
    """Yield the name of an organisation, and each word of it that others do not share."""
    tokens = tokens_of(name)
    if sum(map(len, tokens)) >= 3 and not _GENERIC.issuperset(tokens):
        yield Word(tokens, Source.ORGANISATION, needs_capital=len(tokens) == 1)
    for token in tokens:
        if len(token) >= _SHORTEST_PART and token not in _GENERIC:
            yield Word((token,), Source.ORGANISATION, needs_capital=True)


def words_of_address(address: str) -> Iterator[Word]:
    """Yield what is before the @ of a mail address, and its domain if it is not everybody's."""
    local, _at, domain = address.partition("@")
    tokens = tokens_of(local)
    if sum(map(len, tokens)) >= _SHORTEST_NAME and not _GENERIC.issuperset(tokens):
        yield Word(tokens, Source.MAIL)
    if domain.casefold() not in _FREE_MAIL:
        yield from _words_of_domain(domain, Source.MAIL)


def words_of_link(url: str) -> Iterator[Word]:
    """Yield the owner that an address of a code host names, or the host itself."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return
    if host not in _CODE_HOSTS:
        yield from _words_of_domain(host, Source.LINK)
        return
    tokens = tokens_of(parts.path.strip("/").partition("/")[0])
    if sum(map(len, tokens)) >= _SHORTEST_NAME and not _GENERIC.issuperset(tokens):
        yield Word(tokens, Source.LINK)


def _words_of_domain(domain: str, source: Source) -> Iterator[Word]:
    labels = domain.casefold().strip(".").split(".")
    if len(labels) < 2:
        return
    # "co.uk" is nobody's.
    depth = 3 if len(labels) > 2 and len(labels[-2]) < 3 else 2
    label = tokens_of(labels[-depth])
    if not _GENERIC.issuperset(label):
        yield Word(tokens_of(".".join(labels[-depth:])), source)
    if sum(map(len, label)) >= _SHORTEST_PART and not _GENERIC.issuperset(label):
        yield Word(label, source, needs_capital=len(label) == 1)
