"""Reads for the pages of the competition office."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competition import timeline
from competition.extensions import Figure, Need
from competition.models import Challenge, Competition, Phase, ReviewMessage
from competition.queries.statement import windows_of
from competition.statement import FIELDS, TOPICS
from competition.statement.answers import is_empty
from competition.statement.choices import Deliverable
from competition.statement.display import ShownAnswer, shown_in_both
from competition.states import PUBLIC_STATES, ChallengeState, PhaseKind
from core.models import OutboxMessage, OutboxState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from accounts.models import User
    from competition.statement import Field

WEEK = dt.timedelta(days=7)
_SEALED_CODE = re.compile(r"\b(?!P-)[A-Z]-[2-9A-HJKMNP-TV-Z]{6}\S*")
NEXT_DATES = 3


# -- competitions ---------------------------------------------------------------------------------


def my_competitions(user: User) -> QuerySet[Competition]:
    """Return the competitions a person organises, with what waits there.

    `to_review`, `to_publish` and `public_count` count statements, `failed_mails` messages.
    """
    failed = (
        OutboxMessage.objects.filter(topic=OuterRef("slug"), state=OutboxState.FAILED)
        .order_by()
        .values("topic")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Competition.objects.organised_by(user).annotate(
        to_review=Count("challenges", Q(challenges__state=ChallengeState.IN_REVIEW)),
        to_publish=Count("challenges", Q(challenges__state=ChallengeState.ACCEPTED)),
        public_count=Count("challenges", Q(challenges__state__in=PUBLIC_STATES)),
        failed_mails=Coalesce(Subquery(failed), 0),
    )


# -- cockpit --------------------------------------------------------------------------------------


def desk(competition: Competition) -> list[Challenge]:
    """Return the statements the office may see, with agency, phases and their questions counted.

    `asked` and `answered` count the questions of the office and their answers; `handed_in_at` is
    the last time the agency handed the statement in.
    """
    questions = Q(messages__is_from_office=True)
    return list(
        competition.challenges.exclude(state=ChallengeState.DRAFT)
        .select_related("agency", "competition")
        .prefetch_related("phases")
        .annotate(
            asked=Count("messages", questions, distinct=True),
            answered=Count("messages__answered_by", questions, distinct=True),
            handed_in_at=Max("versions__made_at"),
        )
    )


def office_url(challenge: Challenge, name: str = "office-challenge") -> str:
    """Return the address of one of the office's pages of a statement."""
    return reverse(f"competition:{name}", args=[challenge.competition.slug, challenge.code])


def needs(competition: Competition, challenges: Iterable[Challenge]) -> list[Need]:
    """Return what waits for the office, from the rows of this app."""
    found: list[Need] = []
    for challenge in challenges:
        if challenge.state == ChallengeState.IN_REVIEW:
            found.append(
                Need(
                    label=_("Review: %(title)s") % {"title": challenge.title},
                    url=office_url(challenge),
                    note=_review_note(challenge),
                    since=challenge.handed_in_at,  # type: ignore[attr-defined]  # annotated
                    is_urgent=True,
                )
            )
        elif challenge.state == ChallengeState.ACCEPTED:
            found.append(
                Need(
                    label=_("Publish: %(title)s") % {"title": challenge.title},
                    url=office_url(challenge, "challenge-checklist"),
                    note=_("Accepted; the checklist stands before the publication"),
                )
            )
    failed = OutboxMessage.objects.filter(topic=competition.slug, state=OutboxState.FAILED)
    count, since = failed.count(), failed.order_by("created_at").first()
    if since is not None:
        url = reverse("competition:message-list", args=[competition.slug])
        found.append(
            Need(
                label=ngettext(
                    "%(count)s message was not delivered",
                    "%(count)s messages were not delivered",
                    count,
                )
                % {"count": count},
                url=f"{url}?state={OutboxState.FAILED}",
                note=_("Look at the reasons and send them again"),
                since=since.created_at,
                is_urgent=True,
            )
        )
    return found


def _review_note(challenge: Challenge) -> str:
    asked, answered = challenge.asked, challenge.answered  # type: ignore[attr-defined]  # annotated
    if not asked:
        return challenge.agency.name
    words = ngettext(
        "%(answered)s of %(asked)s question answered",
        "%(answered)s of %(asked)s questions answered",
        asked,
    ) % {"answered": answered, "asked": asked}
    return f"{challenge.agency.name} · {words}"


def own_figures(challenges: list[Challenge]) -> list[Figure]:
    """Return the numbers of this app for the tiles."""
    public = sum(challenge.state in PUBLIC_STATES for challenge in challenges)
    waiting = len(challenges) - public
    return [
        Figure(
            value=public,
            label=_("Published"),
            note=_("%(number)s in preparation") % {"number": waiting},
        )
    ]


@dataclass(frozen=True, slots=True)
class Date:
    """A moment at which something opens or closes."""

    at: dt.datetime
    label: str
    note: str


def next_dates(challenges: Iterable[Challenge], now: dt.datetime) -> list[Date]:
    """Return the next moments of the public statements; equal ones of several are one line."""
    found: dict[tuple[dt.datetime, str], list[str]] = {}
    for challenge in challenges:
        if challenge.state not in PUBLIC_STATES - {ChallengeState.CANCELLED}:
            continue
        for phase in challenge.phases.all():
            kind = phase.get_kind_display()
            for at, words in (
                (phase.starts_at, _("%(phase)s: begin") % {"phase": kind}),
                (phase.ends_at, _("%(phase)s: end") % {"phase": kind}),
            ):
                if at > now:
                    found.setdefault((at, words), []).append(challenge.title.text)
    return [
        Date(
            at=at,
            label=words,
            note=titles[0]
            if len(titles) == 1
            else _("%(number)s problem statements") % {"number": len(titles)},
        )
        for (at, words), titles in sorted(found.items())[:NEXT_DATES]
    ]


def mail_health(competition: Competition, now: dt.datetime) -> Figure:
    """Return how the delivery of messages stands."""
    counts = OutboxMessage.objects.filter(topic=competition.slug).aggregate(
        failed=Count("pk", Q(state=OutboxState.FAILED)),
        queued=Count("pk", Q(state=OutboxState.QUEUED)),
        sent=Count("pk", Q(state=OutboxState.SENT, sent_at__gt=now - WEEK)),
    )
    if counts["failed"]:
        value = _("%(number)s not delivered") % {"number": counts["failed"]}
    elif counts["queued"]:
        value = _("%(number)s waiting") % {"number": counts["queued"]}
    else:
        value = _("Nothing waits")
    return Figure(
        value=value,
        label=_("Mails"),
        note=_("%(number)s delivered in the last 7 days") % {"number": counts["sent"]},
        url=reverse("competition:message-list", args=[competition.slug]),
    )


# -- one statement --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the office and its answer, if there is one."""

    question: ReviewMessage
    answer: ReviewMessage | None


def exchanges(challenge: Challenge) -> dict[str, list[Exchange]]:
    """Return questions and answers by the task they are about."""
    rows = list(challenge.messages.select_related("author"))
    answers = {row.answers_to_id: row for row in rows if row.answers_to_id}
    found: dict[str, list[Exchange]] = {}
    for row in rows:
        if row.is_from_office:
            topic = row.section if row.section in TOPICS else ""
            found.setdefault(topic, []).append(Exchange(row, answers.get(row.pk)))
    return found


def changed_answers(challenge: Challenge) -> dict[str, ShownAnswer]:
    """Return the former answers of what changed between the last two versions (T-4), by key."""
    versions = list(challenge.versions.all()[:2])
    if len(versions) < 2:
        return {}
    new, old = (version.content for version in versions)
    found = {}
    for key, question in FIELDS.items():
        before, after = _versions_of(old, question), _versions_of(new, question)
        if before == after or all(map(is_empty, (*before, *after))):
            continue
        found[key] = shown_in_both(question, before[0], english=str(before[1] or ""))
    return found


def _versions_of(content: dict[str, Any], question: Field) -> tuple[Any, Any]:
    """Return an answer of a frozen version, and its English version."""
    if question.key == "wants":
        return [code for code in Deliverable.values if content[f"wants_{code}"]], None
    if question.is_column:
        return content[question.key]["de"], content[question.key]["en"]
    return content["answers"].get(question.key), content["translations"].get(question.key)


# -- moving a deadline ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Move:
    """One window of the plan as it is and as it would be."""

    kind: PhaseKind
    old_starts_at: dt.datetime
    old_ends_at: dt.datetime
    new_starts_at: dt.datetime
    new_ends_at: dt.datetime

    @property
    def is_moved(self) -> bool:
        """Say whether anything changes."""
        return (self.old_starts_at, self.old_ends_at) != (self.new_starts_at, self.new_ends_at)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an extension would do to the whole plan, and what is wrong with it."""

    moves: list[Move]
    problems: list[str]
    warnings: list[str]


def plan_extension(
    challenge: Challenge, kind: str, ends_at: dt.datetime, *, shift_later: bool
) -> Plan:
    """Return the plan as it would be; nothing is changed."""
    zone = timezone.get_default_timezone()
    windows = windows_of(challenge)
    extended = next(window for window in windows if window.kind == kind)
    distance = timeline.distance(extended.ends_at, ends_at, zone)
    moves = []
    for window in windows:
        starts, ends = window.starts_at, window.ends_at
        if window.kind == kind:
            ends = ends_at
        elif shift_later and window.starts_at >= extended.ends_at:
            starts = timeline.shifted(starts, distance, zone)
            ends = timeline.shifted(ends, distance, zone)
        moves.append(Move(window.kind, window.starts_at, window.ends_at, starts, ends))
    after = [timeline.Window(move.kind, move.new_starts_at, move.new_ends_at) for move in moves]
    return Plan(
        moves=moves,
        problems=[remark.sentence for remark in timeline.problems(after)],
        warnings=[remark.sentence for remark in timeline.warnings(after, zone)],
    )


def phase_rows(challenge: Challenge) -> list[Phase]:
    """Return the phases in the order of the procedure."""
    kinds = list(PhaseKind)
    return sorted(challenge.phases.all(), key=lambda phase: kinds.index(PhaseKind(phase.kind)))


# -- messages -------------------------------------------------------------------------------------


def messages(competition: Competition, state: str = "") -> QuerySet[OutboxMessage]:
    """Return the messages about a competition, the latest first; without their texts."""
    rows = OutboxMessage.objects.filter(topic=competition.slug).defer("body")
    return rows.filter(state=state) if state else rows


def masked_subject(message: OutboxMessage) -> str:
    """Return the subject without codes that are sealed, such as that of a submission.

    Beside an address such a code would tell the office whose submission it is (R-20). Codes of
    statements are public.
    """
    return _SEALED_CODE.sub("…", message.subject)


def message_counts(competition: Competition) -> dict[str, int]:
    """Return the number of messages by state."""
    rows = (
        OutboxMessage.objects.filter(topic=competition.slug)
        .order_by()
        .values_list("state")
        .annotate(number=Count("pk"))
    )
    return dict(rows)
