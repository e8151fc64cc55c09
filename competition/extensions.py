"""Where higher apps contribute to what belongs to a problem statement.

Imports run one way, so `competition` cannot ask `submissions` or `scoring`; they register here in
their `AppConfig.ready()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from core.registry import Registry

if TYPE_CHECKING:
    import datetime as dt

    from django.http import HttpRequest

    from accounts.models import User
    from competition.models import Challenge, Competition


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the publication checklist."""

    passed: bool
    label: Any
    detail: Any = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class PublicationCheck:
    """A condition for publishing a statement (S-18); `blocking` ones must pass.

    `group` is the heading (lazy) under which the checklist shows it. With `for_hand_in` the
    condition holds earlier: the agency cannot hand the statement in before it passes (T-2).
    """

    key: str
    run: Callable[[Challenge], CheckResult]
    blocking: bool = True
    order: int = 100
    group: Any = ""
    for_hand_in: bool = False


publication_checks: Registry[PublicationCheck] = Registry()


class Place(StrEnum):
    """Where on a page a contribution is shown."""

    CHALLENGE_ASIDE = "challenge_aside"  # the facts panel of the public page
    CHALLENGE_MAIN = "challenge_main"  # below the text of the public page
    CHALLENGE_TABS = "challenge_tabs"  # context: label, url, current
    # Task list of the agency; context: label, url, status, is_done, key? (the topic of questions of
    # the office), note?, tone?, and is_later? (true: needed before the publication only)
    AGENCY_TASKS = "agency_tasks"
    OFFICE_CHALLENGE = "office_challenge"  # the office's page of one statement
    OFFICE_COCKPIT = "office_cockpit"  # the office's page of one competition (the subject)
    # Lists of the cockpit; contributions carry `items`, the subject is the competition.
    OFFICE_NEEDS = "office_needs"  # items: Need
    OFFICE_FIGURES = "office_figures"  # items: Figure
    OFFICE_HEALTH = "office_health"  # items: Figure
    RESULT_SUMMARY = "result_summary"  # the published result of one statement, on the home page
    RESULT_LINK = "result_link"  # context: url of the published result; asks no query


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for the office: "3 problem statements to review"."""

    label: Any
    url: str
    note: Any = ""
    since: dt.datetime | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name: a tile of the cockpit or a line of its health panel."""

    value: Any
    label: Any
    note: Any = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Contribution:
    """A template and its context, or (for tabs and tasks) a context alone."""

    template: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """A higher app's part of a page; `build` may return None: nothing to show."""

    key: str
    place: Place
    build: Callable[[HttpRequest, Any], Contribution | None]
    order: int = 100


slots: Registry[Slot] = Registry()


def contributions(place: Place, request: HttpRequest, subject: Any) -> list[Contribution]:
    """Return what the higher apps show at a place, in order."""
    built = (slot.build(request, subject) for slot in slots if slot.place == place)
    return [part for part in built if part is not None]


def contributed_items(place: Place, request: HttpRequest, subject: Any) -> list[Any]:
    """Return the `items` of all contributions to one of the lists of the cockpit, in order."""
    return [
        item for part in contributions(place, request, subject) for item in part.context["items"]
    ]


class Duty(StrEnum):
    """On which side of a competition somebody works."""

    OFFICE = "office"
    AGENCY = "agency"  # posts a problem statement in it


# Returns a sentence (lazy) that says why the person may not get a duty in the competition, or None.
# Whoever judges or answers there registers: nobody is on two sides.
type DutyBar = Callable[[User, Competition, Duty], Any | None]
duty_bars: Registry[DutyBar] = Registry()


def duty_bar(user: User, competition: Competition, duty: Duty) -> Any | None:
    """Return why the person may not get a duty in the competition; None if nothing bars it."""
    reasons = (bar(user, competition, duty) for bar in duty_bars)
    return next((reason for reason in reasons if reason), None)


@dataclass(frozen=True, slots=True)
class Addressee:
    """A person to write to, and in which language."""

    key: int
    email: str
    language: str


# Returns who follows a published statement: everyone in a team that takes part. A moved deadline is
# told to all of them at the same moment.
type Followers = Callable[[Challenge], Iterable[Addressee]]
followers: Registry[Followers] = Registry()

# Says whether a phase of this kind must not become longer any more.
type ExtensionBar = Callable[[Challenge, str], bool]
extension_bars: Registry[ExtensionBar] = Registry()

# Called with the statement while it is being frozen at publication; higher apps freeze their rows
# (the rubric) and return what must enter the frozen hash.
type Freezer = Callable[[Challenge, User], Mapping[str, Any]]
freezers: Registry[Freezer] = Registry()

# Returns the keys of statements a person takes part in (accepted terms).
type ParticipationFilter = Callable[[User], QuerySet[Any]]
participant_filters: Registry[ParticipationFilter] = Registry()


def participates(user: User) -> QuerySet[Any]:
    """Return a subquery of the keys of the statements the person takes part in."""
    from competition.models import Challenge  # noqa: PLC0415  (models import this module)

    result: QuerySet[Any] = Challenge.objects.none().values("pk")
    for subquery in participant_filters:
        result = subquery(user)
    return result
