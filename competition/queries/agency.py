"""Reads for the desk of an agency: its statements, the tasks of one, what comes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competition import statement, timeline
from competition.extensions import Contribution, Place, contributions
from competition.models import Challenge, ReviewMessage, StatementSection
from competition.queries.statement import windows_of
from competition.statement.completeness import Progress, progress_of
from competition.statement.fields import Facts
from competition.states import ChallengeState, PhaseKind
from core.display import moment_words

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

    from accounts.models import User

_WAITING_FIRST = (
    ChallengeState.NEEDS_CHANGES,
    ChallengeState.DRAFT,
    ChallengeState.IN_REVIEW,
    ChallengeState.ACCEPTED,
)


def statements_of(user: User | AnonymousUser) -> QuerySet[Challenge]:
    """Return the statements of one's agencies: what waits for the agency first, then the newest."""
    order = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(_WAITING_FIRST)),
        default=Value(len(_WAITING_FIRST)),
        output_field=IntegerField(),
    )
    return (
        Challenge.objects.of_agency_staff(user)
        .select_related("agency", "competition", "updated_by")
        .annotate(
            open_questions=Count(
                "messages",
                filter=Q(messages__is_from_office=True, messages__answered_by=None),
                distinct=True,
            ),
            waiting=order,
        )
        .order_by("waiting", "-updated_at", "pk")
    )


# -- dialogue -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question of the office with the agency's answer; numbered within its statement."""

    number: int
    question: ReviewMessage
    answer: ReviewMessage | None
    topic: str
    url: str

    @property
    def anchor(self) -> str:
        """Return the fragment of the question on the page of the statement."""
        return f"question-{self.number}"


def exchanges_of(challenge: Challenge) -> list[Exchange]:
    """Return all questions of the office with their answers, the oldest first."""
    rows = challenge.messages.select_related("author").order_by("sent_at", "pk")
    answers = {row.answers_to_id: row for row in rows if row.answers_to_id}
    questions = [row for row in rows if row.is_from_office]
    return [
        Exchange(
            number=number,
            question=row,
            answer=answers.get(row.pk),
            topic=str(statement.TOPICS.get(row.section, row.section)),
            url=task_url(challenge, row.section),
        )
        for number, row in enumerate(questions, start=1)
    ]


# -- tasks ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """A line of the task list; the attributes are those of components/tiers.html."""

    key: str
    label: str
    url: str
    note: str
    changed: str
    submit_done: int
    submit_total: int
    publish_done: int
    publish_total: int
    status: str
    tone: str = ""

    @property
    def is_complete(self) -> bool:
        """Say whether nothing is missing here."""
        return (self.submit_done, self.publish_done) == (self.submit_total, self.publish_total)


@dataclass(frozen=True, slots=True)
class Totals:
    """All tasks together."""

    submit_done: int
    submit_total: int
    publish_done: int
    publish_total: int

    @property
    def submit_open(self) -> int:
        """Return how much is missing to hand in."""
        return self.submit_total - self.submit_done

    @property
    def publish_open(self) -> int:
        """Return how much is missing before publication."""
        return self.publish_total - self.publish_done


def totals_of(tasks: Sequence[Task]) -> Totals:
    """Add up the tasks."""
    return Totals(
        sum(task.submit_done for task in tasks),
        sum(task.submit_total for task in tasks),
        sum(task.publish_done for task in tasks),
        sum(task.publish_total for task in tasks),
    )


def task_url(challenge: Challenge, key: str) -> str:
    """Return the page of a task; tasks of higher apps are found on the task list."""
    args = [challenge.code]
    if key in statement.BY_KEY:
        return reverse("competition:statement-section", args=[*args, key])
    own = {
        statement.PRECHECK: "competition:statement-precheck",
        statement.PHASES: "competition:statement-phases",
        statement.RESOURCES: "competition:resource-list",
    }
    return reverse(own.get(key, "competition:statement-show"), args=args)


def task_order() -> list[str]:
    """Return the keys of the tasks of this app in the order in which they are best done."""
    order = list(statement.BY_KEY)
    order.insert(order.index("data") + 1, statement.RESOURCES)
    order.insert(order.index("law") + 1, statement.PRECHECK)
    order.insert(order.index("competition") + 1, statement.PHASES)
    return order


def task_after(key: str) -> str | None:
    """Return the task that follows, None after the last one."""
    order = task_order()
    place = order.index(key) + 1
    return order[place] if place < len(order) else None


def tasks_of(
    request: HttpRequest,
    challenge: Challenge,
    facts: Facts,
    exchanges: Sequence[Exchange],
    *,
    precheck_is_done: bool,
) -> list[Task]:
    """Return the whole task list: sections, pre-check, files, timeline, tasks of higher apps."""
    saved = {row.key: row for row in challenge.sections.select_related("saved_by")}
    asked: dict[str, int] = {}
    for exchange in exchanges:
        if exchange.answer is None:
            asked[exchange.question.section] = asked.get(exchange.question.section, 0) + 1
    progress = {
        section.key: progress_of(challenge, section, facts) for section in statement.SECTIONS
    }
    progress[statement.PRECHECK] = Progress(int(precheck_is_done), 1, 0, 0)
    progress[statement.PHASES] = _phases_progress(challenge)
    progress[statement.RESOURCES] = _resources_progress(challenge)
    notes = {section.key: str(section.note) for section in statement.SECTIONS} | {
        statement.PRECHECK: _("Nine questions about the AI Act, with the outcome at once"),
        statement.PHASES: _("Questions, submission, jury: all deadlines with their time"),
        statement.RESOURCES: _("Data packages, samples, documents to download"),
    }
    own = [
        _task(challenge, key, notes[key], progress[key], saved.get(key), asked.get(key, 0))
        for key in task_order()
    ]
    foreign = [
        _foreign(part, asked) for part in contributions(Place.AGENCY_TASKS, request, challenge)
    ]
    # Transfer is the last thing to think about, also behind rubric and benchmark.
    return [*own[:-1], *foreign, own[-1]]


def _task(
    challenge: Challenge,
    key: str,
    note: str,
    progress: Progress,
    saved: StatementSection | None,
    questions: int,
) -> Task:
    status, tone = _status(progress, saved, questions)
    return Task(
        key=key,
        label=str(statement.TOPICS[key]),
        url=task_url(challenge, key),
        note=note,
        changed=last_saved(saved),
        submit_done=progress.submit_done,
        submit_total=progress.submit_total,
        publish_done=progress.publish_done,
        publish_total=progress.publish_total,
        status=status,
        tone=tone,
    )


def last_saved(saved: StatementSection | None) -> str:
    """Say who saved a task last, and when; empty if nobody did."""
    if saved is None:
        return ""
    return _("Last: %(who)s, %(when)s") % {
        "who": saved.saved_by or _("somebody whose account is gone"),
        "when": moment_words(saved.saved_at, "short"),
    }


def _status(progress: Progress, saved: StatementSection | None, questions: int) -> tuple[str, str]:
    if questions:
        words = ngettext("%(count)s question to you", "%(count)s questions to you", questions)
        return words % {"count": questions}, "warn"
    if not (progress.submit_total or progress.publish_total):
        return _("Nothing to do"), ""
    if saved is None and not progress.submit_done:
        return _("Not begun"), ""
    is_finished = saved is not None and saved.is_finished
    if is_finished and not progress.is_ready:
        gaps = progress.submit_total - progress.submit_done
        words = ngettext("%(count)s answer missing", "%(count)s answers missing", gaps)
        return words % {"count": gaps}, "warn"
    if is_finished:
        return _("Finished"), ""
    return (_("Ready to hand in"), "") if progress.is_ready else (_("In progress"), "")


def _phases_progress(challenge: Challenge) -> Progress:
    windows = windows_of(challenge)
    total = len(PhaseKind)
    done = total - len(timeline.missing_kinds(windows))
    # A plan that contradicts itself is not done, however full it is.
    return Progress(min(done, total - 1) if timeline.problems(windows) else done, total, 0, 0)


def _resources_progress(challenge: Challenge) -> Progress:
    if challenge.answer("data_given") is not True:
        return Progress(0, 0, 0, 0)
    return Progress(0, 0, int(challenge.resources.exists()), 1)


def _foreign(part: Contribution, asked: Mapping[str, int]) -> Task:
    context: Mapping[str, Any] = part.context
    is_done = bool(context["is_done"])
    is_later = bool(context.get("is_later", False))
    questions = asked.get(str(context.get("key", "")), 0)
    status, tone = str(context["status"]), str(context.get("tone", ""))
    if questions:
        words = ngettext("%(count)s question to you", "%(count)s questions to you", questions)
        status, tone = words % {"count": questions}, "warn"
    return Task(
        key=str(context.get("key", "")),
        label=str(context["label"]),
        url=str(context["url"]),
        note=str(context.get("note", "")),
        changed=str(context.get("changed", "")),
        submit_done=0 if is_later else int(is_done),
        submit_total=0 if is_later else 1,
        publish_done=int(is_done) if is_later else 0,
        publish_total=1 if is_later else 0,
        status=status,
        tone=tone,
    )


# -- the way to publication -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way; the attributes are those of components/phases.html."""

    label: str
    detail: str
    state: str


def way_of(challenge: Challenge, first_handed_in: dt.datetime | None) -> list[Step]:
    """Return the way from the draft to the publication, with where the statement is now."""
    state = ChallengeState(challenge.state)
    places = {
        ChallengeState.DRAFT: 0,
        ChallengeState.IN_REVIEW: 1,
        ChallengeState.NEEDS_CHANGES: 2,
        ChallengeState.ACCEPTED: 3,
    }
    here = places.get(state, 4)
    handed_in = (
        _("handed in on %(day)s") % {"day": moment_words(first_handed_in, "date")}
        if first_handed_in
        else _("you are writing")
    )
    steps = [
        (_("Draft"), handed_in),
        (_("Review"), _("by the competition office")),
        (_("Accepted"), _("law and data protection released")),
        (_("Published"), _published(challenge)),
    ]
    if state == ChallengeState.NEEDS_CHANGES:
        steps.insert(2, (_("Questions to you"), _("answer and hand in again")))
    elif here > 2:
        here -= 1
    return [
        Step(label, detail, "past" if place < here else "current" if place == here else "future")
        for place, (label, detail) in enumerate(steps)
    ]


def _published(challenge: Challenge) -> str:
    if challenge.published_at:
        return _("on %(day)s") % {"day": moment_words(challenge.published_at, "date")}
    phase = challenge.phase(PhaseKind.SUBMISSION)
    if phase is None:
        return _("no dates yet")
    return _("before %(day)s") % {"day": moment_words(phase.starts_at, "date")}
