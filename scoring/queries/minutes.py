"""Reads of the jury's minutes: who confirms, who reads what, the words of page and paper."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from core import documents
from core.audit import canonical
from core.display import MISSING, grouped_hash, iso_utc, moment_words, money_words, number_words
from scoring.models import Amendment, JurySeat, Minutes, Unsealing
from scoring.queries.board import award_words
from scoring.queries.board_support import rule_words
from scoring.states import JuryState, MotionKind, MotionState, RecusalReason, SeatRole

if TYPE_CHECKING:
    from accounts.models import User
    from scoring.models import Jury, MinutesVersion


def sha256_of(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def minutes_of(jury: Jury) -> Minutes | None:
    """Return the minutes of a jury, if they were drawn up."""
    return Minutes.objects.filter(decision__challenge=jury.challenge_id).first()


def members_to_confirm(jury: Jury) -> list[JurySeat]:
    """Return who has to confirm: members with a vote who were there; all, if nobody recorded it."""
    seats = JurySeat.objects.filter(jury=jury).with_vote()
    seats = seats.select_related("user", "jury__challenge__competition").order_by("pk")
    return list(seats.filter(attendances__isnull=False).distinct()) or list(seats)


def record_of(version: MinutesVersion) -> dict[str, Any]:
    """Return what the seal covers: the content, and who confirmed it when, dissenting or not."""
    rows = version.confirmations.select_related("seat__user").order_by("confirmed_at", "pk")
    return {
        "content": version.content,
        "version": version.number,
        "confirmations": [
            {
                "seat": row.seat.code,
                "name": _name_in(version, row.seat),
                "remark": row.remark,
                "confirmed_at_utc": iso_utc(row.confirmed_at),
            }
            for row in rows
        ],
    }


def _name_in(version: MinutesVersion, seat: JurySeat) -> str:
    """Return the name under which a member stands in the minutes, whatever it is today.

    The seal has to hold when an account is renamed or erased.
    """
    return str(version.content["names"].get(seat.code, ""))


@dataclass(frozen=True, slots=True)
class Copy:
    """The minutes as one reader may read them now."""

    content: dict[str, Any]
    # The reader is in conflict with a submission, and the result is not public.
    is_excerpt: bool


def copy_for(version: MinutesVersion, jury: Jury, user: User) -> Copy:
    """Return what a member or the office may read.

    Until the publication a member in conflict gets the excerpt. The office reads everything, but
    not which submission a recusal is about until the names are unsealed: it knows who declared a
    conflict with which organisation (R-20).
    """
    if jury.state == JuryState.PUBLISHED:
        return Copy(version.content, is_excerpt=False)
    seat = JurySeat.objects.filter(jury=jury, user=user.pk).first()
    if seat is not None:
        excerpt = version.excerpts.get(seat.code)
        return Copy(excerpt or version.content, is_excerpt=excerpt is not None)
    opened = Unsealing.objects.filter(
        decision=version.minutes.decision_id, opened_at__isnull=False
    ).exists()
    if opened:
        return Copy(version.content, is_excerpt=False)
    recusals = [{**row, "submission": ""} for row in version.content["recusals"]]
    return Copy({**version.content, "recusals": recusals}, is_excerpt=bool(recusals))


def amended_since(version: MinutesVersion) -> bool:
    """Say whether the decision was amended after the minutes were drawn up."""
    return Amendment.objects.filter(
        decision=version.minutes.decision_id, made_at__gt=version.drawn_at
    ).exists()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A member who has to confirm, and what they said."""

    name: str
    at: dt.datetime | None
    remark: str


def confirmations(version: MinutesVersion, *, is_excerpt: bool) -> list[Confirmation]:
    """Return everybody who has to confirm; remarks of others are not part of an excerpt."""
    said = {row.seat_id: row for row in version.confirmations.all()}
    found = []
    for seat in version.members.order_by("pk"):
        row = said.get(seat.pk)
        found.append(
            Confirmation(
                name=_name_in(version, seat),
                at=None if row is None else row.confirmed_at,
                remark="" if row is None or is_excerpt else row.remark,
            )
        )
    return found


# -- words -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the minutes: texts, facts, or a table."""

    key: str
    title: str
    # German where people wrote them.
    texts: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    closing: str = ""  # a sentence below the table


def sections(copy: Copy) -> list[Section]:
    """Return the parts of the minutes in the language of the reader."""
    content = copy.content
    found = [
        _call(content),
        _jury(content),
        _presence(content),
        _recusals(content),
        _reopenings(content),
        _rounds(content),
        _ranking(content, is_excerpt=bool(content["is_excerpt"])),
        _rules(content),
        _dialogue(content),
        _notes(content),
        _consensus(content),
        _votes(content),
        _decision(content),
        _awards(content),
        _remarks(content),
    ]
    return [part for part in found if part is not None]


def _at(text: str) -> str:
    return moment_words(dt.datetime.fromisoformat(text)) if text else MISSING


def _clock(text: str) -> str:
    return moment_words(dt.datetime.fromisoformat(text), "short") if text else MISSING


def _told(text: str | None) -> str:
    """Return a text, or say that it is left out."""
    if text is None:
        return _("(Left out: it names a submission from which you are recused.)")
    return text


def _local(row: dict[str, Any], name: str) -> str:
    english: str | None = row.get(f"{name}_en")
    if (get_language() or "de").startswith("en") and english:
        return english
    return _told(row[f"{name}_de"])


def _call(content: dict[str, Any]) -> Section:
    call, rule = content["call"], content["rule"]
    facts = [
        (_("Competition"), call["competition"]),
        (_("Problem statement"), f"{call['title']} ({call['challenge']})"),
        (_("Agency"), call["agency"]),
        (_("Published"), _at(call["published_at_utc"])),
        (_("Checksum of the statement"), grouped_hash(call["statement_sha256"])),
        (_("Rule of the ranking"), rule["version"]),
    ]
    if rule["snapshot"]:
        facts += [
            (_("Table of the decision"), rule["snapshot"]),
            (_("Checksum of its inputs"), grouped_hash(rule["inputs_sha256"])),
        ]
    facts.append((_("Drawn up"), _at(content["drawn_up_at_utc"])))
    return Section(key="call", title=pgettext("call for submissions", "Call"), facts=tuple(facts))


def _jury(content: dict[str, Any]) -> Section:
    return Section(
        key="jury",
        title=_("Jury"),
        head=(
            _("Name"),
            _("Role"),
            _("Organisation"),
            _("Field of expertise"),
            pgettext("right", "Vote"),
        ),
        rows=tuple(
            (
                row["name"],
                str(SeatRole(row["role"]).label),
                row["organisation"] or MISSING,
                row["field"] or MISSING,
                pgettext("has a vote", "yes") if row["has_vote"] else pgettext("has a vote", "no"),
            )
            for row in content["jury"]
        ),
    )


def _presence(content: dict[str, Any]) -> Section:
    quorum = content["quorum"]
    texts = [_("Presence was not recorded.")]
    if quorum is not None:
        words = {key: quorum[key] for key in ("present", "members", "percent")}
        texts = [
            _(
                "At the end %(present)s of %(members)s members with a vote were present;"
                " a quorum needs more than %(percent)s per cent."
            )
            % words,
            _("The quorum was reached.") if quorum["is_reached"] else _("There was no quorum."),
        ]
    return Section(
        key="presence",
        title=_("Presence"),
        texts=tuple(texts),
        head=(_("Name"), _("Function"), _("From"), _("To")) if content["presence"] else (),
        rows=tuple(
            (
                row["name"],
                _("Member") if row["is_member"] else row["function"] or _("Guest"),
                _clock(row["came_at_utc"]),
                _clock(row["left_at_utc"]),
            )
            for row in content["presence"]
        ),
    )


def _recusals(content: dict[str, Any]) -> Section:
    rows = tuple(
        (row["name"], row["submission"] or MISSING, str(RecusalReason(row["reason"]).label))
        for row in content["recusals"]
    )
    return Section(
        key="recusals",
        title=pgettext("because of a conflict", "Recusals"),
        texts=() if rows else (_("Nobody was recused."),),
        head=(_("Name"), _("Submission"), _("Reason")) if rows else (),
        rows=rows,
    )


def _reopenings(content: dict[str, Any]) -> Section | None:
    """Return what was changed after the closing; minutes drawn up before know nothing of it."""
    if not content.get("reopenings"):
        return None
    return Section(
        key="reopenings",
        title=_("Assessments reopened after the closing"),
        texts=(_("Each was locked anew before the decision; a further root was published."),),
        head=(_("Submission"), _("Reopened"), _("Locked anew"), _("Root"), _("Reason")),
        rows=tuple(
            (
                row["submission"],
                _clock(row["reopened_at_utc"]),
                _clock(row["locked_at_utc"]),
                MISSING if row["root"] is None else str(row["root"]),
                _("%(reason)s (an earlier version counts again)") % {"reason": _told(row["reason"])}
                if row["is_return"]
                else _told(row["reason"]),
            )
            for row in content["reopenings"]
        ),
    )


def _rounds(content: dict[str, Any]) -> Section | None:
    rounds = content.get("rounds")
    if rounds is None:
        return None
    line = [
        _("Made on %(moment)s by %(name)s.")
        % {"moment": _at(rounds["made_at_utc"]), "name": rounds["made_by"] or MISSING}
    ]
    if rounds["place"] is not None:
        line.append(_("The line is below rank %(place)s.") % {"place": rounds["place"]})
    return Section(
        key="rounds",
        title=_("First round and cut"),
        texts=(" ".join(line), _told(rounds["reason"])),
        head=(_("Rank"), _("Submission"), _("Points"), _("Final round")),
        rows=tuple(
            (
                MISSING if row["rank"] is None else str(row["rank"]),
                row["submission"],
                number_words(row["points"], _digits(row["points"])) if row["points"] else MISSING,
                _final_words(row),
            )
            for row in rounds["first_round"]
        ),
    )


def _final_words(row: dict[str, Any]) -> str:
    if not row["is_finalist"]:
        return _("not in the final")
    if row["taken_up"] == "":
        return _("in the final")
    return _("taken up: %(reason)s") % {"reason": _told(row["taken_up"])}


def _ranking(content: dict[str, Any], *, is_excerpt: bool) -> Section:
    note = _("Ranks count the submissions that are open to you.")
    return Section(
        key="ranking",
        title=_("Ranking"),
        texts=(note,) if is_excerpt else (),
        head=(_("Rank"), _("Submission"), _("Code"), _("Points")),
        rows=tuple(
            (
                MISSING if row["rank"] is None else str(row["rank"]),
                row["submission"],
                row["code"],
                number_words(row["points"], _digits(row["points"])) if row["points"] else MISSING,
            )
            for row in content["ranking"]
        ),
    )


def _digits(figure: str) -> int:
    return len(figure.partition(".")[2])


def _rules(content: dict[str, Any]) -> Section | None:
    if not content["rules"]:
        return None
    return Section(
        key="rules",
        title=_("Who wins under which rule?"),
        texts=(
            _("By the marks of the jury alone. The published rule decides; the rest compares."),
        ),
        head=(_("Rule"), _("First")),
        rows=tuple(
            (rule_words(row["key"], row["criterion"]), ", ".join(row["winners"]))
            for row in content["rules"]
        ),
        closing=_without_juror(content.get("without_juror")),
    )


def _without_juror(found: dict[str, int] | None) -> str:
    """Say whether the winner rests on a single juror (Q-85); older minutes say nothing."""
    if not found or found["juries"] < 2:
        return ""
    if not found["other_winner"]:
        return _("The winner stays the same whichever single juror is left out.")
    return ngettext(
        "Of the %(juries)s juries with one juror less, %(count)s would have another winner.",
        "Of the %(juries)s juries with one juror less, %(count)s would have another winner.",
        found["other_winner"],
    ) % {"juries": found["juries"], "count": found["other_winner"]}


def _dialogue(content: dict[str, Any]) -> Section | None:
    if not content["dialogue"]:
        return None
    return Section(
        key="dialogue",
        title=_("Course of the talk"),
        head=(_("Submission"), _("From"), _("To")),
        rows=tuple(
            (row["submission"], _clock(row["began_at_utc"]), _clock(row["ended_at_utc"]))
            for row in content["dialogue"]
        ),
    )


def _notes(content: dict[str, Any]) -> Section | None:
    if not content["notes"]:
        return None
    return Section(
        key="notes",
        title=_("Remarks from the talk"),
        facts=tuple(
            (row["submission"] or _("In general"), _told(row["text"])) for row in content["notes"]
        ),
    )


def _consensus(content: dict[str, Any]) -> Section | None:
    if not content["consensus"]:
        return None
    return Section(
        key="consensus",
        title=_("Levels agreed on"),
        texts=(_("Found after the talk; they change neither points nor ranking."),),
        head=(_("Submission"), _("Criterion"), _("Level")),
        rows=tuple(
            (row["submission"], row["criterion"], str(row["level"])) for row in content["consensus"]
        ),
    )


def _votes(content: dict[str, Any]) -> Section | None:
    if not content["votes"]:
        return None
    return Section(
        key="votes",
        title=_("Motions and votes"),
        head=(
            _("Motion"),
            _("Yes"),
            pgettext("votes against, head of a column", "No"),
            _("Abstentions"),
            _("Took part"),
            _("Result"),
        ),
        rows=tuple(_vote(row) for row in content["votes"]),
    )


def _vote(row: dict[str, Any]) -> tuple[str, ...]:
    about = str(MotionKind(row["kind"]).label)
    if row["submission"]:
        about = f"{about}, {row['submission']}"
    result = str(MotionState(row["state"]).label)
    if row["is_show_of_hands"]:
        result = f"{result} ({_('show of hands')})"
    counted = [MISSING if row[key] is None else str(row[key]) for key in ("yes", "no", "abstained")]
    took = MISSING
    if row["present"] is not None:
        took = _("%(present)s of %(members)s") % {
            "present": row["present"],
            "members": row["members"],
        }
    return (f"{row['text']} ({about})", *counted, took, result)


def _decision(content: dict[str, Any]) -> Section:
    decision = content["decision"]
    return Section(
        key="decision",
        title=_("Decision"),
        texts=(
            _("Decided on %(moment)s.") % {"moment": _at(decision["decided_at_utc"])},
            _local(decision, "reasons"),
            *(
                _("Amended on %(moment)s: %(reason)s")
                % {"moment": _at(row["made_at_utc"]), "reason": _told(row["reason_de"])}
                for row in decision["amendments"]
            ),
        ),
    )


def _awards(content: dict[str, Any]) -> Section:
    rows = content["decision"]["awards"]
    return Section(
        key="awards",
        title=_("Awards"),
        texts=() if rows else (_("There is no award."),),
        head=(_("Award"), _("Submission"), _("Amount"), _("Remark of the jury")) if rows else (),
        rows=tuple(
            (
                award_words(row["kind"], row["place"]),
                row["submission"],
                money_words(row["amount"]) if row["amount"] else MISSING,
                _local(row, "remark"),
            )
            for row in rows
        ),
    )


def _remarks(content: dict[str, Any]) -> Section | None:
    if content["remarks"] == "":
        return None
    return Section(
        key="remarks", title=_("Remarks of the chair"), texts=(_told(content["remarks"]),)
    )


def count_words(done: int, total: int) -> str:
    """Say how many have confirmed."""
    return ngettext(
        "%(done)s of %(total)s member has confirmed",
        "%(done)s of %(total)s members have confirmed",
        total,
    ) % {"done": done, "total": total}


def pdf_of(version: MinutesVersion, copy: Copy) -> bytes:
    """Return the minutes to be filed, in the language of the reader."""
    minutes = version.minutes
    people = confirmations(version, is_excerpt=copy.is_excerpt)
    seal = _("Not sealed yet: members have still to confirm.")
    if minutes.sealed_at is not None:
        seal = _("Sealed on %(moment)s with SHA-256 %(sha256)s.") % {
            "moment": moment_words(minutes.sealed_at),
            "sha256": grouped_hash(minutes.sealed_sha256),
        }
    return documents.pdf(
        "minutes",
        {
            "lang": get_language() or "de",
            "title": _("Minutes of the jury"),
            "subtitle": f"{minutes.decision.challenge.code} · {minutes.decision.challenge.title}",
            "running": str(minutes.decision.challenge.competition),
            "notice": excerpt_words(copy),
            "sections": [
                {
                    "title": part.title,
                    "texts": part.texts,
                    "facts": part.facts,
                    "closing": part.closing,
                    "head": part.head,
                    "rows": part.rows,
                }
                for part in sections(copy)
            ],
            "confirmed_title": _("Confirmations"),
            "confirmed_head": [_("Name"), _("Confirmed"), _("Dissenting remark")],
            "confirmed": [
                [
                    row.name,
                    MISSING if row.at is None else moment_words(row.at),
                    row.remark or MISSING,
                ]
                for row in people
            ],
            "seal": seal,
        },
    )


def excerpt_words(copy: Copy) -> str:
    """Say that this is an excerpt, and why; empty where it is the whole."""
    if not copy.is_excerpt:
        return ""
    if copy.content["is_excerpt"]:
        return _(
            "Excerpt: without the submissions from which you are recused. You read the whole after"
            " the publication."
        )
    return _(
        "Excerpt: which submission a recusal is about stays hidden until the names are unsealed."
    )


def document_of(version: MinutesVersion, copy: Copy) -> dict[str, Any]:
    """Return the file that people keep: what the seal covers, and the seal.

    Of an excerpt the checksum cannot be computed: it covers the whole.
    """
    minutes = version.minutes
    record = record_of(version)
    if copy.is_excerpt:
        record = {**record, "content": copy.content}
        record["confirmations"] = [{**row, "remark": ""} for row in record["confirmations"]]
    return {
        "record": record,
        "is_excerpt": copy.is_excerpt,
        "sealed_at_utc": iso_utc(minutes.sealed_at) if minutes.sealed_at is not None else None,
        "sha256": minutes.sealed_sha256 or None,
    }
