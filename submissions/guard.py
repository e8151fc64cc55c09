"""The blind guard: what in a submission could tell the jury who is behind it (J-61, TH-12, R-5).

It warns and never blocks. What it found is stored with the file, for its team alone: nothing of it
may reach a page of the jury or the office.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.exceptions import UploadRefused
from submissions import blind, pdf
from submissions.blind import Place, Source, Words
from submissions.reports import line_ranges
from submissions.states import FileKind

if TYPE_CHECKING:
    from competition.models import Challenge
    from submissions.models import Submission, SubmissionFile

LINES_KEPT: Final = 30


# -- whose words ----------------------------------------------------------------------------------


def words_of(submission: Submission) -> Words:
    """Return the words that tell who submits; none that the problem statement itself uses."""
    team = submission.entry.team
    teams = [team, *team.merged_teams.all()]
    people = [member.user for member in team.memberships.select_related("user")]
    words = Words(
        chain(
            *(blind.words_of_team(one.name) for one in teams),
            *(blind.words_of_person(person.name) for person in people),
            *(blind.words_of_organisation(name) for name in team.organisations),
            *(blind.words_of_address(person.email) for person in people),
            blind.words_of_link(submission.link),
        )
    )
    return words.without("\n".join(_texts_of(submission.entry.challenge)))


def _texts_of(challenge: Challenge) -> Iterator[str]:
    competition = challenge.competition
    yield from (challenge.title_de, challenge.title_en, challenge.tagline_de, challenge.tagline_en)
    yield from (competition.name_de, competition.name_en, competition.host, challenge.agency.name)
    yield from _strings([challenge.answers, challenge.translations])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


# -- what is found when a file arrives ------------------------------------------------------------


def examine(
    submission: Submission, *, kind: FileKind, name: str, file: IO[bytes]
) -> dict[str, Any]:
    """Search a file that is at hand in plain bytes; return what is stored of the findings."""
    words = words_of(submission)
    found = [
        {
            "place": Place.FILE_NAME,
            "where": "",
            "page": None,
            "source": match.word.source,
            "found": match.found,
            "before": match.before,
            "after": match.after,
        }
        for match in words.search(name.rpartition(".")[0], is_prose=False)
    ]
    if kind != FileKind.CONCEPT:
        return _stored(found)
    inspection = pdf.inspect(file, words)
    return {
        **_stored([*found, *inspection.findings]),
        "end": inspection.end,
        "pages": inspection.pages,
    }


def _stored(found: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Join what is found on several pages in one line."""
    lines: dict[tuple[str, ...], dict[str, Any]] = {}
    for finding in found:
        word = " ".join(blind.tokens_of(finding["found"]))
        key = (finding["place"], finding["where"], finding["source"], word)
        page = finding["page"]
        line = lines.setdefault(key, {**finding, "pages": []})
        line.pop("page", None)
        if page is not None and page not in line["pages"]:
            line["pages"].append(page)
    return {"lines": list(lines.values())[:LINES_KEPT], "total": len(lines)}


def refuse_too_long(found: dict[str, Any], *, name: str, limit: int | None) -> None:
    """Keep to the number of pages that the problem statement allows; if it could be counted.

    Raises:
        UploadRefused: the document has more pages.

    """
    pages = found.get("pages")
    if limit and pages and pages > limit:
        raise UploadRefused(
            "too_many_pages",
            _(
                "“%(name)s” has %(pages)s pages, and the problem statement allows %(limit)s."
                " Shorten it and upload it again."
            )
            % {"name": name, "pages": pages, "limit": limit},
        )


# -- what a page says -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One place in words: where it is, what stands there, and whose word that is."""

    where: str
    reason: str
    before: str
    found: str
    after: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What was found in one file, and what the team did about it."""

    file: SubmissionFile
    lines: tuple[Line, ...]
    total: int
    note: str
    can_be_cleaned: bool

    @property
    def more(self) -> int:
        """Return how many places are not listed."""
        return self.total - len(self.lines)

    @property
    def is_open(self) -> bool:
        """Say whether the team has not decided yet."""
        return bool(self.total) and self.file.kept_at is None

    @property
    def title(self) -> str:
        """Return how many places there are."""
        return _title(self.total)

    @property
    def url(self) -> str:
        """Return the page on which the team decides."""
        return reverse("submissions:file-upload", args=[self.file.submission.code, self.file.kind])


@dataclass(frozen=True, slots=True)
class Hints:
    """What nobody has decided about in a whole version."""

    texts: tuple[Line, ...]
    files: tuple[Guard, ...]

    @property
    def total(self) -> int:
        """Return how many places there are."""
        return len(self.texts) + sum(found.total for found in self.files)

    @property
    def title(self) -> str:
        """Return how many places there are, in words."""
        return _title(self.total)


def _title(count: int) -> str:
    """Say how many places could tell who submits."""
    return ngettext(
        "%(count)s place could tell who you are",
        "%(count)s places could tell who you are",
        count,
    ) % {"count": count}


def of_file(file: SubmissionFile) -> Guard | None:
    """Return what was found in a file, in words; None if it was not searched."""
    if not file.guard:
        return None
    stored = file.guard["lines"]
    return Guard(
        file=file,
        lines=tuple(map(_in_words, stored)),
        total=file.guard["total"],
        note=_note(file.guard.get("end", "")),
        can_be_cleaned=file.kind == FileKind.CONCEPT
        and any(line["place"] in blind.CLEANABLE for line in stored),
    )


def of_version(submission: Submission) -> Hints:
    """Return what could tell who submits a draft, and was not left as it is on purpose."""
    found = (of_file(file) for file in submission.files.all())
    return Hints(
        texts=_in_texts(submission),
        files=tuple(one for one in found if one is not None and one.is_open),
    )


def needs_decision(file: SubmissionFile) -> bool:
    """Say whether the team should look at what was found; agrees with `Guard.is_open`."""
    return bool(file.guard.get("total")) and file.kept_at is None


def _in_texts(submission: Submission) -> tuple[Line, ...]:
    # Searched afresh: texts change with every save.
    words = words_of(submission)
    card = _("Data and model card")
    texts = [
        (_("Title"), submission.title),
        (_("Summary"), submission.summary),
        *((card, answer) for _question, answer in submission.card_lines),
        *((_("Footprint of the solution"), row.text) for row in submission.footprint_lines),
    ]
    return tuple(
        Line(where, _reason(match.word.source), match.before, match.found, match.after)
        for where, text in texts
        for match in words.search(text)
    )


def _in_words(line: dict[str, Any]) -> Line:
    where = _where(Place(line["place"]), line["where"])
    if pages := line["pages"]:
        where = ngettext("%(place)s, page %(pages)s", "%(place)s, pages %(pages)s", len(pages)) % {
            "place": where,
            "pages": line_ranges(pages),
        }
    return Line(where, _reason(line["source"]), line["before"], line["found"], line["after"])


def _where(place: Place, name: str) -> str:
    words = {
        Place.FILE_NAME: _("Name of the file"),
        Place.PROPERTY: _("Property “%(name)s” of the document") % {"name": name},
        Place.EMBEDDED: _("Name of an embedded file"),
        Place.COMMENT_AUTHOR: _("Author of a comment"),
        Place.COMMENT: _("Comment"),
        Place.LINK: _("Link"),
        Place.PAGE: _("Text"),
    }
    return words[place]


def _reason(source: str) -> str:
    words = {
        Source.TEAM: _("name of your team"),
        Source.PERSON: _("name of a member"),
        Source.ORGANISATION: _("your organisation"),
        Source.MAIL: _("mail address of a member"),
        Source.LINK: _("address of your code"),
    }
    return words[Source(source)] if source else _("says who made the document")


def _note(end: str) -> str:
    words = {
        "encrypted": _(
            "This document opens with a password only. Nobody can search it for names, and the jury"
            " cannot read it either: save it without a password and upload it again."
        ),
        "unreadable": _(
            "We could not read this document to look for names and count its pages. Open it once"
            " yourself, and make sure that it names nobody."
        ),
        "partly": _(
            "We could not search this document to its end. Make sure yourself that the rest names"
            " nobody."
        ),
    }
    return words.get(end, "")
